import type { Slice } from "../../src/core/mapping.ts";
import { MAX_ACCUMULATORS_PER_SLICE, type SliceSizer } from "./slice-bytes.ts";

/** What a slice may hold. */
interface Capacity {
  /** Bytes of SRAM. */
  readonly sram: number;
  /** Bytes of SRAM and DRAM together. */
  readonly load: number;
}

/** The neuron that does not fit a PE alone. */
export interface TooLarge {
  readonly tooLarge: Slice;
}

/** Greedy: each slice as long as the memory allows, so as few as contiguous ranges can be; or the neuron that does not fit. */
export const cutFewest = (sizer: SliceSizer, budget: number): Slice[] | TooLarge =>
  cut(sizer, { sram: budget, load: Infinity }, Infinity);

/** At most `pes` slices whose largest is as small as possible; at the full budget they are known to suffice. */
export function cutEvenly(sizer: SliceSizer, pes: number, budget: number): Slice[] {
  let best = cutFewest(sizer, budget) as Slice[];
  let tooSmall = 0;
  let enough = sizer.load(0, sizer.population.size);
  while (enough - tooSmall > 1) {
    const load = Math.floor((tooSmall + enough) / 2);
    const slices = cut(sizer, { sram: budget, load }, pes);
    if (Array.isArray(slices) && slices.length <= pes) {
      best = slices;
      enough = load;
    } else {
      tooSmall = load;
    }
  }
  return best;
}

/** Gives up after one slice more than `most`. */
function cut(sizer: SliceSizer, capacity: Capacity, most: number): Slice[] | TooLarge {
  const { name: population, size, accumulatorStart } = sizer.population;
  const longest = Math.floor((MAX_ACCUMULATORS_PER_SLICE * size) / accumulatorStart.length);
  const slices: Slice[] = [];
  for (let first = 0; first < size && slices.length <= most;) {
    const count = longestFit(sizer, first, Math.min(longest, size - first), capacity);
    if (count === 0) return { tooLarge: { population, first, count: 1 } };
    slices.push({ population, first, count });
    first += count;
  }
  return slices;
}

/** Bisection: bytes never fall as the range grows. */
function longestFit(sizer: SliceSizer, first: number, limit: number, { sram, load }: Capacity): number {
  let fits = 0;
  for (let beyond = limit + 1; beyond - fits > 1;) {
    const middle = (fits + beyond) >> 1;
    if (sizer.load(first, middle) <= load && sizer.bytes(first, middle) <= sram) fits = middle;
    else beyond = middle;
  }
  return fits;
}
