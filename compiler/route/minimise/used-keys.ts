import type { RoutingEntry } from "../../../src/core/mapping.ts";
import { type Cubes, holds, intersects } from "./bits.ts";
import type { KnownKeys } from "./minimiser.ts";

/** What an entry does with the packets that it matches. */
export type Output = Pick<RoutingEntry, "destinations" | "links" | "toHost">;

/**
 * All known keys as cubes that do not overlap, each with one owner: the entry that is the first to match it. Keys
 * outside these cubes never come.
 */
export interface UsedKeys extends Cubes {
  /** Index of the entry; −1 where none matches. */
  readonly owner: Int32Array;
  /** Index in `outputs` of what happens to the keys: their entry's, or straight on; −1 where they are lost. */
  readonly output: Int32Array;
  /** 1 where the keys would do just that without any entry. */
  readonly goesStraight: Uint8Array;
  readonly outputs: readonly Output[];
}

/** Cuts the known keys along the entries of a table. */
export function usedKeysOf(table: readonly RoutingEntry[], keys: readonly KnownKeys[] | undefined): UsedKeys {
  const outputs = numberedOutputs();
  const outputOf = table.map(outputs.numberOf);
  const found: number[][] = [[], [], [], [], []];
  const visit = (straight: number) => {
    const straightOutput = straight < 0 ? -1 : outputs.numberOf(goingStraight(straight));
    return (key: number, mask: number, owner: number) => {
      const output = owner < 0 ? straightOutput : outputOf[owner]!;
      const row = [key, mask, owner, output, straight >= 0 && output === straightOutput ? 1 : 0];
      for (const [column, value] of row.entries()) found[column]!.push(value);
    };
  };
  const all = cubesOf(table);
  if (keys) for (const range of keys) cutRange(all, range, visit(range.straight));
  else cutEntries(all, visit(-1));
  const [key, mask, owner, output] = found.map((column) => Int32Array.from(column));
  return {
    count: key!.length,
    key: key!,
    mask: mask!,
    owner: owner!,
    output: output!,
    goesStraight: Uint8Array.from(found[4]!),
    outputs: outputs.list,
  };
}

export const cubesOf = (table: readonly RoutingEntry[]): Cubes => ({
  count: table.length,
  key: Int32Array.from(table, ({ key }) => key | 0),
  mask: Int32Array.from(table, ({ mask }) => mask | 0),
});

const goingStraight = (direction: number): Output => ({
  destinations: [],
  links: [direction],
  toHost: false,
});

/** Numbers outputs in the order in which they are first seen. */
function numberedOutputs() {
  const list: Output[] = [];
  const numbers = new Map<string, number>();
  const numberOf = ({ destinations, links, toHost }: Output): number => {
    const nodes = destinations.map(({ node, pes }) => `${node}:${pes.join()}`).join(" ");
    const name = `${nodes}|${links.join()}|${toHost}`;
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, list.length);
    return list.push({ destinations, links, toHost }) - 1;
  };
  return { list, numberOf };
}

type Visit = (key: number, mask: number, owner: number) => void;

/** The largest aligned blocks of a range, each cut along the entries. Bits that no entry compares are left out. */
function cutRange(entries: Cubes, { first, end }: KnownKeys, visit: Visit): void {
  const compared = entries.mask.reduce((all, mask) => all | mask, 0);
  let from = first;
  while (from < end) {
    let span = from === 0 ? 2 ** 32 : lowestBit(from);
    while (from + span > end) span /= 2;
    const mask = (2 ** 32 - span) & compared;
    const key = from & mask;
    cut(entries, key, mask, firstMeeting(entries, entries.count, key, mask), visit);
    from += span;
  }
}

const lowestBit = (value: number): number => (value & -value) >>> 0;

/** Every key that an entry is the first to match. */
function cutEntries(entries: Cubes, visit: Visit): void {
  for (let entry = 0; entry < entries.count; entry += 1) {
    const [key, mask] = [entries.key[entry]!, entries.mask[entry]!];
    const own: Visit = (partKey, partMask, owner) => owner === entry && visit(partKey, partMask, owner);
    cut(entries, key, mask, firstMeeting(entries, entry + 1, key, mask), own);
  }
}

/** Of the first `end` entries, those that match keys of the cube. */
function firstMeeting({ key, mask }: Cubes, end: number, withKey: number, withMask: number): number[] {
  const found: number[] = [];
  for (let entry = 0; entry < end; entry += 1)
    if (((key[entry]! ^ withKey) & mask[entry]! & withMask) === 0) found.push(entry);
  return found;
}

const meeting = ({ key, mask }: Cubes, entries: readonly number[], withKey: number, withMask: number) =>
  entries.filter((entry) => intersects(key[entry]!, mask[entry]!, withKey, withMask));

/** `candidates` are the entries that match keys of the cube, in order. Halves the cube until the first holds it all. */
function cut(entries: Cubes, key: number, mask: number, candidates: readonly number[], visit: Visit): void {
  const first = candidates[0] ?? -1;
  if (first < 0 || holds(entries.key[first]!, entries.mask[first]!, key, mask)) {
    visit(key, mask, first);
    return;
  }
  const bit = 1 << (31 - Math.clz32(entries.mask[first]! & ~mask));
  for (const half of [key, key | bit]) {
    cut(entries, half, mask | bit, meeting(entries, candidates, half, mask | bit), visit);
  }
}
