import { describe, expect, it } from "vitest";
import { expectedActivity } from "../../../../compiler/expected-activity.ts";
import { lower } from "../../../../compiler/lower/lower.ts";
import { expectedRows } from "../../../../compiler/storage/expected-rows.ts";
import { measureRows } from "../../../../compiler/storage/measure-rows.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const SIZE = 120;
const graph = lower(tinyModel({ inputs: 60, layers: [SIZE], density: 0.2 }));
const activity = expectedActivity(graph);
const PARTS = ["rows", "synapses", "blocks", "bridges8", "bridges4"] as const;

describe.each([1, 3, 10])("rows on each of %i slices", (count) => {
  it("are in the mean as expected", () => {
    const slices = Array.from({ length: count }, (_, i) => ({
      population: "egru0",
      first: (i * SIZE) / count,
      count: SIZE / count,
    }));
    for (const projection of graph.projections) {
      const events = activity.get(projection.source)!;
      const found = measureRows(projection, slices, SIZE, events);
      const expected = expectedRows(projection, SIZE, count, activity);
      expect(expected.events).toBeCloseTo(found.events, 9);
      for (const kind of ["stored", "met"] as const) {
        for (const part of PARTS) {
          const mean = found[kind][part].reduce((a, b) => a + b, 0) / count;
          // A few thousand synapses at random; delta-csr's gaps also lead over accumulators that the projection does not reach.
          const tolerance = part.startsWith("bridges") ? 0.7 * found[kind].rows[0]! : 0.03 * mean;
          expect(Math.abs(expected[kind][part][0]! - mean), `${kind} ${part}`).toBeLessThanOrEqual(
            tolerance + 1e-9,
          );
        }
        expect(expected[kind].synapses[0]! * count).toBeCloseTo(
          found[kind].synapses.reduce((a, b) => a + b, 0),
          6,
        );
      }
    }
  });
});
