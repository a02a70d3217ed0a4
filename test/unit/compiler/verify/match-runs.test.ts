import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchRuns, runOf } from "../../../../compiler/verify/match-runs.ts";
import type { RoutingEntry } from "../../../../src/core/mapping.ts";

const entry = (key: number, mask: number): RoutingEntry => ({
  key: (key & mask) >>> 0,
  mask: mask >>> 0,
  destinations: [],
  links: [],
  toHost: false,
});

/** The definition: the first entry that matches, key by key. */
const firstMatch = (entries: readonly RoutingEntry[], key: number): number =>
  entries.findIndex(({ key: of, mask }) => (key & mask) >>> 0 === of);

describe("runs of neurons that match one entry", () => {
  it("are one for a whole population under one mask, and split where a smaller block stands before it", () => {
    const whole = entry(0x40, 0xffffffe0);
    expect(matchRuns([whole], 0x40, 20)).toEqual([{ first: 0, end: 20, entry: 0 }]);
    expect(matchRuns([entry(0x44, 0xfffffffc), whole], 0x40, 20)).toEqual([
      { first: 0, end: 4, entry: 1 },
      { first: 4, end: 8, entry: 0 },
      { first: 8, end: 20, entry: 1 },
    ]);
    expect(matchRuns([], 0x40, 20)).toEqual([{ first: 0, end: 20, entry: -1 }]);
  });

  it("say what matching key by key says, whatever the masks, up to the last of 32 bits", () => {
    const masks = fc.integer({ min: 0, max: 63 }).map((low) => (0xffffffc0 | low) >>> 0);
    const bases = fc.constantFrom(0, 64, 0x7fffffc0, 0x80000000, 0xffffffc0);
    const tables = fc.array(fc.tuple(fc.nat(63), fc.oneof(masks, fc.constant(0))), { maxLength: 8 });
    fc.assert(
      fc.property(bases, fc.integer({ min: 1, max: 64 }), tables, (base, size, lines) => {
        const entries = lines.map(([low, mask]) => entry(base + low, mask));
        const runs = matchRuns(entries, base, size);
        for (let neuron = 0; neuron < size; neuron += 1) {
          const run = runs[runOf(runs, neuron)]!;
          expect(run.first <= neuron && neuron < run.end).toBe(true);
          expect(run.entry).toBe(firstMatch(entries, (base + neuron) >>> 0));
        }
      }),
    );
  });
});
