import { UnsupportedError } from "../../src/core/errors.ts";
import { type EventGraph, projectionName } from "../../src/core/event-graph.ts";
import { formatOf } from "../../src/core/number-format.ts";
import { chipsOf, dataBytesOf, type HardwareProfile } from "../../src/core/profile.ts";
import type { RowForms } from "../../src/core/mapping.ts";
import {
  BLOCK_FORMS,
  type BlockForm,
  PRODUCT_FORMS,
  ROW_FORMS,
  type RowForm,
  rowBytesOf,
} from "../../src/core/row-form.ts";
import { counted } from "../../src/core/wording.ts";
import { type DecoderPlan, decoderBytes } from "../decoder.ts";
import { sizersOf } from "../partition/partition.ts";
import { alignedTo4, type SliceSizer } from "../partition/slice-bytes.ts";
import { fitRows, type SliceRoom } from "./fit-rows.ts";
import { chipOfPe, type RowChoice, rowChoicesOf, type StorageProblem } from "./row-choices.ts";

/** auto: for each block of rows what is fastest and fits. The first is the default. */
export const ROW_FORM_CHOICES = ["auto", ...ROW_FORMS] as const;
export type RowFormChoice = (typeof ROW_FORM_CHOICES)[number];

/**
 * The profile as compiling with this option sees it: number formats with a kernel for the form have no other.
 *
 * @throws UnsupportedError where no number format of the graph's weights has one.
 */
export function withRowForm(
  profile: HardwareProfile,
  graph: EventGraph,
  choice: RowFormChoice,
): HardwareProfile {
  if (choice === "auto") return profile;
  const { rowForms } = profile.pe;
  const formats = [...new Set(graph.projections.map(({ synapses }) => formatOf(synapses.weight)))];
  if (!formats.some((format) => rowForms[format]?.[choice])) {
    const known = formats.map((format) => `${format}: ${formsOf(rowForms[format] ?? {}).join(", ")}`);
    throw new UnsupportedError(
      `${profile.title} has no kernel for ${formats.join(" or ")} rows in the form ${choice}.`,
      `Choose --row-forms auto, or a form that there is for ${known.join("; for ")}.`,
    );
  }
  const restricted = Object.entries(rowForms).map(([format, forms]) => {
    const costs = forms[choice];
    return [format, costs ? { [choice]: costs } : forms];
  });
  return { ...profile, pe: { ...profile.pe, rowForms: Object.fromEntries(restricted) as typeof rowForms } };
}

const formsOf = (forms: Readonly<Partial<Record<RowForm, unknown>>>): RowForm[] =>
  ROW_FORMS.filter((form) => forms[form]);

/**
 * In which form each slice stores the rows of each projection that ends in it: the fastest, others in its place where a
 * PE's SRAM is too small (`fitRows`). Slices were cut for forms that fit. Equally fast forms: fewest bytes, then the order
 * of ROW_FORMS. Where a chip's DRAM would overflow, its rows there keep the first form, usually csr.
 *
 * @param decoder PEs that share one keep room for its buffers.
 */
export function chooseRowForms(problem: StorageProblem, decoder?: DecoderPlan): RowForms {
  const { slices, placement, profile } = problem;
  const sizers = new Map(sizersOf(problem).map((sizer) => [sizer.population.name, sizer]));
  if ([...sizers.values()].every(isExact))
    return slices.map(({ population, first, count }) => sizers.get(population)!.promisedRows(first, count));
  const choices = rowChoicesOf(problem);
  const rooms = slices.map(({ population, first, count }, slice): SliceRoom => {
    const buffer = decoder?.pes.includes(placement[slice]!) ? alignedTo4(decoder.bufferBytes) : 0;
    const beside = sizers.get(population)!.bytesBesideRows(first, count) + buffer;
    return { count, bytes: dataBytesOf(profile.pe.sram) - beside, dram: problem.dram };
  });
  const layoutsOf = (own: readonly RowChoice[], slice: number) =>
    fitRows(own, rooms[slice]!).map(({ layout }) => layout);
  const chosen = choices.map(layoutsOf);
  const full = overfullChips(problem, choices, chosen, decoder);
  return chosen.map((rows, slice) =>
    full.has(chipOfPe(placement[slice]!, profile))
      ? layoutsOf(choices[slice]!.map(withFirstFormInDram), slice)
      : rows,
  );
}

/** There is nothing to choose, and what a sizer promises is what is stored. */
const isExact = ({ blocks }: SliceSizer): boolean =>
  blocks.every(({ variants }) => variants.length === 1 && EXACT_FORMS.has(variants[0]!));
const EXACT_FORMS: ReadonlySet<string> = new Set<BlockForm>(["csr", "bitmap", "dense", ...PRODUCT_FORMS]);

const withFirstFormInDram = (choice: RowChoice): RowChoice =>
  choice.block.isInDram ? { ...choice, candidates: choice.candidates.slice(0, 1) } : choice;

/** Chips whose DRAM does not hold these rows, each PE's in whole bursts, beside a decoder's weights. */
function overfullChips(
  { placement, profile }: StorageProblem,
  choices: readonly (readonly RowChoice[])[],
  chosen: RowForms,
  decoder?: DecoderPlan,
): ReadonlySet<number> {
  const { bytes: available, burstBytes } = profile.dram ?? { bytes: 0, burstBytes: 1 };
  const needed = new Float64Array(chipsOf(profile));
  for (const [slice, rows] of chosen.entries()) {
    let bytes = 0;
    for (const [index, layout] of rows.entries()) {
      if (!choices[slice]![index]!.block.isInDram) continue;
      const { indices, weights } = rowBytesOf(layout);
      bytes += alignedTo4(indices) + alignedTo4(weights);
    }
    needed[chipOfPe(placement[slice]!, profile)]! += burstBytes * Math.ceil(bytes / burstBytes);
  }
  for (const pe of decoder?.pes ?? [])
    needed[chipOfPe(pe, profile)]! += decoderBytes(decoder!.stage) / decoder!.pes.length;
  return new Set([...needed.keys()].filter((chip) => needed[chip]! > available));
}

/** A line for each connection that has rows in another form than csr. */
export function describeRowForms(
  { projections }: EventGraph,
  slices: StorageProblem["slices"],
  chosen: RowForms,
): string[] {
  const lines: string[] = [];
  const seen = new Map<string, number>();
  for (const projection of projections) {
    const block = seen.get(projection.target) ?? 0;
    seen.set(projection.target, block + 1);
    const counts = new Map<BlockForm, number>();
    for (const [slice, { population }] of slices.entries()) {
      if (population !== projection.target) continue;
      const { form } = chosen[slice]![block]!;
      counts.set(form, (counts.get(form) ?? 0) + 1);
    }
    if ([...counts.keys()].every((form) => form === "csr")) continue;
    const part = projection.part ? `, part ${projection.part}` : "";
    if (projection.onMacArray) {
      const pes = counted(
        [...counts.values()].reduce((sum, count) => sum + count, 0),
        "PE",
      );
      const by = projection.convolution ? ", by its kernel" : "";
      lines.push(
        `${projectionName(projection)}${part}: a product a timestep on the MAC arrays of ${pes}${by}`,
      );
      continue;
    }
    const on = BLOCK_FORMS.filter((form) => counts.has(form)).map(
      (form) => `${form} on ${counted(counts.get(form)!, "PE")}`,
    );
    lines.push(`${projectionName(projection)}${part}: rows as ${on.join(", ")}`);
  }
  return lines;
}
