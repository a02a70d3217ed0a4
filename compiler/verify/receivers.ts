import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program, ProgramPopulation, SourceBlock } from "../../src/core/program.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";

/** Neurons first … end − 1 of a population, for which the same PEs hold rows. */
export interface NeuronRange {
  readonly first: number;
  readonly end: number;
}

/** A population's neurons, cut where the rows of some source block begin or end. */
export function rangesOf({ name, size, keys }: ProgramPopulation, { pes }: Program): NeuronRange[] {
  const cuts = new Set([0, size]);
  for (const { sources } of pes)
    for (const source of sources)
      if (source.population === name)
        cuts.add(source.keys.base - keys.base).add(source.keys.base - keys.base + source.rows);
  const ascending = [...cuts].sort((a, b) => a - b);
  return ascending.slice(1).map((end, i) => ({ first: ascending[i]!, end }));
}

/** Who gets the events of some neurons of one population: the same receivers for each of them. */
export interface Receivers {
  /** PEs that this router must hand the events to, ascending. */
  at(router: number): readonly number[];
  /** Whether this router must hand them to the host. */
  toHostAt(router: number): boolean;
  /** Routers that each event must come to. */
  readonly routers: readonly number[];
}

/**
 * Receivers of a neuron are the PEs that hold a source block with a row for it, even where the row of a certain neuron is empty
 * there: tables tell populations and origins apart, not rows, and a PE finds out by looking the row up. Events of the
 * output population go to the host as well, or to the PEs of a decoder on the chip.
 */
export function receiversOf(
  { name, keys }: ProgramPopulation,
  { first }: NeuronRange,
  { populations, pes, chipDecoder }: Program,
  { noc }: HardwareProfile,
  { routerOfPe, hostRouter }: RouterGraph,
): Receivers {
  const holds = ({ keys: { base }, rows }: SourceBlock): boolean =>
    keys.base + first >= base && keys.base + first < base + rows;
  const isOutput = name === populations.at(-1)!.name;
  const holders = pes.filter(({ sources }) => sources.some((own) => own.population === name && holds(own)));
  const all = new Set(holders.map(({ pe }) => pe));
  if (isOutput) for (const pe of chipDecoder?.pes ?? []) all.add(pe);
  const ascending = [...all].sort((a, b) => a - b);
  const toHost = isOutput && chipDecoder === undefined;
  // With lists of destinations the first router, the sending PE's own list, serves them all.
  if (noc.kind === "mesh-unicast") return { at: () => ascending, toHostAt: () => toHost, routers: [] };

  const byRouter = new Map<number, number[]>();
  for (const pe of ascending) {
    const known = byRouter.get(routerOfPe[pe]!);
    if (known) known.push(pe);
    else byRouter.set(routerOfPe[pe]!, [pe]);
  }
  return {
    at: (router) => byRouter.get(router) ?? [],
    toHostAt: (router) => toHost && router === hostRouter,
    routers: [...new Set([...byRouter.keys(), ...(toHost ? [hostRouter] : [])])],
  };
}
