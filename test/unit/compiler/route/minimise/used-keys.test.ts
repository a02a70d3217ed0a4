import { describe, expect, it } from "vitest";
import { countBits } from "../../../../../compiler/route/minimise/bits.ts";
import { type UsedKeys, usedKeysOf } from "../../../../../compiler/route/minimise/used-keys.ts";
import type { RoutingEntry } from "../../../../../src/core/mapping.ts";

const line = (key: number, mask: number, link: number): RoutingEntry => ({
  key,
  mask,
  destinations: [],
  links: [link],
  toHost: false,
});

/** Keys that an owner has, counted. */
const keysOf = ({ mask, owner }: UsedKeys, of: number): number =>
  mask.reduce((sum, own, cube) => sum + (owner[cube] === of ? 2 ** (32 - countBits(own)) : 0), 0);

describe("usedKeysOf", () => {
  const table = [line(0x10, 0xfffffff0, 0), line(0x00, 0xffffff00, 1)];

  it("gives each key to the first entry that matches it", () => {
    const used = usedKeysOf(table, undefined);
    expect([keysOf(used, 0), keysOf(used, 1)]).toEqual([16, 256 - 16]);
    expect(used.outputs.map(({ links }) => links)).toEqual([[0], [1]]);
  });

  it("counts only keys that come, and tells those apart that no entry matches", () => {
    const used = usedKeysOf(
      [line(5, 0xffffffff, 0), line(0x80, 0xffffffc0, 1)],
      [
        { first: 3, end: 8, straight: -1 },
        { first: 0x90, end: 0x100, straight: 1 },
      ],
    );
    expect([keysOf(used, 0), keysOf(used, 1)]).toEqual([1, 0xc0 - 0x90]);
    expect(keysOf(used, -1)).toBe(4 + (0x100 - 0xc0));
    const straight = [...used.owner.keys()].filter((cube) => used.goesStraight[cube] === 1);
    expect(straight.every((cube) => used.output[cube] === 1)).toBe(true);
    expect(new Set(straight.map((cube) => used.owner[cube]))).toEqual(new Set([1, -1]));
  });

  it("takes the whole key space and its upper half", () => {
    const used = usedKeysOf(
      [line(0x80000000, 0x80000000, 0), line(0, 0, 1)],
      [{ first: 0, end: 2 ** 32, straight: -1 }],
    );
    expect([keysOf(used, 0), keysOf(used, 1)]).toEqual([2 ** 31, 2 ** 31]);
  });
});
