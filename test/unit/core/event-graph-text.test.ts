import { describe, expect, it } from "vitest";
import { lower } from "../../../compiler/lower/lower.ts";
import { formatEventGraph, parseEventGraph } from "../../../src/core/event-graph-text.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const TEXT = `graph wide float32 row 32
input input 2 payload 0
egru egru0 4 payload 0
  start 1 2 3 4 5 6 7 8 9 10 11 12
    -13 1e-7 0.5 0
  threshold 0.1 0.2 0.3 0.4
projection input -> egru0 delay 0 rows 2
  0: 0*1 1*2 2*3 3*4 4*5 5*6 6*7 7*8 8*9 9*10 10*11 11*12
    12*-0.5 13*0.25
  1: 3*-1
`;

describe("event graphs as text", () => {
  it("goes on in lines of twelve values, and reads them back", () => {
    const graph = parseEventGraph(TEXT);
    const [, layer] = graph.populations;
    if (layer?.kind !== "egru") return expect.fail("no layer");
    expect(layer.accumulatorStart).toEqual(
      Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -13, 1e-7, 0.5, 0),
    );
    const { rowStart, target, weight } = graph.projections[0]!.synapses;
    expect([...rowStart]).toEqual([0, 14, 15]);
    expect([target[13], weight[13], weight[14]]).toEqual([13, 0.25, -1]);
    expect(formatEventGraph(graph)).toBe(TEXT);
  });

  it("wraps the multipliers of many rows", () => {
    const scales = Array.from({ length: 14 }, (_, row) => 100 + row);
    const text =
      "graph scaled int8 row 32\ninput input 14 payload 20\negru egru0 1 payload 23\n  start 0 0 0 0\n  threshold 1\n" +
      `projection input -> egru0 delay 0 rows 14 shift 25 scale ${scales.slice(0, 12).join(" ")}\n    112 113\n  3: 0*-7\n`;
    const graph = parseEventGraph(text);
    expect([...graph.projections[0]!.synapses.scale!.multiplier]).toEqual(scales);
    expect(formatEventGraph(graph)).toBe(text);
  });

  it("says a projection's format and part, and an order of neurons, only where they are needed", () => {
    const text = `graph mixed int8 row 32
input input 2 payload 20
  order 1 0
egru egru0 2 payload 23
  order 1 0
  start 0 0 0 0 0 0 0 0
  threshold 1 2
projection input -> egru0 delay 0 rows 2 shift 25 scale 100
  0: 0*-7
projection input -> egru0 delay 0 rows 2 part 1 format int16 shift 20 scale 5 6
  1: 1*-700
projection egru0 -> egru0 delay 1 rows 2 on mac-array shift 20 scale 5
  1: 6*127
`;
    const graph = parseEventGraph(text);
    expect(graph.populations.map(({ order }) => order)).toEqual([Uint32Array.of(1, 0), Uint32Array.of(1, 0)]);
    expect(graph.projections.map(({ part }) => part)).toEqual([undefined, 1, undefined]);
    const [whole, part, recurrent] = graph.projections.map(({ synapses }) => synapses);
    expect(whole!.weight).toEqual(Int8Array.of(-7));
    expect(part!.weight).toEqual(Int16Array.of(-700));
    expect(part!.scale).toEqual({ shift: 20, multiplier: Uint32Array.of(5, 6) });
    expect(recurrent!.weight).toEqual(Int8Array.of(127));
    expect(graph.projections.map(({ onMacArray }) => onMacArray)).toEqual([undefined, undefined, true]);
    expect(formatEventGraph(graph)).toBe(text);
  });

  it("has no line beyond a terminal's patience for a model with wide layers", () => {
    const graph = lower(tinyModel({ inputs: 40, layers: [60, 30] }));
    const text = formatEventGraph(graph);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(260);
    expect(parseEventGraph(text, graph.host)).toEqual(graph);
  });

  it("names the line that begins nothing", () => {
    expect(() => parseEventGraph("graph a float32 row 32\n\nfrobnicate 3\n")).toThrow(
      'line 3: "frobnicate" begins no line of an event graph',
    );
  });
});
