import type { RoutingEntry } from "../../../src/core/mapping.ts";
import { intersects } from "./bits.ts";
import type { Minimiser } from "./minimiser.ts";
import { usedKeysOf, type UsedKeys } from "./used-keys.ts";

/**
 * Leaves out entries that send all their packets straight on, which the router does without them, and entries whose
 * keys never come. An entry that stands above another one for the same keys has to stay: without it the other applies.
 *
 * `cover-keys.ts` does the same within one population while it chooses entries; this finds what is left in any table.
 */
export const removeDefaultRoutes: Minimiser = {
  name: "default-routes",
  summary: "Leave out entries of packets that go straight on anyway.",

  minimise(table, { keys }) {
    const used = usedKeysOf(table, keys);
    const isKept = new Uint8Array(table.length);
    const cubesOf = cubesByOwner(used, table.length);
    for (let entry = table.length - 1; entry >= 0; entry -= 1) {
      const mayGo = cubesOf[entry]!.every(
        (cube) => used.goesStraight[cube] === 1 && !isCaught(table, isKept, entry + 1, used, cube),
      );
      if (!mayGo) isKept[entry] = 1;
    }
    return table.filter((_, entry) => isKept[entry] === 1);
  },
};

function cubesByOwner({ owner }: UsedKeys, entries: number): readonly (readonly number[])[] {
  const cubes = Array.from({ length: entries }, (): number[] => []);
  for (const [cube, entry] of owner.entries()) if (entry >= 0) cubes[entry]!.push(cube);
  return cubes;
}

/** Whether one of the entries that stay, from `first` on, matches keys of the cube. */
function isCaught(
  table: readonly RoutingEntry[],
  isKept: Uint8Array,
  first: number,
  used: UsedKeys,
  cube: number,
): boolean {
  const [key, mask] = [used.key[cube]!, used.mask[cube]!];
  for (let entry = first; entry < table.length; entry += 1) {
    if (isKept[entry] === 1 && intersects(table[entry]!.key, table[entry]!.mask, key, mask)) return true;
  }
  return false;
}
