import { type EventGraph, projectionName } from "../../src/core/event-graph.ts";
import { formatOf, type NumberFormat } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program, SourceBlock } from "../../src/core/program.ts";
import { PRODUCT_FORMS, rowBytesOf, type RowLayout } from "../../src/core/row-form.ts";
import type { RowBlock } from "../partition/slice-bytes.ts";
import type { Compilation } from "../pipeline.ts";
import type { RowCandidate } from "./row-candidates.ts";
import { rowChoicesOf } from "./row-choices.ts";
import { ROW_VARIANTS, type RowVariant, variantsOf } from "./row-variants.ts";

/** How the rows of one projection are stored, and what other forms would have cost. */
export interface StoredProjection {
  readonly name: string;
  readonly part: number;
  readonly weightFormat: NumberFormat;
  readonly inDram: boolean;
  readonly synapses: number;
  readonly slots: number;
  /** Of all PEs that hold its rows: pointers, indices and weights. */
  readonly bytes: number;
  /** Expected PE cycles a timestep of working off its rows, of all PEs; of fetching them from DRAM where those are more. */
  readonly cycles: number;
  /** Every form that has a kernel, as if all PEs had it. */
  readonly forms: readonly FormFacts[];
}

export interface FormFacts {
  /** delta-csr with the bits of a gap. */
  readonly form: RowVariant;
  /** PEs that store the projection's rows so. */
  readonly pes: number;
  readonly bytes: number;
  readonly cycles: number;
}

/** In the event graph's order. */
export function storageFacts(
  { program, mapping, graph, flows }: Pick<Compilation, "program" | "mapping" | "graph" | "flows">,
  profile: HardwareProfile,
): StoredProjection[] {
  const { partition: slices, placement, rowForms } = mapping;
  const dram = { blocks: dramBlocksOf(graph, program), burstBytes: profile.dram?.burstBytes ?? 1 };
  const choices = rowChoicesOf({ graph, slices, placement, profile, flows, dram }, waysOf(profile));
  const inbound = new Map<string, number>();
  return graph.projections.map((projection): StoredProjection => {
    const block = inbound.get(projection.target) ?? 0;
    inbound.set(projection.target, block + 1);
    const stored = slices.flatMap(({ population }, slice): Stored[] => {
      if (population !== projection.target) return [];
      const { candidates } = choices[slice]![block]!;
      return [{ candidates, chosen: candidates.find(isLike(rowForms[slice]![block]!))! }];
    });
    const chosen = stored.map((one) => one.chosen);
    return {
      name: projectionName(projection),
      part: projection.part ?? 0,
      weightFormat: formatOf(projection.synapses.weight),
      inDram: dram.blocks.has(projection),
      synapses: projection.synapses.target.length,
      slots: sumOf(chosen, ({ layout }) => layout.slots),
      ...costsOf(chosen),
      forms: VARIANTS.filter((form) => stored[0]?.candidates.some(({ variant }) => variant === form)).map(
        (form) => ({
          form,
          pes: chosen.filter(({ variant }) => variant === form).length,
          ...costsOf(stored.map(({ candidates }) => candidates.find(({ variant }) => variant === form)!)),
        }),
      ),
    };
  });
}

const VARIANTS: readonly RowVariant[] = [...ROW_VARIANTS, ...PRODUCT_FORMS];

/** Beside the product that a block is, the rows that it could be. */
const waysOf =
  ({ pe: { rowForms } }: HardwareProfile) =>
  ({ projection, variants }: RowBlock): readonly RowVariant[] =>
    projection.onMacArray
      ? [...variantsOf(rowForms[formatOf(projection.synapses.weight)]), ...variants]
      : variants;

interface Stored {
  readonly candidates: readonly RowCandidate[];
  readonly chosen: RowCandidate;
}

const isLike =
  ({ form, indexBits }: RowLayout) =>
  ({ layout }: RowCandidate): boolean =>
    layout.form === form && layout.indexBits === indexBits;

function costsOf(candidates: readonly RowCandidate[]): { bytes: number; cycles: number } {
  const bytes = sumOf(candidates, ({ layout }) => {
    const { pointers, indices, weights } = rowBytesOf(layout);
    return pointers + indices + weights;
  });
  return { bytes, cycles: sumOf(candidates, ({ cycles }) => cycles) };
}

function dramBlocksOf(graph: EventGraph, { pes }: Program): ReadonlySet<EventGraph["projections"][number]> {
  const nameOf = (
    source: string,
    target: string,
    { delay, part = 0 }: Pick<Partial<SourceBlock>, "delay" | "part">,
  ) => `${source} ${target} ${delay} ${part}`;
  const names = new Set(
    pes.flatMap(({ population, sources }) =>
      sources.filter(({ inDram }) => inDram).map((source) => nameOf(source.population, population, source)),
    ),
  );
  return new Set(
    graph.projections.filter((projection) =>
      names.has(nameOf(projection.source, projection.target, projection)),
    ),
  );
}

const sumOf = <T>(list: readonly T[], of: (one: T) => number): number =>
  list.reduce((sum, one) => sum + of(one), 0);
