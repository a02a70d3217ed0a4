import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../compiler/pipeline.ts";
import { neuroBenchMetrics } from "../../../simulator/metrics.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { UnsupportedError, UserError } from "../../../src/core/errors.ts";
import { sumOf } from "../../../src/core/counts.ts";
import { formatEventGraph, parseEventGraph } from "../../../src/core/event-graph-text.ts";
import { type ModelIr, sparseFromDense, type Population, verifyModel } from "../../../src/core/model-ir.ts";
import { NUMBER_FORMATS } from "../../../src/core/number-format.ts";
import { decodeProgram, encodeProgram } from "../../../src/core/program-codec.ts";
import { DRAM_ADDRESS, type Program } from "../../../src/core/program.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { pooling } from "../../../src/models/convolutions.ts";
import { summariseModel } from "../../../src/models/summary.ts";
import { tinyChip } from "../../support/tiny-chip.ts";

const chip = tinyChip();
const WIDTH = 6;

/** 1 × 1 × 6 maps, windows of 3 in steps of 2 with one place of padding in front, then whatever is given. */
function pooled(options: { silent?: boolean; before?: Population; after?: Population } = {}): ModelIr {
  const { silent = false, before, after } = options;
  const windows = pooling({ channels: 1, height: 1, width: WIDTH }, [1, 3], 1, {
    stride: [1, 2],
    padding: [0, 1, 0, 1],
  });
  if (typeof windows === "string") throw new Error(windows);
  const same = (size: number) => sparseFromDense(identity(size), size, size);
  const between = (source: string, target: string, weights: typeof windows | ReturnType<typeof same>) =>
    ({ source, target, delay: 0, weights }) as const;
  return verifyModel({
    version: 1,
    name: "pooled",
    metadata: {},
    populations: [
      { kind: "dense-input", name: "input", size: WIDTH, ...(silent && { silentZeros: true as const }) },
      ...(before ? [before] : []),
      { kind: "max-pool", name: "pool", size: windows.targets },
      ...(after ? [after] : []),
    ],
    projections: [
      ...(before ? [between("input", before.name, same(WIDTH))] : []),
      between(before?.name ?? "input", "pool", windows),
      ...(after ? [between("pool", after.name, same(windows.targets))] : []),
    ],
  });
}

const identity = (size: number) =>
  Float32Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));

const plain = (name: string, size: number): Population => ({
  kind: "linear",
  name,
  size,
  bias: new Float32Array(size),
});

const VALUES = [
  [-1, -2, -3, -0.5, -4, -5],
  [-1, 0, -3, -0.5, -4, -5],
  [0, 2, 0, 0, 0, -1],
  [0, 0, 0, 0, 0, 0],
];
/** Windows {0, 1}, {1, 2, 3}, {3, 4, 5}: nothing is compared with the padding. */
const LARGEST = [
  [-1, -0.5, -0.5],
  [0, 0, -0.5],
  [2, 2, 0],
  [0, 0, 0],
];

const stimulus: Stimulus = {
  kind: "dense",
  width: WIDTH,
  values: Float32Array.from(VALUES.flat()),
  origin: "by hand",
  synthetic: true,
};

/** What the population sends in each timestep, as values. */
function sent(
  model: ModelIr,
  options: CompileOptions,
  name = "pool",
  profile: HardwareProfile = chip,
): number[][] {
  const { program } = compile(model, profile, options);
  const { payloadFractionBits } = program.populations.find((own) => own.name === name)!;
  const steps: number[][] = [];
  simulate(program, profile, stimulus, {
    observe: (_, view) =>
      steps.push([...view.population(name).output].map((value) => value / 2 ** payloadFractionBits + 0)),
  });
  return steps;
}

describe("max pooling", () => {
  it.each(NUMBER_FORMATS)("takes silent sources as 0 and padding as nothing, in %s", (format) => {
    expect(sent(pooled(), { format }), "sources that always send").toEqual(LARGEST);
    expect(sent(pooled({ silent: true }), { format }), "zeros that are not sent").toEqual(LARGEST);
    const behind = pooled({ before: plain("before", WIDTH) });
    for (const [step, values] of sent(behind, { format }).entries())
      for (const [n, value] of values.entries()) expect(value).toBeCloseTo(LARGEST[step]![n]!, 4);
  });

  it("keeps the fraction bits of its source, and sends on in them", () => {
    const { program } = compile(pooled({ after: plain("after", 3) }), chip, { format: "int8" });
    expect(program.populations.map(({ payloadFractionBits }) => payloadFractionBits)).toEqual([20, 20, 16]);
    const before = { ...plain("before", WIDTH), kind: "linear", activation: "tanh" } as Population;
    const behind = compile(pooled({ before }), chip, { format: "int16" });
    expect(behind.program.populations.map(({ payloadFractionBits }) => payloadFractionBits)).toEqual([
      20, 23, 23,
    ]);
  });

  it("counts neither weights nor products, and what only hands values on is not dense", () => {
    const model = pooled({ after: plain("after", 3) });
    const { program } = compile(model, chip, { format: "float32" });
    // Windows of 2, 3 and 3 sources; then each value to one sum.
    const { denseWeights, storedWeights, denseByProjection } = program.manifest;
    expect([denseWeights, storedWeights]).toEqual([3, 3]);
    expect(denseByProjection).toEqual({ "input -> pool": 8, "pool -> after": 3 });
    const { denseMacs, effectiveMacs, recurrentSparsity } = summariseModel(model);
    expect([denseMacs.recurrent, effectiveMacs.recurrent, recurrentSparsity]).toEqual([3, 3, 0]);
    const result = simulate(program, chip, stimulus);
    expect(result.projections.map(({ isCompared }) => isCompared)).toEqual([true, undefined]);
    const { effectiveMacs: products, dense } = neuroBenchMetrics(result, program).synapticOperations;
    const sums = result.projections.find(({ target }) => target === "after")!;
    expect([products, dense]).toEqual([sums.synops / VALUES.length, 3]);
  });

  it("of spikes is whether there was one", () => {
    const each = (value: number) => new Float32Array(WIDTH).fill(value);
    const before: Population = {
      kind: "lif",
      name: "before",
      size: WIDTH,
      bias: each(0),
      currentDecay: each(0),
      gain: each(1),
      potentialDecay: each(0),
      leak: each(0),
      threshold: each(1),
    };
    for (const format of NUMBER_FORMATS)
      expect(sent(pooled({ before }), { format })).toEqual([
        [0, 0, 0],
        [0, 0, 0],
        [1, 1, 0],
        [0, 0, 0],
      ]);
  });

  it("is the same over several PEs, with rows in DRAM, in each form, and where other fan-ins are divided", () => {
    const { profile } = loadChip("spinnaker2");
    const model = pooled({ silent: true, after: plain("after", 3) });
    const ways: readonly CompileOptions[] = [
      { pes: 8 },
      { rows: "dram" },
      { rowForms: "dense" },
      { rowForms: "block" },
      { rowForms: "delta-csr" },
      { rowForms: "bitmap" },
      { partitionBy: "sources", parts: 2, pes: 8 },
    ];
    for (const options of ways)
      for (const format of NUMBER_FORMATS)
        expect(
          sent(model, { format, ...options }, "pool", profile),
          `${format} ${JSON.stringify(options)}`,
        ).toEqual(LARGEST);
    const { program } = compile(model, profile, { format: "int8", partitionBy: "sources", parts: 2, pes: 8 });
    expect(program.populations.filter(({ partOf }) => partOf).map(({ partOf }) => partOf)).toEqual(["after"]);
  });

  it("counts a comparison a synop, two words each, and an update of its own", () => {
    const { program } = compile(pooled({ silent: true }), chip);
    const { counts } = simulate(program, chip, stimulus);
    // Inputs 1, 3 and the others' events, by how many windows hold them.
    const windows = [1, 2, 1, 2, 1, 1];
    const synops = VALUES.flat().reduce((sum, value, i) => sum + (value === 0 ? 0 : windows[i % WIDTH]!), 0);
    expect(sumOf(counts.kernel.synop)).toBe(synops);
    expect(sumOf(counts.kernel.maxUpdate)).toBe(3 * VALUES.length);
    expect(sumOf(counts.sram.accumulatorsRead)).toBe(4 * 2 * (synops + 3 * VALUES.length));
  });

  it("stands in a program file, and in the text of its event graph", () => {
    const { program, graph } = compile(pooled(), chip, { format: "int8" });
    expect(decodeProgram(encodeProgram(program))).toEqual(program);
    const text = formatEventGraph(graph);
    expect(text).toContain("max-pool pool 3 payload 20\n  start -2147483648 -2147483648 -2147483648 2 3 3\n");
    expect(formatEventGraph(parseEventGraph(text))).toBe(text);
    const float = formatEventGraph(compile(pooled(), chip).graph);
    expect(formatEventGraph(parseEventGraph(float))).toBe(float);
  });
});

describe("max pooling refuses", () => {
  const refused = (run: () => unknown, message: string) => {
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
  };

  it("products on MAC arrays, and leaves it to rows where all are asked for", () => {
    const { profile } = loadChip("spinnaker2");
    const model = pooled({ after: plain("after", 3) });
    const mac = (choice: CompileOptions["mac"] & {}) => () =>
      compile(model, profile, { format: "int8", mac: choice });
    refused(mac(new Set(["input -> pool"])), "input -> pool is max pooling, which compares values");
    expect(mac("all")().program.manifest.options.mac).toBe("pool -> after");
  });

  it("codings that work events off bit by bit", () => {
    const run = () => compile(pooled(), chip, { format: "int8", coding: { kind: "bits", size: 4 } });
    expect(run).toThrow(UnsupportedError);
    refused(run, "the max pooling of pool compares whole values");
  });

  it.each<[string, (model: ModelIr) => ModelIr, string]>([
    [
      "a second projection",
      (m) => again(m, { delay: 0 }),
      "pool: max pooling takes one projection, without delay",
    ],
    ["a delay", (m) => changed(m, { delay: 1 }), "pool: max pooling takes one projection, without delay"],
    ["weights", (m) => weighted(m, 2), "input -> pool: holds the weight 2; max pooling has no weights but 1"],
    ["an empty window", (m) => weighted(m, 0), "input -> pool: the window of output 0 holds no source"],
  ])("%s in a model", (_, change, message) => {
    refused(() => verifyModel(change(pooled())), message);
  });

  it("a program whose rows hold other weights, or scale", () => {
    const { program } = compile(pooled(), chip, { format: "int8" });
    const run = (kind: string, value: number) => () =>
      simulate(withByte(program, kind, value), chip, stimulus);
    refused(run("weights", 2), "source block (input) of max pooling holds a weight other than 1");
    refused(run("scales", 3), "source block (input) of max pooling scales its payloads");
  });
});

const again = (model: ModelIr, fields: object): ModelIr => ({
  ...model,
  projections: [...model.projections, { ...model.projections[0]!, ...fields }],
});
const changed = (model: ModelIr, fields: object): ModelIr => ({
  ...model,
  projections: model.projections.map((projection) => ({ ...projection, ...fields })),
});
const weighted = (model: ModelIr, weight: number): ModelIr =>
  changed(model, {
    weights: { ...model.projections[0]!.weights, values: new Float32Array(3).fill(weight) },
  });

/** The first byte of a section overwritten. */
function withByte(program: Program, kind: string, value: number): Program {
  const pes = program.pes.map((pe) => {
    const { offset } = pe.sections.find((section) => section.kind === kind && section.offset < DRAM_ADDRESS)!;
    const image = pe.image.slice();
    image[offset - pe.imageOffset] = value;
    return { ...pe, image };
  });
  return { ...program, pes };
}
