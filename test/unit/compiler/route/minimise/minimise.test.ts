import { describe, expect, it } from "vitest";
import { compile } from "../../../../../compiler/pipeline.ts";
import { minimiseTable, minimiseTables } from "../../../../../compiler/route/minimise/minimise.ts";
import type { Minimiser } from "../../../../../compiler/route/minimise/minimiser.ts";
import { CapacityError } from "../../../../../src/core/errors.ts";
import type { RoutingEntry, RoutingTable } from "../../../../../src/core/mapping.ts";
import type { HardwareProfile } from "../../../../../src/core/profile.ts";
import { tinyModel } from "../../../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../../support/tiny-networks.ts";

const entriesOf = (keys: number, outputs: number): RoutingEntry[] =>
  Array.from({ length: keys }, (_, key) => ({
    key,
    mask: 0xffffffff,
    destinations: [],
    links: [key % outputs],
    toHost: false,
  }));
const keysOf = (keys: number) => [{ first: 0, end: keys, straight: -1 }];
const withEntries = <P extends HardwareProfile>(profile: P, entries: number): P => ({
  ...profile,
  eventRouter: { ...profile.eventRouter, entries },
});

describe("minimiseTable", () => {
  const asked: string[] = [];
  const leaving = (name: string, left: number): Minimiser => ({
    name,
    summary: name,
    minimise: (table) => {
      asked.push(name);
      return table.slice(0, left);
    },
  });
  const list = [leaving("first", 8), leaving("second", 3), leaving("third", 5)];
  const run = (target: number) => {
    asked.length = 0;
    const { entries, by } = minimiseTable(entriesOf(10, 10), { target }, list);
    return [entries.length, by, asked.join()];
  };

  it("stops at the first minimiser whose table fits", () => {
    expect(run(10)).toEqual([10, undefined, ""]);
    expect(run(8)).toEqual([8, "first", "first"]);
    expect(run(7)).toEqual([3, "second", "first,second"]);
  });

  it("gives the shortest where none fits", () => {
    expect(run(2)).toEqual([3, "second", "first,second,third"]);
  });

  it("leaves out merged entries that only send packets straight on", () => {
    const table = entriesOf(16, 1).map((entry) => (entry.key < 8 ? entry : { ...entry, links: [2] }));
    const keys = [...keysOf(8), { first: 8, end: 16, straight: 2 }];
    expect(minimiseTable(table, { target: 0, keys })).toEqual({
      entries: [{ ...table[0], mask: 0xfffffff8 }],
      by: "ordered-pairs",
    });
  });
});

describe("minimiseTables", () => {
  const board = withEntries(tinyBoard(), 6);
  const tables: RoutingTable[] = [
    { router: 0, entries: entriesOf(6, 2) },
    { router: 1, entries: entriesOf(8, 2) },
    { router: 3, entries: entriesOf(16, 4) },
  ];
  const keysAt = new Map(tables.map(({ router, entries }) => [router, keysOf(entries.length)]));
  const lengths = (routing: readonly RoutingTable[]) => routing.map(({ entries }) => entries.length);

  it("touches only tables that are too long, and says what became of them", () => {
    const remarks: string[] = [];
    const result = minimiseTables(tables, keysAt, board, "auto", (text) => remarks.push(text));
    expect(result[0]).toBe(tables[0]);
    expect(Math.max(...lengths(result))).toBeLessThanOrEqual(6);
    const [, second, third] = lengths(result) as [number, number, number];
    expect(remarks).toEqual([
      `minimised 2 of 3 routing tables (ordered-pairs): 24 entries to ${second + third}, the longest 16 to ${Math.max(second, third)}`,
    ]);
  });

  it("goes as far as it can with always, nowhere with never", () => {
    expect(lengths(minimiseTables(tables, keysAt, board, "always"))).toEqual([2, 2, 4]);
    expect(minimiseTables(tables, keysAt, board, "never")).toBe(tables);
  });

  it("leaves lists of destinations alone", () => {
    expect(minimiseTables(tables, keysAt, withEntries(tinyUnicast(), 1), "always")).toBe(tables);
  });
});

describe("compile", () => {
  const model = tinyModel({ inputs: 7, layers: [20, 20, 20], density: 0.5 });
  const lengthsFor = (entries: number, minimise: "auto" | "always" | "never") => {
    const { program, remarks } = compile(model, withEntries(tinyMulticast(), entries), {
      placer: "sequential",
      order: "model",
      minimise,
    });
    return { lengths: program.routing.map((table) => table.entries.length), remarks, program };
  };
  const plain = lengthsFor(1000, "never");
  const least = lengthsFor(1000, "always");
  const longest = Math.max(...plain.lengths);

  it("fits a model whose tables would be too long", () => {
    const shortest = Math.max(...least.lengths);
    expect(shortest).toBeLessThan(longest);
    expect(() => lengthsFor(longest - 1, "never")).toThrow(CapacityError);
    const { lengths, remarks, program } = lengthsFor(longest - 1, "auto");
    expect(Math.max(...lengths)).toBeLessThan(longest);
    expect(remarks.at(-1)).toMatch(/^minimised \d+ of \d+ routing tables \([a-z, -]+\): /);
    expect(program.manifest.options).not.toHaveProperty("minimise");
    expect(least.program.manifest.options).toMatchObject({ minimise: "always" });
  });

  it("changes nothing where all tables fit", () => {
    const { lengths, remarks } = lengthsFor(longest, "auto");
    expect(lengths).toEqual(plain.lengths);
    expect(remarks).toEqual([]);
  });
});
