import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectedActivity } from "../../compiler/expected-activity.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { NO_DRAM_ROWS } from "../../compiler/partition/dram-transfers.ts";
import { PARTITION_STRATEGIES, partition } from "../../compiler/partition/partition.ts";
import { sliceSizer } from "../../compiler/partition/slice-bytes.ts";
import { CapacityError } from "../../src/core/errors.ts";
import { dataBytesOf, usablePes } from "../../src/core/profile.ts";
import { tinyChip } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";

const models = fc
  .record({
    inputs: fc.integer({ min: 1, max: 12 }),
    layers: fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 }),
    density: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
  })
  .map(tinyModel);

const chips = fc
  .record({
    pesPerNode: fc.integer({ min: 1, max: 4 }),
    sramBytes: fc.integer({ min: 2_048, max: 12_288 }),
    reserved: fc
      .uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 4 })
      .map((pes) => pes.sort((a, b) => a - b)),
  })
  .map(tinyChip);

function outcomeOf<T>(run: () => T): T | CapacityError {
  try {
    return run();
  } catch (error) {
    if (error instanceof CapacityError) return error;
    throw error;
  }
}

/** What every partition strategy owes its callers. A new one joins by entering the list. */
describe.each(PARTITION_STRATEGIES)("partition strategy $name", (strategy) => {
  it("covers each neuron once with slices that fit, and gives up only when memory is scarce", () => {
    fc.assert(
      fc.property(models, chips, fc.boolean(), (model, profile, rowsInDram) => {
        const graph = lower(model);
        const dram = rowsInDram ? { blocks: new Set(graph.projections), burstBytes: 16 } : NO_DRAM_ROWS;
        const pes = usablePes(profile).length;
        const budget = dataBytesOf(profile.pe.sram);
        const slices = outcomeOf(() =>
          partition({ graph, profile, pes, dram, activity: expectedActivity(graph) }, strategy),
        );
        const sizers = new Map(
          graph.populations
            .filter(({ kind }) => kind === "egru")
            .map(({ name }) => [name, sliceSizer(graph, name, { ...profile.pe.sram, dram })]),
        );
        if (slices instanceof CapacityError) {
          // One neuron too large, or even ideal packing (no slice ever shares rows) overflows the PEs.
          const tooLarge = [...sizers.values()].some((sizer) =>
            Array.from({ length: sizer.population.size }, (_, i) => sizer.bytes(i, 1)).some(
              (bytes) => bytes > budget,
            ),
          );
          const fewest = [...sizers.values()].reduce((sum, sizer) => sum + fewestByScan(sizer, budget), 0);
          expect(tooLarge || fewest > pes).toBe(true);
          return;
        }
        expect(slices.length).toBeLessThanOrEqual(pes);
        for (const { name, size } of graph.populations.slice(1)) {
          let next = 0;
          for (const slice of slices.filter(({ population }) => population === name)) {
            expect(slice.first).toBe(next);
            expect(slice.count).toBeGreaterThan(0);
            expect(sizers.get(name)!.bytes(slice.first, slice.count)).toBeLessThanOrEqual(budget);
            next += slice.count;
          }
          expect(next).toBe(size);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Fewest contiguous slices, found neuron by neuron; shares nothing with the partitioner's search. */
function fewestByScan(sizer: ReturnType<typeof sliceSizer>, budget: number): number {
  let slices = 1;
  let count = 0;
  for (let i = 0; i < sizer.population.size; i += 1) {
    if (sizer.bytes(i - count, count + 1) <= budget) {
      count += 1;
    } else {
      slices += 1;
      count = 1;
    }
  }
  return slices;
}
