import type { Cubes } from "./bits.ts";
import { holds } from "./bits.ts";
import { type Growth, growByPairs, growLargest } from "./grow.ts";
import type { Minimiser, MinimiseOptions } from "./minimiser.ts";
import { obstaclesFrom } from "./obstacles.ts";
import { entriesOf, type OutputCube, type Rows, rowsOf } from "./rows.ts";
import { usedKeysOf } from "./used-keys.ts";
import type { RoutingEntry } from "../../../src/core/mapping.ts";

/**
 * Merges rows of one output after the other, the rarest output first. Where the order counts, merged rows may match
 * what was settled before, so that the most frequent output, the last, often needs a single entry (pair compression in
 * SpiNNaker's PACMAN). Without it they must match no used key of any other output, and may stand in any order.
 */
function mergeByOutput(
  table: readonly RoutingEntry[],
  { target, keys }: MinimiseOptions,
  isOrdered: boolean,
  growth: Growth,
): readonly RoutingEntry[] {
  const used = usedKeysOf(table, keys);
  const rows = rowsOf(table, used);
  const order = outputsByRows(rows, used.outputs.length);
  const rank = new Int32Array(used.outputs.length);
  for (const [place, output] of order.entries()) rank[output] = place;
  const merged: OutputCube[] = [];
  let waiting = rows.count;
  for (const [place, output] of order.entries()) {
    const own = where(rows, (row) => rows.output[row] === output);
    waiting -= own.count;
    const isDone = merged.length + own.count + waiting <= target;
    const inTheWay = where(used, (cube) => {
      const other = used.output[cube]!;
      if (other === output) return false;
      return !isOrdered || used.owner[cube]! < 0 || rank[other]! > place;
    });
    if (isDone)
      for (let row = 0; row < own.count; row += 1) merged.push([own.key[row]!, own.mask[row]!, output]);
    else mergeRows(own, inTheWay, growth, (key, mask) => merged.push([key, mask, output]));
  }
  return merged.length < table.length ? entriesOf(merged, used) : table;
}

/** Outputs that rows have, those of few rows first. */
function outputsByRows({ output }: Rows, outputs: number): number[] {
  const rows = new Int32Array(outputs);
  for (const own of output) rows[own]! += 1;
  return [...rows.keys()].filter((own) => rows[own]! > 0).sort((a, b) => rows[a]! - rows[b]! || a - b);
}

function where({ count, key, mask }: Cubes, isWanted: (index: number) => boolean): Cubes {
  const chosen: number[] = [];
  for (let index = 0; index < count; index += 1) if (isWanted(index)) chosen.push(index);
  return {
    count: chosen.length,
    key: Int32Array.from(chosen, (index) => key[index]!),
    mask: Int32Array.from(chosen, (index) => mask[index]!),
  };
}

function mergeRows(
  rows: Cubes,
  inTheWay: Cubes,
  growth: Growth,
  add: (key: number, mask: number) => void,
): void {
  const isMerged = new Uint8Array(rows.count);
  const obstacles = obstaclesFrom(inTheWay);
  for (let row = 0; row < rows.count; row += 1) {
    if (isMerged[row] === 1) continue;
    obstacles.begin(rows.key[row]!, rows.mask[row]!);
    const mask = rows.mask[row]! & ~growth(rows, row, isMerged, obstacles);
    const key = rows.key[row]! & mask;
    for (let other = row; other < rows.count; other += 1)
      if (holds(key, mask, rows.key[other]!, rows.mask[other]!)) isMerged[other] = 1;
    add(key, mask);
  }
}

export const mergePairsInOrder: Minimiser = {
  name: "ordered-pairs",
  summary: "Merge pairs of entries with the same outputs, rare outputs first, as PACMAN does.",
  minimise: (table, options) => mergeByOutput(table, options, true, growByPairs),
};

export const mergePairs: Minimiser = {
  name: "unordered-pairs",
  summary: "Merge pairs of entries so that the table's order does not count.",
  minimise: (table, options) => mergeByOutput(table, options, false, growByPairs),
};

export const mergeMost: Minimiser = {
  name: "largest-merges",
  summary: "Merge as many entries at a time as any key and mask can, rare outputs first.",
  minimise: (table, options) => mergeByOutput(table, options, true, growLargest()),
};
