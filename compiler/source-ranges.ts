import type { EventGraph, GraphProjection } from "../src/core/event-graph.ts";
import { graphPopulationNamed } from "../src/core/event-graph.ts";
import type { Partition } from "../src/core/mapping.ts";
import type { HardwareProfile } from "../src/core/profile.ts";

/** Neurons first … end − 1 of a population, whose events the same slices receive. */
export interface TargetedRange {
  readonly first: number;
  readonly end: number;
  /** Indices in the partition, ascending. */
  readonly slices: readonly number[];
}

/** Which slices receive the events of each neuron of a population. Ascending, without gaps; neighbours differ. */
export function targetedRanges(graph: EventGraph, slices: Partition, name: string): TargetedRange[] {
  const { size } = graphPopulationNamed(graph, name);
  const outbound = graph.projections.filter(({ source }) => source === name);
  const reached = outbound.map((projection) => ({
    first: projection.sources?.first ?? 0,
    end: projection.sources ? projection.sources.first + projection.sources.count : size,
    slices: slicesOf(graph, slices, projection),
  }));
  const cuts = [...new Set([0, size, ...reached.flatMap(({ first, end }) => [first, end])])].sort(
    (a, b) => a - b,
  );
  const ranges: TargetedRange[] = [];
  for (const [i, first] of cuts.slice(0, -1).entries()) {
    const own = new Set(
      reached.flatMap((each) => (each.first <= first && first < each.end ? each.slices : [])),
    );
    const range = { first, end: cuts[i + 1]!, slices: [...own].sort((a, b) => a - b) };
    const last = ranges.at(-1);
    const isSame = last?.slices.length === own.size && last.slices.every((slice) => own.has(slice));
    if (last && isSame) ranges[ranges.length - 1] = { ...last, end: range.end };
    else ranges.push(range);
  }
  return ranges;
}

/** All slices of a projection's target; of rows of a range of sources those that hold some of them. */
function slicesOf(
  graph: EventGraph,
  slices: Partition,
  { target, sources, synapses }: GraphProjection,
): number[] {
  const own = [...slices.keys()].filter((slice) => slices[slice]!.population === target);
  if (sources === undefined) return own;
  const { size } = graphPopulationNamed(graph, target);
  const isReached = new Uint8Array(size);
  for (let i = 0; i < synapses.target.length; i += 1) isReached[synapses.target[i]! % size] = 1;
  return own.filter((slice) => {
    const { first, count } = slices[slice]!;
    return isReached.subarray(first, first + count).includes(1);
  });
}

/**
 * Packets that the core of a sender composes for an event, mean of a population's neurons: one a destination PE where packets
 * carry their destination; where routers copy them, one.
 */
export function packetsPerEvent(
  graph: EventGraph,
  slices: Partition,
  { noc }: HardwareProfile,
): ReadonlyMap<string, number> {
  const output = graph.populations.at(-1)?.name;
  return new Map(
    graph.populations.map(({ name, size }) => {
      if (noc.kind !== "mesh-unicast") return [name, 1];
      const packets = targetedRanges(graph, slices, name).reduce(
        (sum, range) => sum + (range.end - range.first) * range.slices.length,
        0,
      );
      return [name, packets / size + (name === output ? 1 : 0)];
    }),
  );
}
