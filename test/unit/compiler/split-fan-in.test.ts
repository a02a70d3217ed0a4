import { describe, expect, it } from "vitest";
import { largestTransfers } from "../../../compiler/allocate/row-buffers.ts";
import { compile, type CompileOptions } from "../../../compiler/pipeline.ts";
import type { ModelIr } from "../../../src/core/model-ir.ts";
import { sumOf } from "../../../src/core/counts.ts";
import { graphPopulationNamed } from "../../../src/core/event-graph.ts";
import { formatEventGraph, parseEventGraph } from "../../../src/core/event-graph-text.ts";
import { verifyCompiled } from "../../../compiler/verify/verify.ts";
import { decodeProgram, encodeProgram } from "../../../src/core/program-codec.ts";
import { shipped } from "../profiles/shipped.ts";
import { neuroBenchMetrics } from "../../../simulator/metrics.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { timeOf } from "../../../simulator/time-of.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const chip = shipped().profile;
const STEPS = 12;

/** Weights, biases and inputs in steps of 2^−6, so that sums are exact in every format that has room for them. */
function coarse(model: ModelIr): ModelIr {
  const round = (values: Float32Array) => values.map((value) => Math.round(value * 64) / 64);
  return {
    ...model,
    populations: model.populations.map((own) =>
      own.kind === "egru" ? { ...own, bias: round(own.bias), recurrentBias: round(own.recurrentBias) } : own,
    ),
    projections: model.projections.map((projection) =>
      projection.weights.kind === "sparse"
        ? { ...projection, weights: { ...projection.weights, value: round(projection.weights.value) } }
        : projection,
    ),
  } as ModelIr;
}

const model = coarse(tinyModel({ inputs: 24, layers: [40, 20], density: 0.6 }));

const stimulus = {
  kind: "dense" as const,
  width: 24,
  values: Float32Array.from({ length: STEPS * 24 }, (_, i) => (((i * 37) % 97) - 48) / 64),
  origin: "made up",
  synthetic: true,
};

const run = (options: CompileOptions) => {
  const compilation = compile(model, chip, options);
  const outputs: string[] = [];
  const result = simulate(compilation.program, chip, stimulus, {
    replays: [{ point: chip.operatingPoints[0]! }],
    observe: (_, view) =>
      outputs.push(["egru0", "egru1"].map((name) => view.population(name).output.join()).join(";")),
  });
  return { ...compilation, outputs, result };
};

describe("fan-in divided by sources", () => {
  it("makes no room in row buffers for ranges of sources from which nothing leads to a slice", () => {
    const wide = tinyModel({ inputs: 100, layers: [160, 20], density: 0.02 });
    const options = { partitionBy: "both", parts: 3, rows: "dram", rowForms: "dense" } as const;
    const { graph, mapping } = compile(wide, chip, options);
    const { partition: slices, rowForms, allocation } = mapping;
    const range = graph.projections.find(({ source, sources }) => sources && source.includes("part"))!;
    const only = { blocks: new Set([range]), burstBytes: 16 };
    const largest = largestTransfers(graph, slices, rowForms, allocation.dram, only);
    const isReached = slices.map(
      ({ population, first, count }) =>
        population === range.target &&
        [...range.synapses.target].some((accumulator) => {
          const neuron = accumulator % graphPopulationNamed(graph, population).size;
          return neuron >= first && neuron < first + count;
        }),
    );
    expect([...largest].map((bytes) => bytes > 0)).toEqual(isReached);
    expect(new Set(isReached.filter((_, slice) => slices[slice]!.population === range.target)).size).toBe(2);
  });

  it.each([2, 3, 4])("sends the same events in %i parts in float32, up to rounding", (parts) => {
    const [whole, split] = [run({}), run({ partitionBy: "both", parts })];
    const events = (outputs: readonly string[]) =>
      outputs.map((text) => text.split(/[,;]/).map((value) => Math.round(1000 * Number(value))));
    expect(events(split.outputs)).toEqual(events(whole.outputs));
    expect(sumOf(split.result.populations.map(({ partOf }) => (partOf ? 1 : 0)))).toBe(2 * (parts - 1));
  });

  it.each(["int8", "int16"] as const)(
    "sends nearly the same events in %s: sums are rounded to 2^−16 once more",
    (format) => {
      const [whole, split] = [run({ format }), run({ format, partitionBy: "both", parts: 2 })];
      const values = (outputs: readonly string[]) =>
        outputs[0]!.split(/[,;]/).map((value) => Number(value) / 2 ** 23);
      const wide = values(whole.outputs);
      for (const [i, value] of values(split.outputs).entries())
        expect(Math.abs(value - wide[i]!)).toBeLessThan(1e-3);
    },
  );

  it("counts sums apart from the model's synapses", () => {
    const [whole, split] = [run({}), run({ partitionBy: "both", parts: 2 })];
    const [a, b] = [whole, split].map(({ result, program }) => neuroBenchMetrics(result, program));
    expect(b).toEqual({ ...a, footprintBytes: b!.footprintBytes });
    const sums = split.program.populations.filter(({ kind }) => kind === "partial-sum");
    expect(sumOf(split.result.counts.kernel.linearUpdate)).toBe(STEPS * sumOf(sums.map(({ size }) => size)));
    expect(sumOf(whole.result.counts.kernel.linearUpdate)).toBe(0);
    const brought = split.result.projections.filter(({ bringsPartialSums }) => bringsPartialSums);
    const sent = split.result.populations
      .filter(({ partOf }) => partOf)
      .reduce((sum, { events }) => sum + events, 0);
    expect(sumOf(brought.map(({ synops }) => synops))).toBe(sent);
  });

  it("is refused in a pipeline, which would bring sums of recurrent events too late", () => {
    const { result } = run({ partitionBy: "both", parts: 2 });
    const point = chip.operatingPoints[0]!;
    expect(() => timeOf(result, chip, point, "pipelined")).toThrow(/too late/);
    expect(timeOf(result, chip, point, "sequential").secondsPerStep).toBeGreaterThan(0);
  });

  it("is a program file and a graph's text that read back equal", () => {
    const { program, graph } = compile(model, chip, { partitionBy: "sources", parts: 2, format: "int8" });
    expect(decodeProgram(encodeProgram(program))).toEqual(program);
    expect(parseEventGraph(formatEventGraph(graph), graph.host)).toEqual(graph);
  });

  it("is found wrong where a block waits for other neurons than the graph says", () => {
    const { program, graph } = compile(model, chip, { partitionBy: "both", parts: 2 });
    const pe = program.pes.find(({ sources }) => sources.some(({ rows }) => rows === 16))!;
    const wrong = pe.sources.map((own) => (own.rows === 16 ? { ...own, rows: 8 } : own));
    const pes = program.pes.map((own) => (own === pe ? { ...pe, sources: wrong } : own));
    expect(() => verifyCompiled({ ...program, pes }, chip, graph)).toThrow(/verify/);
  });

  it("is what auto does where a neuron's fan-in alone does not fit, and nothing else changes", () => {
    expect(encodeProgram(compile(model, chip, { partitionBy: "neurons" }).program)).toEqual(
      encodeProgram(compile(model, chip).program),
    );
    const wide = tinyModel({ inputs: 30_000, layers: [4], density: 0.02 });
    expect(() => compile(wide, chip, { format: "int8", partitionBy: "neurons", rows: "sram" })).toThrow(
      /One neuron alone/,
    );
    const { program } = compile(wide, chip, { format: "int8" });
    expect(program.populations.some(({ kind }) => kind === "partial-sum")).toBe(true);
  });
});
