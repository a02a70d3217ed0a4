import type { RoutingEntry } from "../../src/core/mapping.ts";

/** Neurons that follow each other and match the same entry first. */
export interface MatchRun {
  readonly first: number;
  readonly end: number;
  /** Index in the table; −1 where no entry matches. */
  readonly entry: number;
}

/**
 * Which entry of a table applies to each neuron of a population, as runs. Blocks of keys are halved until one entry
 * matches all of a block or none any of it, so that whole populations are mostly settled in one step, whatever the masks.
 *
 * @param base First key; a multiple of the smallest power of two that holds `size`.
 */
export function matchRuns(entries: readonly RoutingEntry[], base: number, size: number): readonly MatchRun[] {
  const runs: MatchRun[] = [];
  const add = (first: number, end: number, entry: number): void => {
    const last = runs.at(-1);
    if (last?.entry === entry) runs[runs.length - 1] = { ...last, end };
    else runs.push({ first, end, entry });
  };
  const settle = (first: number, span: number, candidates: readonly number[]): void => {
    if (first >= size) return;
    const fixed = -span;
    const left: number[] = [];
    for (const index of candidates) {
      const { key, mask } = entries[index]!;
      if (((base + first) ^ key) & mask & fixed) continue;
      left.push(index);
      if ((mask & (span - 1)) === 0) break;
    }
    const [best = -1] = left;
    if (best < 0 || (entries[best]!.mask & (span - 1)) === 0) {
      add(first, Math.min(first + span, size), best);
    } else {
      settle(first, span / 2, left);
      settle(first + span / 2, span / 2, left);
    }
  };
  let span = 1;
  while (span < size) span *= 2;
  settle(0, span, [...entries.keys()]);
  return runs;
}

/** Index of the run that holds a neuron. */
export function runOf(runs: readonly MatchRun[], neuron: number): number {
  let [low, high] = [0, runs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.end > neuron) high = middle;
    else low = middle + 1;
  }
  return low;
}
