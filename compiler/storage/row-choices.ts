import { bySource, type EventGraph } from "../../src/core/event-graph.ts";
import type { Partition, Placement, Slice } from "../../src/core/mapping.ts";
import { formatOf } from "../../src/core/number-format.ts";
import { chipsOf, type HardwareProfile, pesOfChip } from "../../src/core/profile.ts";
import type { DramRows } from "../partition/dram-transfers.ts";
import { sizersOf } from "../partition/partition.ts";
import type { RowBlock, SliceSizer } from "../partition/slice-bytes.ts";
import type { Flow } from "../place/problem.ts";
import { measureRows } from "./measure-rows.ts";
import type { RowVariant } from "./row-variants.ts";
import { candidateOf, type RowCandidate, type RowTransfers } from "./row-candidates.ts";

export interface StorageProblem {
  readonly graph: EventGraph;
  readonly slices: Partition;
  readonly placement: Placement;
  readonly profile: HardwareProfile;
  /** Events of each population in a timestep. */
  readonly flows: readonly Flow[];
  /** None where absent. */
  readonly dram?: DramRows;
}

/** The ways to store one projection's rows on one slice that have a kernel; never none. */
export interface RowChoice {
  readonly block: RowBlock;
  /** Whether the slice stores the block at all: of a range of sources only where it has synapses. */
  readonly isHeld: boolean;
  readonly candidates: readonly RowCandidate[];
}

/**
 * For each slice, a choice for each projection that ends in it, in the graph's order. One pass over the synapses.
 *
 * @param variantsFor The ways to choose from; those that a block can be stored in where absent.
 */
export function rowChoicesOf(
  problem: StorageProblem,
  variantsFor: (block: RowBlock) => readonly RowVariant[] = ({ variants }) => variants,
): RowChoice[][] {
  const choices = problem.slices.map((): RowChoice[] => []);
  for (const sizer of sizersOf(problem)) {
    const { name } = sizer.population;
    const own = problem.slices.flatMap(({ population }, index) => (population === name ? [index] : []));
    const transfers = transfersOf(problem, own);
    for (const block of sizer.blocks) {
      const ways = { ...block, variants: variantsFor(block) };
      const candidates = candidatesOf(problem, sizer, ways, own, block.isInDram ? transfers : []);
      for (const [part, index] of own.entries())
        choices[index]!.push({
          block,
          isHeld: isHeldBy(block, problem.slices[index]!),
          candidates: candidates[part]!,
        });
    }
  }
  return choices;
}

const isHeldBy = (
  { projection: { sources }, fanIn: { prefix } }: RowBlock,
  { first, count }: Slice,
): boolean => sources === undefined || prefix[first + count]! > prefix[first]!;

/** Of one projection on each of its target's slices. */
function candidatesOf(
  { slices, flows, profile }: StorageProblem,
  { population: { size } }: SliceSizer,
  { projection, variants, shape }: RowBlock,
  own: readonly number[],
  transfers: readonly RowTransfers[],
): RowCandidate[][] {
  const { events } = flows.find(({ source }) => source === projection.source)!;
  const parts = own.map((index) => slices[index]!);
  const measures = measureRows(projection, parts, size, bySource(projection, events));
  const kernels = { pe: profile.pe, format: formatOf(projection.synapses.weight) };
  return parts.map(({ count }, part) =>
    variants.map((variant) => candidateOf(variant, shape(count), measures, part, kernels, transfers[part])),
  );
}

/** The PEs of a population on one chip share its DRAM evenly. The clock is that of the first operating point. */
function transfersOf(
  { placement, profile, profile: { dram, operatingPoints } }: StorageProblem,
  own: readonly number[],
): RowTransfers[] {
  if (!dram) return [];
  const chips = own.map((index) => chipOfPe(placement[index]!, profile));
  const sharing = new Uint32Array(chipsOf(profile));
  for (const chip of chips) sharing[chip]! += 1;
  const { burstBytes, bandwidth } = dram;
  const cyclesPerByte = operatingPoints[0]!.peClock / bandwidth;
  return chips.map((chip) => ({ burstBytes, cyclesPerByte: cyclesPerByte * sharing[chip]! }));
}

export const chipOfPe = (pe: number, profile: HardwareProfile): number => Math.floor(pe / pesOfChip(profile));
