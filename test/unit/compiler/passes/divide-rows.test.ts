import { describe, expect, it } from "vitest";
import { divideRows } from "../../../../compiler/passes/divide-rows.ts";
import { GRAPH_VERIFIERS } from "../../../../compiler/passes/pass.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const { graph } = compile(tinyModel({ inputs: 6, layers: [8] }), tinyChip(), {
  format: "int16",
  order: "model",
});

describe("divideRows", () => {
  it("puts each row into one of two parts that follow each other", () => {
    const [input, recurrent] = graph.projections;
    const { graph: divided, second } = divideRows(
      graph,
      new Map([[input!, Uint8Array.of(0, 1, 1, 0, 1, 0)]]),
    );
    GRAPH_VERIFIERS["well-formed"](divided);
    const [first, later, rest] = divided.projections;
    expect([first!.part ?? 0, later!.part, rest]).toEqual([0, 1, recurrent]);
    expect(second.get(input!)).toBe(later);
    const rowOf = (
      { synapses: { rowStart, target, weight } }: (typeof graph.projections)[number],
      row: number,
    ) => [
      [...target.slice(rowStart[row], rowStart[row + 1])],
      [...weight.slice(rowStart[row], rowStart[row + 1])],
    ];
    for (let row = 0; row < 6; row += 1) {
      const [holder, other] = [1, 2, 4].includes(row) ? [later!, first!] : [first!, later!];
      expect(rowOf(holder, row)).toEqual(rowOf(input!, row));
      expect(rowOf(other, row)).toEqual([[], []]);
    }
    expect(later!.synapses.scale).toEqual(input!.synapses.scale);
  });

  it("leaves the graph alone where nothing is divided", () => {
    expect(divideRows(graph, new Map()).graph).toBe(graph);
  });
});
