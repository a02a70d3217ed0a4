import type { EventGraph } from "../../src/core/event-graph.ts";
import type { Partition } from "../../src/core/mapping.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import { dataBytesOf, type HardwareProfile } from "../../src/core/profile.ts";
import type { Activity } from "../place/problem.ts";
import { cutEvenly } from "./cut.ts";
import type { DramRows } from "./dram-transfers.ts";
import { type Fit, fitOf, shortageOf } from "./fit.ts";
import { type Aim, shareByCuts, type SharedLayer, shareIdeally } from "./share.ts";
import { type SliceSizer, sliceSizer } from "./slice-bytes.ts";
import { workOf } from "./work.ts";

export interface PartitionProblem {
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  /** PEs that may be used. */
  readonly pes: number;
  /** Source blocks in DRAM; none where absent. */
  readonly dram?: DramRows;
  /** Mean events of each neuron of each population in a timestep, in the graph's numbering. */
  readonly activity: Activity;
  /** Packets that a core composes for an event, by population; one each where absent. */
  readonly packets?: ReadonlyMap<string, number>;
}

/** How PEs are shared among populations. */
export interface PartitionStrategy {
  readonly name: string;
  readonly summary: string;
  /** Absent: as few PEs as the memory allows. */
  readonly aim?: Aim;
}

/** The first is the default, as it suits the schedule that is the default. */
export const PARTITION_STRATEGIES: readonly PartitionStrategy[] = [
  {
    name: "least-latency",
    summary: "all PEs that gain time, so that a timestep passes all layers soonest (sequential schedule)",
    aim: "sum of layers",
  },
  {
    name: "spread",
    summary: "all PEs that gain time, so that the slowest layer is fastest (pipelined schedule)",
    aim: "slowest layer",
  },
  { name: "compact", summary: "as few PEs as memory allows: least power, more work a PE" },
];

/**
 * Cuts each population into slices of consecutive neurons that fit a PE's memory; within a population the
 * slice that is expected to work longest works as little as the number of its PEs allows.
 *
 * @throws CapacityError where one neuron does not fit a PE, or the slices outnumber the PEs.
 */
export function partition(
  problem: PartitionProblem,
  strategy: PartitionStrategy = PARTITION_STRATEGIES[0]!,
): Partition {
  const layers = layersOf(problem);
  const shares = sharesOf(layers, problem.pes, strategy);
  return layers.flatMap((layer, i) => cutEvenly(layer, shares[i]!));
}

/** PEs of each population as its neurons can be cut. */
export const sharesOf = (
  layers: readonly SharedLayer[],
  pes: number,
  { aim }: PartitionStrategy,
): number[] => (aim ? shareByCuts(layers, pes, aim) : layers.map(({ fewest }) => fewest));

/** PEs of each population whose neurons may stand in any order. */
export const idealSharesOf = (
  layers: readonly SharedLayer[],
  pes: number,
  { aim }: PartitionStrategy,
): number[] => (aim ? shareIdeally(layers, pes, aim) : layers.map(({ fewest }) => fewest));

/**
 * The populations on the chip with what their slices take, in order of evaluation.
 *
 * @throws CapacityError where one neuron does not fit a PE, or the slices outnumber the PEs.
 */
export function layersOf(problem: PartitionProblem): SharedLayer[] {
  const budget = dataBytesOf(problem.profile.pe.sram);
  const sizers = sizersOf(problem);
  const fit: Fit = fitOf(sizers, budget);
  if (fit.kind === "too-large" || fit.slices > problem.pes) {
    throw shortageOf(problem, fit, (format) => fitOf(sizersOf(problem, format), budget));
  }
  return sizers.map((sizer, i) => ({
    sizer,
    work: workOf(problem, sizer.population.name),
    budget,
    fewest: fit.fewest[i]!,
  }));
}

/** One sizer a population on the chip, in order of evaluation. */
export function sizersOf(
  { graph, profile, dram }: Pick<PartitionProblem, "graph" | "profile" | "dram">,
  format?: NumberFormat,
): SliceSizer[] {
  const { packetFifoEntries } = profile.pe.sram;
  const { capabilities } = profile;
  const options = {
    packetFifoEntries,
    rowForms: profile.pe.rowForms,
    ...(format && { format }),
    ...(capabilities && { capabilities }),
  };
  return graph.populations
    .filter(({ kind }) => kind !== "input")
    .map(({ name }) => sliceSizer(graph, name, { ...options, ...(dram && { dram }) }));
}
