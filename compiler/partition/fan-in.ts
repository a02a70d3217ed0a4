import type { FanOut } from "../../src/core/event-graph.ts";

/** What partitioning asks of a projection's synapses again and again. */
export interface FanIn {
  /** Synapses that end in neurons below n, for n = 0 … size. */
  readonly prefix: Float64Array;
  /** Synapses of the longest row. */
  readonly longestRow: number;
  /** Bits of the accumulators that the projection reaches. */
  readonly gates: number;
}

/** Synapses never change, so that each projection is counted once. */
const known = new WeakMap<FanOut, FanIn>();

/** @param size Neurons of the target population. */
export function fanInOf(synapses: FanOut, size: number): FanIn {
  const found = known.get(synapses);
  if (found !== undefined) return found;
  const { rowStart, target } = synapses;
  const prefix = new Float64Array(size + 1);
  let gates = 0;
  for (let i = 0; i < target.length; i += 1) {
    const accumulator = Math.floor(target[i]! / size);
    prefix[target[i]! - accumulator * size + 1]! += 1;
    gates |= 1 << accumulator;
  }
  for (let i = 0; i < size; i += 1) prefix[i + 1]! += prefix[i]!;
  let longestRow = 0;
  for (let row = 0; row + 1 < rowStart.length; row += 1)
    longestRow = Math.max(longestRow, rowStart[row + 1]! - rowStart[row]!);
  const fanIn = { prefix, longestRow, gates };
  known.set(synapses, fanIn);
  return fanIn;
}
