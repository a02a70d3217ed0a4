import type { KeyRange, RoutingEntry } from "../../src/core/mapping.ts";

/**
 * What a router's table says for each key of a range: the index of its first matching entry, or −1 where none
 * matches. Shape [size].
 */
export function firstMatches(keys: KeyRange, size: number, entries: readonly RoutingEntry[]): Int32Array {
  const candidates: number[] = [];
  for (const [index, entry] of entries.entries()) {
    if (((entry.key ^ keys.base) & entry.mask & keys.mask) === 0) candidates.push(index);
  }
  const matches = new Int32Array(size).fill(-1);
  for (let neuron = 0; neuron < size; neuron += 1) {
    const key = keys.base + neuron;
    for (const index of candidates) {
      const entry = entries[index]!;
      if ((key & entry.mask) >>> 0 !== entry.key) continue;
      matches[neuron] = index;
      break;
    }
  }
  return matches;
}
