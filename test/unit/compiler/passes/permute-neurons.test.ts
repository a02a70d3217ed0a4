import { describe, expect, it } from "vitest";
import { GRAPH_VERIFIERS } from "../../../../compiler/passes/pass.ts";
import { inGraphOrder, permuteNeurons } from "../../../../compiler/passes/permute-neurons.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import type { EventGraph } from "../../../../src/core/event-graph.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const model = tinyModel({ inputs: 4, layers: [6, 5], density: 0.5 });
const { graph } = compile(model, tinyChip(), { format: "int8", order: "model" });
const orders = new Map([
  ["egru0", Uint32Array.of(3, 0, 5, 1, 4, 2)],
  ["egru1", Uint32Array.of(4, 3, 2, 1, 0)],
]);

/** All that a graph says, with its neurons by the model's numbers. */
function told({ populations, projections }: EventGraph): string[] {
  const orderOf = (name: string) => populations.find((own) => own.name === name)!.order;
  return [
    ...populations.flatMap((own) => {
      if (own.kind !== "egru") return [];
      return Array.from({ length: own.size }, (_, neuron) => {
        const starts = [0, 1, 2, 3].map(
          (accumulator) => own.accumulatorStart[accumulator * own.size + neuron],
        );
        return `${own.name}[${own.order?.[neuron] ?? neuron}] ${starts.join()} ${own.parameters[0]![neuron]}`;
      });
    }),
    ...projections.flatMap(({ source, target, delay, synapses: { rowStart, target: to, weight, scale } }) => {
      const { size } = populations.find((own) => own.name === target)!;
      return Array.from(rowStart.slice(1), (_, row) => row).flatMap((row) =>
        Array.from({ length: rowStart[row + 1]! - rowStart[row]! }, (_, i) => {
          const at = rowStart[row]! + i;
          const neuron = to[at]! % size;
          const place = `${Math.floor(to[at]! / size)} of ${target}[${orderOf(target)?.[neuron] ?? neuron}]`;
          const from = `${source}[${orderOf(source)?.[row] ?? row}] ${delay}`;
          return `${from} -> ${place}: ${weight[at]} × ${scale!.multiplier[row]} >> ${scale!.shift}`;
        }),
      );
    }),
  ].sort();
}

describe("permuteNeurons", () => {
  it("changes the order of neurons, and of nothing else", () => {
    const permuted = permuteNeurons(graph, orders);
    GRAPH_VERIFIERS["well-formed"](permuted);
    expect(told(permuted)).toEqual(told(graph));
    expect(permuted.populations[1]!.order).toEqual(orders.get("egru0"));
    expect(permuted.populations[0]).toBe(graph.populations[0]);
    expect([...permuted.projections[0]!.synapses.target]).not.toEqual([
      ...graph.projections[0]!.synapses.target,
    ]);
  });

  it("leads back where it is undone, and keeps the model's numbers when it is done twice", () => {
    const once = permuteNeurons(graph, orders);
    const back = permuteNeurons(once, new Map([...orders].map(([name, order]) => [name, inverseOf(order)])));
    expect([...back.populations[1]!.order!]).toEqual([0, 1, 2, 3, 4, 5]);
    for (const [i, { synapses }] of back.projections.entries())
      expect(synapses).toEqual(graph.projections[i]!.synapses);
    expect(told(permuteNeurons(once, orders))).toEqual(told(graph));
  });

  it("returns the same graph where nothing is to change", () => {
    expect(permuteNeurons(graph, new Map())).toBe(graph);
  });

  it("brings values by the model's neurons into the graph's order", () => {
    const [, layer] = permuteNeurons(graph, orders).populations;
    expect([...inGraphOrder(layer!, Float64Array.of(0, 10, 20, 30, 40, 50))]).toEqual([
      30, 0, 50, 10, 40, 20,
    ]);
  });
});

const inverseOf = (order: Uint32Array): Uint32Array => {
  const inverse = new Uint32Array(order.length);
  for (const [place, neuron] of order.entries()) inverse[neuron] = place;
  return inverse;
};
