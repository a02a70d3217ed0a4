import { CapacityError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type { Partition, Slice } from "../../src/core/mapping.ts";
import { NUMBER_FORMATS, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { dataBytesOf, type HardwareProfile, usablePes } from "../../src/core/profile.ts";
import { describeSlice, MAX_ACCUMULATORS_PER_SLICE, type SliceSizer, sliceSizer } from "./slice-bytes.ts";

export interface PartitionProblem {
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  /** PEs that may be used. */
  readonly pes: number;
}

/** Chooses how many PEs each population gets; `fewest` holds the least that its memory allows. */
export interface PartitionStrategy {
  readonly name: string;
  readonly summary: string;
  share(sizers: readonly SliceSizer[], fewest: readonly number[], pes: number): number[];
}

/** As few PEs as the memory allows: least power, more work a PE. */
const compact: PartitionStrategy = {
  name: "compact",
  summary: "as few PEs as memory allows",
  share: (_sizers, fewest) => [...fewest],
};

/**
 * All PEs, shared by synapses: least time. Each further PE goes where synapses a PE are most, so that layers
 * end up with slices of equal weight.
 */
const spread: PartitionStrategy = {
  name: "spread",
  summary: "all usable PEs, shared by synapses",
  share(sizers, fewest, pes) {
    const shares = [...fewest];
    const sizes = sizers.map(({ population }) => population.size);
    const work = sizers.map((sizer, i) => sizer.synapses(0, sizes[i]!) + sizes[i]!);
    for (let left = pes - shares.reduce((a, b) => a + b, 0); left > 0; left -= 1) {
      let heaviest = -1;
      for (let i = 0; i < shares.length; i += 1) {
        if (shares[i]! >= sizes[i]!) continue;
        if (heaviest < 0 || work[i]! / shares[i]! > work[heaviest]! / shares[heaviest]!) heaviest = i;
      }
      if (heaviest < 0) break;
      shares[heaviest]! += 1;
    }
    return shares;
  },
};

export const PARTITION_STRATEGIES = [spread, compact] as const;

/**
 * Cuts each population into slices of consecutive neurons that fit a PE's memory; within a population the
 * largest slice is as small as the number of its PEs allows.
 *
 * @throws CapacityError where one neuron does not fit a PE, or the slices outnumber the PEs.
 */
export function partition(problem: PartitionProblem, strategy: PartitionStrategy = spread): Partition {
  const { graph, profile, pes } = problem;
  const budget = dataBytesOf(profile.pe.sram);
  const names = graph.populations.filter(({ kind }) => kind === "egru").map(({ name }) => name);
  const sizers = names.map((name) => sliceSizer(graph, name, profile.pe.sram.packetFifoEntries));
  const fewest = sizers.map((sizer) => fewestSlices(sizer, budget));
  const needed = fewest.reduce((a, b) => a + b, 0);
  if (needed > pes) {
    throw new CapacityError(
      { resource: "processing elements", where: graph.name, needed, available: pes },
      whatWouldFit(problem, names, budget, needed),
    );
  }
  const shares = strategy.share(sizers, fewest, pes);
  return sizers.flatMap((sizer, i) => cutEvenly(sizer, shares[i]!, budget));
}

/** Greedy: each slice as long as the capacity allows, so as few as contiguous ranges can be; or the neuron that does not fit. */
function cut(sizer: SliceSizer, capacity: number): Slice[] | { readonly tooLarge: Slice } {
  const { name: population, size, accumulatorStart } = sizer.population;
  const longest = Math.floor((MAX_ACCUMULATORS_PER_SLICE * size) / accumulatorStart.length);
  const slices: Slice[] = [];
  for (let first = 0; first < size;) {
    const count = longestFit(sizer, first, Math.min(longest, size - first), capacity);
    if (count === 0) return { tooLarge: { population, first, count: 1 } };
    slices.push({ population, first, count });
    first += count;
  }
  return slices;
}

/** Bisection: bytes never fall as the range grows. */
function longestFit(sizer: SliceSizer, first: number, limit: number, capacity: number): number {
  let fits = 0;
  for (let beyond = limit + 1; beyond - fits > 1;) {
    const middle = (fits + beyond) >> 1;
    if (sizer.bytes(first, middle) <= capacity) fits = middle;
    else beyond = middle;
  }
  return fits;
}

/** At most `pes` slices whose largest is as small as possible; at the full budget they are known to suffice. */
function cutEvenly(sizer: SliceSizer, pes: number, budget: number): Slice[] {
  let best = cut(sizer, budget) as Slice[];
  let tooSmall = 0;
  let enough = Math.min(budget, sizer.bytes(0, sizer.population.size));
  while (enough - tooSmall > 1) {
    const capacity = Math.floor((tooSmall + enough) / 2);
    const slices = cut(sizer, capacity);
    if (Array.isArray(slices) && slices.length <= pes) {
      best = slices;
      enough = capacity;
    } else {
      tooSmall = capacity;
    }
  }
  return best;
}

function fewestSlices(sizer: SliceSizer, budget: number): number {
  const slices = cut(sizer, budget);
  if (Array.isArray(slices)) return slices.length;
  const { first } = slices.tooLarge;
  const largest = sizer.sections(first, 1).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  throw new CapacityError(
    {
      resource: "SRAM bytes",
      where: `One neuron alone (${describeSlice(slices.tooLarge)})`,
      needed: sizer.bytes(first, 1),
      available: budget,
    },
    `Choose a chip with more memory a PE, or shrink what takes most of it: ${largest.kind} with ${largest.bytes.toLocaleString("en-US")} bytes.`,
  );
}

/** Looks for what is nearest at hand: PEs that were held back, then the narrower number formats on the same synapses. */
function whatWouldFit(
  { graph, profile }: PartitionProblem,
  names: readonly string[],
  budget: number,
  needed: number,
): string {
  const usable = usablePes(profile).length;
  if (needed <= usable) return `Allow at least ${needed} PEs; the chip has ${usable} to use.`;
  const current = WEIGHT_BYTES[graph.quantisation.format];
  for (const format of NUMBER_FORMATS) {
    if (WEIGHT_BYTES[format] >= current || profile.pe.kernels[format] === undefined) continue;
    const sizers = names.map((name) => sliceSizer(graph, name, profile.pe.sram.packetFifoEntries, format));
    const counts = sizers
      .map((sizer) => cut(sizer, budget))
      .map((slices) => (Array.isArray(slices) ? slices.length : Infinity));
    const narrower = counts.reduce((a, b) => a + b, 0);
    if (narrower <= usable) return `Use ${format} weights, which would need ${narrower} PEs.`;
  }
  return `Prune the model to about ${Math.floor((100 * usable) / needed)} % of the weights it has, or choose a chip with more memory.`;
}
