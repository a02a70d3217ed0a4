import { describe, expect, it } from "vitest";
import { removeDefaultRoutes } from "../../../../../compiler/route/minimise/default-routes.ts";
import {
  mergeMost,
  mergePairs,
  mergePairsInOrder,
} from "../../../../../compiler/route/minimise/merge-by-output.ts";
import type { Minimiser } from "../../../../../compiler/route/minimise/minimiser.ts";
import { orderedCovering } from "../../../../../compiler/route/minimise/ordered-covering.ts";
import type { RoutingEntry } from "../../../../../src/core/mapping.ts";
import { differenceOf } from "../../../../support/table-oracle.ts";

const ALL = 0xffffffff;

/** An entry that sends over one link; keys are binary, X for bits that are not compared. */
function entry(bits: string, link: number): RoutingEntry {
  const key = Number.parseInt(bits.replaceAll("X", "0"), 2);
  const open = Number.parseInt(bits.replace(/[01]/g, "0").replaceAll("X", "1"), 2);
  return { key, mask: (ALL ^ open) >>> 0, destinations: [], links: [link], toHost: false };
}

const exact = (keys: number, linkOf: (key: number) => number): RoutingEntry[] =>
  Array.from({ length: keys }, (_, key) => entry(key.toString(2), linkOf(key)));

const merging: readonly Minimiser[] = [mergePairsInOrder, mergePairs, mergeMost, orderedCovering];
const ordered: readonly Minimiser[] = [mergePairsInOrder, mergeMost, orderedCovering];

describe.each(merging)("$name", (minimiser) => {
  const lengthOf = (table: readonly RoutingEntry[]) => minimiser.minimise(table, { target: 0 }).length;

  it("needs one entry for one output, and one each for halves that one bit tells apart", () => {
    expect(lengthOf([])).toBe(0);
    expect(lengthOf(exact(37, () => 2))).toBe(1);
    expect(lengthOf(exact(64, (key) => (key >> 3) & 1))).toBe(2);
  });

  it("cannot merge parities: no two keys of one parity are neighbours, and all keys are in use", () => {
    const parity = (key: number) => (key ^ (key >> 1) ^ (key >> 2) ^ (key >> 3)) & 1;
    const { length } = minimiser.minimise(exact(16, parity), { target: 0 });
    // In order, whichever parity comes last needs one entry.
    expect(length).toBe(minimiser === mergePairs ? 16 : 9);
  });

  it("merges across keys that never come, and does not across those that go on by themselves", () => {
    const table = [entry("0000", 1), entry("0011", 1), entry("1000", 3)];
    const own = [0, 3, 8].map((key) => ({ first: key, end: key + 1, straight: -1 }));
    expect(minimiser.minimise(table, { target: 0, keys: own })).toHaveLength(2);
    for (const straight of [-1, 2]) {
      const keys = [...own, { first: 1, end: 2, straight }, { first: 2, end: 3, straight }];
      const result = minimiser.minimise(table, { target: 0, keys });
      expect(result).toHaveLength(3);
      expect(differenceOf(table, result, keys, 16)).toBeUndefined();
    }
    // They may be caught where the entry does just what they would do.
    const along = [...own, { first: 1, end: 2, straight: 1 }, { first: 2, end: 3, straight: 1 }];
    expect(minimiser.minimise(table, { target: 0, keys: along })).toHaveLength(2);
  });

  it("tells keys with the highest bit apart", () => {
    const table = [0, 1, 2, 3].map((key): RoutingEntry => ({
      ...entry("0", key & 1),
      key: 0x7ffffffe + key,
    }));
    expect(minimiser.minimise(table, { target: 0 }).length).toBeLessThanOrEqual(2);
    for (const { key, links } of table) {
      const found = minimiser
        .minimise(table, { target: 0 })
        .find((line) => (key & line.mask) >>> 0 === line.key);
      expect(found?.links).toEqual(links);
    }
  });

  it("leaves the entries alone once there are few enough", () => {
    const table = exact(16, (key) => key & 1);
    expect(minimiser.minimise(table, { target: 16 })).toBe(table);
    const { length } = minimiser.minimise(table, { target: 9 });
    expect(length).toBeGreaterThan(2);
    expect(length).toBeLessThanOrEqual(9);
  });
});

describe("one exception among 2^k keys", () => {
  const table = exact(32, (key) => (key === 21 ? 1 : 0));

  it.each(ordered)("is one entry above one other: $name", (minimiser) => {
    expect(minimiser.minimise(table, { target: 0 })).toEqual([entry("10101", 1), entry("XXXXX", 0)]);
  });

  it("takes k entries beside it, one for each bit that may differ, where the order must not count", () => {
    const result = mergePairs.minimise(table, { target: 0 });
    expect(result).toHaveLength(1 + 5);
    expect(differenceOf(table, result.toReversed(), undefined, 32)).toBeUndefined();
  });
});

describe("largest-merges", () => {
  it("takes in the most entries at once where the first pair would stand in the way", () => {
    // From 000 the pair with 001 bars the four of X00 and X10; 101 and 111 go elsewhere.
    const table = [
      entry("000", 0),
      entry("001", 0),
      entry("010", 0),
      entry("100", 0),
      entry("110", 0),
      ...["011", "101", "111"].map((bits) => entry(bits, 1)),
      ...exact(8, () => 1).map((line) => ({ ...line, key: line.key + 8 })),
    ];
    const [first] = mergeMost.minimise(table, { target: 0 });
    expect(first).toEqual({ ...entry("XX0", 0), mask: (ALL ^ 0b110) >>> 0 });
  });
});

describe("ordered-covering", () => {
  it("puts what compares more bits above what compares fewer", () => {
    const result = orderedCovering.minimise(
      exact(64, (key) => (key % 16 === 5 ? 1 : key % 4 === 2 ? 2 : 0)),
      { target: 0 },
    );
    expect(result).toEqual([entry("XX0101", 1), entry("XXXX10", 2), entry("XXXXXX", 0)]);
  });

  it("does not move an entry below one that would take its keys", () => {
    // 1000 may not sink below X000, which is what merging all of output 1 would do.
    const table = [entry("0011", 1), entry("0100", 1), entry("1000", 1), entry("X000", 2)];
    const result = orderedCovering.minimise(table, { target: 0 });
    expect(differenceOf(table, result, undefined, 16)).toBeUndefined();
    expect(result.length).toBeLessThan(4);
  });
});

describe("default-routes", () => {
  const keys = [{ first: 0, end: 16, straight: 3 }];
  const minimise = (table: readonly RoutingEntry[], straight = 3) =>
    removeDefaultRoutes.minimise(table, { target: 0, keys: [{ ...keys[0]!, straight }] });

  it("removes entries of packets that go the same way without them", () => {
    expect(minimise([entry("00XX", 3), entry("01XX", 1), entry("1XXX", 3)])).toEqual([entry("01XX", 1)]);
  });

  it("keeps them where packets would be lost, come another way, or leave by more", () => {
    const table = [entry("00XX", 3), entry("01XX", 1), entry("1XXX", 3)];
    expect(minimise(table, -1)).toEqual(table);
    expect(minimise(table, 2)).toEqual(table);
    const alsoHere: RoutingEntry = { ...entry("00XX", 3), destinations: [{ node: 0, pes: [0] }] };
    expect(minimise([alsoHere])).toEqual([alsoHere]);
  });

  it("keeps an entry that holds its keys back from another below it", () => {
    const table = [entry("0000", 3), entry("0XXX", 1)];
    expect(minimise(table)).toEqual(table);
    // Below it stands only what goes itself.
    expect(minimise([entry("0000", 3), entry("0XXX", 3)])).toEqual([]);
  });

  it("removes entries that no key reaches", () => {
    const table = [entry("0XXX", 1), entry("00XX", 2), entry("10000", 2), entry("1XXX", 1)];
    expect(minimise(table)).toEqual([table[0], table[3]]);
  });
});
