import type { EventGraph } from "../../src/core/event-graph.ts";
import type { Partition } from "../../src/core/mapping.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import { dataBytesOf, type HardwareProfile } from "../../src/core/profile.ts";
import { cutEvenly } from "./cut.ts";
import type { DramRows } from "./dram-transfers.ts";
import { type Fit, fitOf, shortageOf } from "./fit.ts";
import { type SliceSizer, sliceSizer } from "./slice-bytes.ts";

export interface PartitionProblem {
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  /** PEs that may be used. */
  readonly pes: number;
  /** Source blocks in DRAM; none where absent. */
  readonly dram?: DramRows;
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
  const budget = dataBytesOf(problem.profile.pe.sram);
  const sizers = sizersOf(problem);
  const fit: Fit = fitOf(sizers, budget);
  if (fit.kind === "too-large" || fit.slices > problem.pes) {
    throw shortageOf(problem, fit, (format) => fitOf(sizersOf(problem, format), budget));
  }
  const shares = strategy.share(sizers, fit.fewest, problem.pes);
  return sizers.flatMap((sizer, i) => cutEvenly(sizer, shares[i]!, budget));
}

/** One sizer a population on the chip, in order of evaluation. */
export function sizersOf(
  { graph, profile, dram }: Omit<PartitionProblem, "pes">,
  format: NumberFormat = graph.quantisation.format,
): SliceSizer[] {
  const { packetFifoEntries } = profile.pe.sram;
  return graph.populations
    .filter(({ kind }) => kind === "egru")
    .map(({ name }) => sliceSizer(graph, name, { packetFifoEntries, format, ...(dram && { dram }) }));
}
