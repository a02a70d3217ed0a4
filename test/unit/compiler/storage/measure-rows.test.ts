import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureRows } from "../../../../compiler/storage/measure-rows.ts";
import type { GraphProjection } from "../../../../src/core/event-graph.ts";
import { gatesIn } from "../../../../src/core/row-form.ts";
import { projectionOf, randomProjections, type Synapse } from "../../../support/random-projections.ts";

const PARTS = ["rows", "synapses", "blocks", "bridges8", "bridges4"] as const;

/** What one slice holds of one row, counted from the list of its synapses. */
function countedIn(synapses: readonly Synapse[], gates: readonly number[], count: number) {
  const indices = synapses.map(({ gate, neuron }) => gate * count + neuron);
  const blocks = synapses.map(({ gate, neuron }) => (gates.indexOf(gate) * count + neuron) >> 2);
  const gaps = indices.map((index, i) => index - (indices[i - 1] ?? -1) - 1);
  const bridges = (reach: number) => gaps.reduce((sum, gap) => sum + Math.floor(gap / reach), 0);
  return {
    rows: Math.min(1, synapses.length),
    synapses: synapses.length,
    blocks: new Set(blocks).size,
    bridges8: bridges(256),
    bridges4: bridges(16),
  };
}

describe("measureRows", () => {
  it("counts rows, synapses, blocks and bridges of every slice, in the image and as events meet them", () => {
    const sent = fc.constantFrom("none", "one", "alike", "apart");
    fc.assert(
      fc.property(randomProjections(), sent, ({ size, slices, rows }, kind) => {
        const projection: GraphProjection = projectionOf(rows, size);
        const events = Float64Array.from(rows, (_, row) =>
          kind === "apart" ? (row % 7) / 10 : { none: 0, one: 1, alike: 0.2 }[kind],
        );
        const { stored, met, events: total } = measureRows(projection, slices, size, events);
        const gates = gatesIn(rows.flat().reduce((mask, { gate }) => mask | (1 << gate), 0));
        expect(total).toBeCloseTo(
          [...events].reduce((sum, each) => sum + each, 0),
          9,
        );
        for (const [slice, { first, count }] of slices.entries()) {
          const held = rows.map((row) => {
            const own = row.filter(({ neuron }) => neuron >= first && neuron < first + count);
            const local = own.map(({ gate, neuron }) => ({ gate, neuron: neuron - first }));
            return countedIn(local, gates, count);
          });
          for (const part of PARTS) {
            const counts = held.map((row) => row[part]);
            expect(stored[part][slice]).toBe(counts.reduce((sum, each) => sum + each, 0));
            expect(met[part][slice]).toBeCloseTo(
              counts.reduce((sum, each, row) => sum + events[row]! * each, 0),
              9,
            );
          }
        }
      }),
    );
  });
});
