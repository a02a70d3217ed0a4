import type { Slice } from "../../src/core/mapping.ts";
import { MAX_ACCUMULATORS_PER_SLICE, type SliceSizer } from "./slice-bytes.ts";
import type { SliceWork } from "./work.ts";

/** The neuron, or row of maps, that does not fit a PE alone. */
export interface TooLarge {
  readonly tooLarge: Slice;
}

/** A population with what its slices take. */
export interface Layer {
  readonly sizer: SliceSizer;
  readonly work: SliceWork;
  /** Bytes of SRAM that a slice may take. */
  readonly budget: number;
}

/** Greedy: each slice as long as the memory allows, so as few as contiguous ranges can be; or the neuron that does not fit. */
export const cutFewest = (sizer: SliceSizer, budget: number): Slice[] | TooLarge =>
  cut(sizer, budget, Infinity, () => true);

/** Slices of at most so many cycles each; undefined where it takes more than `most` of them, or one neuron works longer. */
export function cutWithin({ sizer, work, budget }: Layer, cycles: number, most: number): Slice[] | undefined {
  const slices = cut(sizer, budget, most, (first, count) => work.cycles(first, count) <= cycles);
  return Array.isArray(slices) && slices.length <= most ? slices : undefined;
}

/** A finer answer would change the busiest slice by less than a neuron's update. */
const PRECISION = 2e-4;

/** At most `pes` slices of which the busiest works as little as possible; at the full budget they are known to suffice. */
export function cutEvenly(layer: Layer, pes: number): Slice[] {
  const { sizer, work, budget } = layer;
  let best = cutFewest(sizer, budget) as Slice[];
  let enough = busiestOf(best, work);
  let tooFew = Math.min(enough, work.evenly(pes)) * (1 - PRECISION);
  while (enough - tooFew > PRECISION * enough) {
    const middle = (tooFew + enough) / 2;
    const slices = cutWithin(layer, middle, pes);
    if (slices) {
      best = slices;
      enough = busiestOf(slices, work);
    } else {
      tooFew = middle;
    }
  }
  return best;
}

/** Cycles of the slice that works longest. */
export const busiestOf = (slices: readonly Slice[], work: SliceWork): number =>
  slices.reduce((most, { first, count }) => Math.max(most, work.cycles(first, count)), 0);

/** Neurons that indices of two bytes reach, and that a PE can hold. */
export const longestSlice = ({ population: { size, accumulatorStart }, mostNeurons }: SliceSizer): number =>
  Math.min(mostNeurons, Math.floor((MAX_ACCUMULATORS_PER_SLICE * size) / accumulatorStart.length));

/** Gives up after one slice more than `most`. `mayHold` never holds again for a longer range once it does not. */
function cut(
  sizer: SliceSizer,
  budget: number,
  most: number,
  mayHold: (first: number, count: number) => boolean,
): Slice[] | TooLarge {
  const { name: population, size } = sizer.population;
  const longest = longestSlice(sizer);
  const { neurons: grain, block } = sizer.grain;
  const slices: Slice[] = [];
  let guess = Math.floor(longest / grain);
  for (let first = 0; first < size && slices.length <= most;) {
    // In grains.
    const limit = Math.floor(Math.min(longest, size - first, block - (first % block)) / grain);
    const allowed = longestFit((grains) => mayHold(first, grains * grain), limit, guess);
    const fitting = (grains: number) =>
      sizer.bytes(first, grains * grain) <= budget &&
      sizer.synapses(first, grains * grain) <= sizer.mostSynapses;
    const grains =
      allowed > 0 && fitting(allowed) ? allowed : longestFit(fitting, Math.max(0, allowed - 1), guess);
    if (grains === 0) return { tooLarge: { population, first, count: grain } };
    slices.push({ population, first, count: grains * grain });
    first += grains * grain;
    guess = grains;
  }
  return slices;
}

/** The largest count from 0 to `limit` that fits, searched in growing steps from a guess: what fits never stops to when less is taken. */
function longestFit(fits: (count: number) => boolean, limit: number, guess: number): number {
  let fitting = 0;
  let beyond = limit + 1;
  let next = Math.min(guess, limit);
  for (let step = 1; beyond - fitting > 1; step *= 2) {
    if (next <= fitting || next >= beyond) next = (fitting + beyond) >> 1;
    if (fits(next)) {
      fitting = next;
      next += step;
    } else {
      beyond = next;
      next -= step;
    }
  }
  return fitting;
}
