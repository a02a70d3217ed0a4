import type { RoutingEntry } from "../../../src/core/mapping.ts";
import { type Cubes, intersects } from "./bits.ts";
import { cubesOf, type UsedKeys } from "./used-keys.ts";

/**
 * The table as rows that may stand in any order: none matches a used key of another output. Entries that do (small ones
 * stand before larger ones then) are replaced by the cubes of used keys that they own; entries that own none are left out.
 */
export interface Rows extends Cubes {
  readonly output: Int32Array;
  /** Row of each cube of used keys; −1 where no entry matches it. */
  readonly rowOf: Int32Array;
}

export function rowsOf(table: readonly RoutingEntry[], used: UsedKeys): Rows {
  const entries = cubesOf(table);
  const rows: [key: number, mask: number, output: number][] = [];
  const rowOfEntry = new Int32Array(entries.count).fill(-1);
  const rowOf = used.owner.map((owner, cube) => {
    if (owner < 0) return -1;
    const output = used.output[cube]!;
    if (rowOfEntry[owner] === -1) {
      const [key, mask] = [entries.key[owner]!, entries.mask[owner]!];
      rowOfEntry[owner] = isPure(used, entries, owner, output) ? rows.push([key, mask, output]) - 1 : SPLIT;
    }
    return rowOfEntry[owner] === SPLIT
      ? rows.push([used.key[cube]!, used.mask[cube]!, output]) - 1
      : rowOfEntry[owner]!;
  });
  return {
    count: rows.length,
    key: Int32Array.from(rows, ([key]) => key),
    mask: Int32Array.from(rows, ([, mask]) => mask),
    output: Int32Array.from(rows, ([, , output]) => output),
    rowOf,
  };
}

const SPLIT = -2;

/** Keys that an entry matches and does not own are an earlier entry's. */
function isPure(used: UsedKeys, { key, mask }: Cubes, entry: number, output: number): boolean {
  const [ownKey, ownMask] = [key[entry]!, mask[entry]!];
  let isAlone = true;
  for (let above = 0; above < entry && isAlone; above += 1)
    isAlone = ((key[above]! ^ ownKey) & mask[above]! & ownMask) !== 0;
  if (isAlone) return true;
  for (let cube = 0; cube < used.count; cube += 1) {
    if (used.output[cube] === output) continue;
    if (intersects(used.key[cube]!, used.mask[cube]!, ownKey, ownMask)) return false;
  }
  return true;
}

/** A key and mask with the number of its output, as minimisers collect them. */
export type OutputCube = readonly [key: number, mask: number, output: number];

export const entriesOf = (cubes: readonly OutputCube[], { outputs }: UsedKeys): RoutingEntry[] =>
  cubes.map(([key, mask, output]) => ({ key: key >>> 0, mask: mask >>> 0, ...outputs[output]! }));
