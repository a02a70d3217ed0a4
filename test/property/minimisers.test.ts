import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/pipeline.ts";
import { MINIMISERS, minimiseTable, ORDER_FREE_MINIMISERS } from "../../compiler/route/minimise/minimise.ts";
import type { KnownKeys } from "../../compiler/route/minimise/minimiser.ts";
import type { RoutingEntry } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { routerGraphOf } from "../../src/core/router-graph.ts";
import { tinyBoard, tinyMulticast } from "../support/tiny-networks.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { differenceOf } from "../support/table-oracle.ts";
import { routeWalker } from "../support/walk-routes.ts";

const KEYS = 256;

const outputs = fc.constantFrom(
  { destinations: [], links: [0], toHost: false },
  { destinations: [], links: [1], toHost: false },
  { destinations: [], links: [0, 1], toHost: false },
  { destinations: [{ node: 0, pes: [1, 2] }], links: [], toHost: true },
);

/** One entry for every key of a dense or thin set. */
const exactTables = fc
  .array(fc.tuple(fc.integer({ min: 0, max: KEYS - 1 }), outputs), { maxLength: 120 })
  .map((rows) =>
    [...new Map(rows)].map(([key, output]): RoutingEntry => ({ key, mask: 0xffffffff, ...output })),
  );

/** Any keys and masks, overlapping as they fall: the order of entries counts. */
const overlappingTables = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: KEYS - 1 }), fc.integer({ min: 0, max: KEYS - 1 }), outputs)
    .map(([key, mask, output]): RoutingEntry => {
      const compared = (0xffffff00 | mask) >>> 0;
      return { key: (key & compared) >>> 0, mask: compared, ...output };
    }),
  { maxLength: 14 },
);
const tables = fc.oneof(exactTables, overlappingTables);

/** Some ranges of keys that come, apart from each other, each over a link or from here. */
const knownKeys = fc
  .array(fc.tuple(fc.integer({ min: 0, max: KEYS }), fc.integer({ min: -1, max: 1 })), { maxLength: 9 })
  .map((cuts): KnownKeys[] => {
    const sorted = cuts.toSorted(([a], [b]) => a - b);
    return sorted.slice(1).flatMap(([end, straight], index) => {
      const first = sorted[index]![0];
      return straight === -1 && index % 3 === 2 ? [] : [{ first, end, straight }];
    });
  });
const keySets = fc.option(knownKeys, { nil: undefined });

const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
};

/** What every minimiser owes its callers. A new one joins by entering the list. */
describe.each([...MINIMISERS, ...ORDER_FREE_MINIMISERS])("minimiser $name", (minimiser) => {
  it("keeps the outputs of every key that comes, and makes no table longer", () => {
    fc.assert(
      fc.property(tables, keySets, fc.integer({ min: 0, max: 40 }), (table, keys, target) => {
        const options = { target, ...(keys && { keys }) };
        const result = minimiser.minimise(table, options);
        expect(differenceOf(table, result, keys, KEYS)).toBeUndefined();
        expect(result.length).toBeLessThanOrEqual(table.length);
      }),
      { numRuns: 400 },
    );
  });

  it("is deterministic, changes no input, and does not lengthen what it has shortened", () => {
    fc.assert(
      fc.property(tables, knownKeys, (table, keys) => {
        const options = { target: 0, keys };
        const once = minimiser.minimise(frozen(table), options);
        expect(minimiser.minimise(table, options)).toEqual(once);
        const twice = minimiser.minimise(once, options);
        expect(twice.length).toBeLessThanOrEqual(once.length);
        expect(differenceOf(table, twice, keys, KEYS)).toBeUndefined();
      }),
    );
  });

  it("goes on until the table fits, where it can", () => {
    fc.assert(
      fc.property(exactTables, fc.nat({ max: 60 }), (table, target) => {
        const least = minimiser.minimise(table, { target: 0 }).length;
        const result = minimiser.minimise(table, { target });
        expect(result.length).toBeLessThanOrEqual(Math.max(target, least));
      }),
    );
  });
});

describe("minimiseTable", () => {
  it("returns a table whose every entry counts: another output for any of them is noticed", () => {
    fc.assert(
      fc.property(tables, knownKeys, (table, keys) => {
        const { entries } = minimiseTable(table, { target: 0, keys });
        expect(differenceOf(table, entries, keys, KEYS)).toBeUndefined();
        for (const line of entries.keys()) {
          const changed = entries.map((entry, at) =>
            at === line ? { ...entry, toHost: !entry.toHost } : entry,
          );
          expect(differenceOf(table, changed, keys, KEYS)).toBeDefined();
        }
      }),
    );
  });
});

describe("a compiled program", () => {
  const chips: readonly (readonly [string, HardwareProfile])[] = [
    ["board", tinyBoard()],
    ["mesh of multicast routers", tinyMulticast({ neighbours: 4, pesPerNode: 3 })],
  ].map(([name, chip]) => [name as string, chip as HardwareProfile]);
  const withDefault = (chip: HardwareProfile, defaultRoute: boolean): HardwareProfile => ({
    ...chip,
    eventRouter: { ...chip.eventRouter, defaultRoute },
  });
  const models = fc
    .record({
      inputs: fc.integer({ min: 1, max: 9 }),
      layers: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
      density: fc.constantFrom(0.3, 1),
      seed: fc.nat(),
    })
    .map(tinyModel);

  it.each(chips)("sends each event the same way with tables minimised: %s", (_, chip) => {
    fc.assert(
      fc.property(models, fc.boolean(), (model, defaultRoute) => {
        const profile = withDefault(chip, defaultRoute);
        const graph = routerGraphOf(profile);
        const [plain, minimised] = (["never", "always"] as const).map(
          (minimise) => compile(model, profile, { minimise, placer: "sequential" }).program,
        ) as [ReturnType<typeof compile>["program"], ReturnType<typeof compile>["program"]];
        const walks = [plain, minimised].map(({ routing }) => routeWalker(profile, routing));
        for (const { name, kind, size, keys } of plain.populations) {
          for (let neuron = 0; neuron < size; neuron += 1) {
            const home = plain.pes.find(
              (pe) =>
                pe.population === name && neuron >= pe.firstNeuron && neuron < pe.firstNeuron + pe.neurons,
            );
            const start = kind === "input" ? graph.hostRouter : graph.routerOfPe[home!.pe]!;
            const [before, after] = walks.map((walk) => walk((keys.base + neuron) >>> 0, start));
            expect(after).toEqual(before);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
