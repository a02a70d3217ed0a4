import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sliceRows } from "../../../../compiler/emit/slice-rows.ts";
import type { EventGraph } from "../../../../src/core/event-graph.ts";
import { projectionOf, randomProjections } from "../../../support/random-projections.ts";

describe("sliceRows", () => {
  it("gives every slice its synapses in the order of their rows, and no other", () => {
    fc.assert(
      fc.property(randomProjections(), ({ size, slices, rows }) => {
        const projection = projectionOf(rows, size);
        const graph = {
          populations: [{ kind: "egru", name: "b", size }],
          projections: [projection],
        } as unknown as EventGraph;
        const parts = sliceRows(graph, "b", slices).map(([own]) => own!);
        let next = 0;
        const weights = rows.map((row) => row.map(() => ++next));
        for (const [slice, { first, count }] of slices.entries()) {
          const { rowStart, index, weight } = parts[slice]!;
          const found = rows.map((_, row) => {
            const [begin, end] = [rowStart[row]!, rowStart[row + 1]!];
            return [[...index.subarray(begin, end)], [...weight.subarray(begin, end)]];
          });
          const expected = rows.map((row, r) => {
            const own = [...row.keys()].filter(
              (i) => row[i]!.neuron >= first && row[i]!.neuron < first + count,
            );
            return [
              own.map((i) => row[i]!.gate * count + row[i]!.neuron - first),
              own.map((i) => weights[r]![i]!),
            ];
          });
          expect(found).toEqual(expected);
          expect(index).toHaveLength(rowStart.at(-1)!);
        }
      }),
    );
  });
});
