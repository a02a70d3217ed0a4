import fc from "fast-check";
import type { Slice } from "../../src/core/mapping.ts";
import type { GraphProjection } from "../../src/core/event-graph.ts";

export interface Synapse {
  readonly gate: number;
  readonly neuron: number;
}

/** A population "b" cut into slices, and the synapses of each row of a projection that ends there, ascending by gate and neuron. */
export interface ProjectionCase {
  readonly size: number;
  readonly slices: readonly Slice[];
  readonly rows: readonly (readonly Synapse[])[];
}

export const randomProjections = (): fc.Arbitrary<ProjectionCase> =>
  fc
    .record({
      counts: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 90, max: 300 })), {
        minLength: 1,
        maxLength: 5,
      }),
      rows: fc.integer({ min: 1, max: 9 }),
    })
    .chain(({ counts, rows }) => {
      const size = counts.reduce((a, b) => a + b, 0);
      const places = fc.array(fc.nat(4 * size - 1), { maxLength: 3 * size });
      return fc.tuple(fc.constant(counts), fc.array(places, { minLength: rows, maxLength: rows }));
    })
    .map(([counts, rows]) => {
      const size = counts.reduce((a, b) => a + b, 0);
      return { size, slices: slicesOf(counts), rows: rows.map((places) => rowOf(places, size)) };
    });

function slicesOf(counts: readonly number[]): Slice[] {
  let next = 0;
  return counts.map((count) => {
    next += count;
    return { population: "b", first: next - count, count };
  });
}

const rowOf = (places: readonly number[], size: number): Synapse[] =>
  [...new Set(places)]
    .sort((a, b) => a - b)
    .map((place) => ({ gate: Math.floor(place / size), neuron: place % size }));

/** Weights are 1, 2, 3, … in the order of the synapses. */
export function projectionOf(rows: ProjectionCase["rows"], size: number): GraphProjection {
  const rowStart = Uint32Array.from([0, ...rows.map((_, row) => rows.slice(0, row + 1).flat().length)]);
  const target = Uint32Array.from(rows.flat(), ({ gate, neuron }) => gate * size + neuron);
  const weight = Float32Array.from(target, (_, i) => i + 1);
  return { source: "a", target: "b", delay: 0, synapses: { rowStart, target, weight } };
}
