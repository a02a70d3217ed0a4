import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../../compiler/pipeline.ts";
import { storageFacts } from "../../../compiler/storage/storage-facts.ts";
import { verifyCompiled } from "../../../compiler/verify/verify.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { replayedTimeOf, timeOf } from "../../../simulator/time-of.ts";
import { sumOf } from "../../../src/core/counts.ts";
import { formatEventGraph, parseEventGraph } from "../../../src/core/event-graph-text.ts";
import { productCycles } from "../../../src/core/mac-product.ts";
import { verifyModel } from "../../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { PeProgram, Program, SourceBlock } from "../../../src/core/program.ts";
import { decodeProgram, encodeProgram } from "../../../src/core/program-codec.ts";
import { formatProgram } from "../../../src/core/program-text.ts";
import { macBufferBytes } from "../../../src/core/row-form.ts";
import type { DenseStimulus } from "../../../src/core/stimulus.ts";
import { cycles } from "../../../src/core/units.ts";
import { convolution } from "../../../src/models/convolutions.ts";
import { tinyChip, withForms } from "../../support/tiny-chip.ts";

const STEPS = 3;
const chip = withForms(tinyChip());
const array = chip.pe.macArray!;
const point = chip.operatingPoints[0]!;
const maps = { channels: 2, height: 6, width: 5 };
const KERNEL = 4 * 2 * 3 * 3;

/** 3 × 3 with a zero around the maps, 2 → 4 channels, or in groups of 1 → 2. */
function modelOf(groups = 1) {
  const values = Float32Array.from({ length: KERNEL / groups }, (_, at) => Math.sin(1 + at));
  const own = convolution(maps, { values, shape: [4, 2 / groups, 3, 3] }, { padding: [1, 1, 1, 1], groups });
  if (typeof own === "string") throw new Error(own);
  return verifyModel({
    version: 1,
    name: "convolution",
    metadata: {},
    populations: [
      { kind: "dense-input", name: "input", size: 60, silentZeros: true },
      { kind: "linear", name: "maps", size: 120, bias: new Float32Array(120), activation: "relu" },
    ],
    projections: [{ source: "input", target: "maps", delay: 0, weights: own }],
  });
}

const stimulus: DenseStimulus = {
  kind: "dense",
  width: 60,
  values: Float32Array.from({ length: 60 * STEPS }, (_, at) => (at % 3 === 0 ? 0 : Math.cos(at))),
  origin: "a cosine",
  synthetic: true,
};

const compiled = (options: CompileOptions = {}, profile: HardwareProfile = chip, groups = 1) =>
  compile(modelOf(groups), profile, { format: "int8", rows: "sram", mac: "all", ...options });

describe("what a kernel costs", () => {
  it("its values once a PE, and a product of so many vectors as there are places, in both", () => {
    const { program } = compiled({ pes: 3 });
    const { counts, macArrayCycles, busyCycles, populations } = simulate(program, chip, stimulus);
    expect(program.pes.map(({ neurons }) => neurons)).toEqual([40, 40, 40]);
    const events = populations[0]!.events;
    for (const [slice, { pe, neurons, sections }] of program.pes.entries()) {
      const bytesOf = (name: string) => sections.find(({ kind }) => kind === name)!.bytes;
      // Two rows of maps see four of the input, at its ends three.
      const operands = 2 * 5 * (slice === 1 ? 4 : 3);
      expect([bytesOf("weights"), bytesOf("row-pointers")]).toEqual([KERNEL, 84]);
      expect(bytesOf("mac-buffer")).toBe(macBufferBytes(operands, neurons, 0));
      const product = productCycles(array, { vectors: 10, inputs: 18, outputs: 4 });
      expect(macArrayCycles[pe]).toBe(STEPS * product);
      expect(counts.macArray.mac[pe]).toBe(STEPS * 10 * KERNEL);
      expect(counts.sram.weightsRead[pe]).toBe(STEPS * KERNEL * Math.ceil(10 / 4));
      const noted = counts.kernel.macOperand[pe]!;
      expect(noted + counts.kernel.macMagnitude[pe]!).toBe(events);
      // Rows of the input outside send nothing that is noted.
      const own = inputRows(slice === 0 ? 0 : 2 * slice - 1, slice === 2 ? 6 : 2 * slice + 3);
      expect(noted).toBe(own);
      const { macOperand, macMagnitude, macResult } = array.kernel!;
      const {
        timestep,
        packetReceive,
        rowLookup,
        activationUpdate: _,
        linearUpdate,
        eventSend,
      } = chip.pe.kernels.int8!;
      expect(busyCycles[pe]).toBe(
        STEPS * (timestep + neurons * (linearUpdate + macResult)) +
          events * (packetReceive + rowLookup) +
          noted * macOperand +
          (events - noted) * macMagnitude +
          counts.kernel.eventSend[pe]! * eventSend,
      );
    }
  });

  /** Events of the input's rows of maps from `first` up to `end`, of all steps. */
  function inputRows(first: number, end: number): number {
    let events = 0;
    for (let at = 0; at < stimulus.values.length; at += 1) {
      const y = Math.floor((at % 60) / 5) % 6;
      if (stimulus.values[at] !== 0 && y >= first && y < end) events += 1;
    }
    return events;
  }

  it("for each group a product of its own", () => {
    const { program } = compiled({ pes: 1 }, chip, 2);
    const { macArrayCycles, counts } = simulate(program, chip, stimulus);
    const { pe } = program.pes[0]!;
    const product = productCycles(array, { vectors: 30, inputs: 9, outputs: 2 });
    expect(macArrayCycles[pe]).toBe(STEPS * 2 * product);
    expect(counts.macArray.mac[pe]).toBe((STEPS * 30 * KERNEL) / 2);
  });

  it("the cycles that the compiler expected of the events that came", () => {
    const events = new Float64Array(60);
    for (const [at, value] of stimulus.values.entries()) if (value !== 0) events[at % 60]! += 1 / STEPS;
    const compilation = compiled({ activity: new Map([["input", events]]) });
    const { counts, macArrayCycles } = simulate(compilation.program, chip, stimulus);
    const { macOperand, macMagnitude, macResult } = array.kernel!;
    const counted =
      sumOf(macArrayCycles) +
      macOperand * sumOf(counts.kernel.macOperand) +
      macMagnitude * sumOf(counts.kernel.macMagnitude) +
      macResult * sumOf(counts.kernel.macResult);
    const [facts] = storageFacts(compilation, chip);
    expect(counted).toBeCloseTo(STEPS * facts!.cycles, 6);
    expect(facts!.forms.at(-1)).toMatchObject({
      form: "mac-convolution",
      pes: compilation.program.pes.length,
    });
  });

  it("in both fidelities the array's time, an operand's where it is one, else a magnitude's", () => {
    const withKernel = (changes: Partial<Record<"macOperand" | "macMagnitude" | "setup", number>>) => {
      const { setup = array.setupCycles, ...own } = changes;
      const kernel = { ...array.kernel!, ...own } as NonNullable<typeof array.kernel>;
      const macArray = { ...array, setupCycles: cycles(setup), kernel };
      return { ...chip, hash: `${chip.hash} ${JSON.stringify(changes)}`, pe: { ...chip.pe, macArray } };
    };
    const of = (profile: HardwareProfile) => {
      const { program } = compiled({ pes: 3 }, profile);
      const request = { point };
      const result = simulate(program, profile, stimulus, { replays: [request] });
      return {
        result,
        fast: timeOf(result, profile, point, "sequential").total,
        detailed: replayedTimeOf(result, profile, request).total,
      };
    };
    const plain = of(chip);
    const slower = of(withKernel({ setup: array.setupCycles + 1000 }));
    const [noted, passed] = [
      of(withKernel({ macOperand: array.kernel!.macOperand + 500 })),
      of(withKernel({ macMagnitude: array.kernel!.macMagnitude + 500 })),
    ];
    for (const fidelity of ["fast", "detailed"] as const) {
      expect(slower[fidelity] - plain[fidelity], fidelity).toBeCloseTo((STEPS * 1000) / point.peClock, 9);
      expect(noted[fidelity], fidelity).toBeGreaterThan(plain[fidelity]);
      expect(passed[fidelity], fidelity).toBeGreaterThan(plain[fidelity]);
    }
  });

  it("from DRAM: its kernel once a timestep and PE, in whole bursts", () => {
    const { program, remarks } = compiled({ pes: 3, rows: "dram" });
    const request = { point };
    const result = simulate(program, chip, stimulus, { replays: [request] });
    const { burstBytes, bandwidth, latency } = chip.dram!;
    const bytes = 3 * burstBytes * Math.ceil(KERNEL / burstBytes);
    expect(program.pes.every(({ sources }) => sources[0]!.inDram)).toBe(true);
    expect(result.counts.dram.byteRead).toBe(STEPS * bytes);
    expect(replayedTimeOf(result, chip, request).total).toBeGreaterThan(
      STEPS * (bytes / bandwidth + latency),
    );
    expect(remarks).toContain(
      "input -> maps: 3 copies of a kernel of 72 bytes are streamed from DRAM in each timestep",
    );
  });
});

describe("a program with a kernel", () => {
  const { program, graph } = compiled({ pes: 3 });

  it("reads back from its file, and the graph from its text", () => {
    expect(decodeProgram(encodeProgram(program))).toEqual(program);
    const text = formatEventGraph(graph);
    expect(text).toContain(
      "on mac-array input 2x6x5/2 output 4x6x5/4 kernel 3x3 stride 1x1 dilation 1x1 padding 1x1 groups 1",
    );
    expect(parseEventGraph(text)).toEqual(graph);
  });

  it("is told as text, its rows unrolled", () => {
    const text = formatProgram(program, { rows: true });
    expect(text).toContain("mac-convolution int8 with a kernel of 72 values, 2x6x5/2 to 4x6x5/4, kernel 3x3");
    const of = (own: Program) =>
      formatProgram(own, { rows: true })
        .split("\n")
        .filter((line) => /^ {4}\d+: /.test(line));
    const asMatrix = compiled({ pes: 3, mac: new Set(["input -> maps=matrix"]), order: "model" });
    const count = (lines: readonly string[]) => lines.join(" ").split("*").length;
    expect(count(of(program))).toBe(count(of(asMatrix.program)));
  });

  const changed = (change: (source: SourceBlock, pe: PeProgram) => Partial<SourceBlock>): Program => ({
    ...program,
    pes: program.pes.map((pe) => ({
      ...pe,
      sources: pe.sources.map((own) => ({ ...own, ...change(own, pe) })),
    })),
  });
  const shape = program.pes[0]!.sources[0]!.convolution!;
  const without = ({ convolution: _, ...source }: SourceBlock): SourceBlock => source;

  it.each([
    [
      { stride: [0, 1] as const },
      'the convolution of source "input": its sizes, strides, dilations and groups are not all whole numbers',
    ],
    [{ stride: [1] as never }, 'the convolution of source "input" is not whole'],
    [{ groups: 3 }, "its groups do not divide its channels"],
    [{ output: { ...shape.output, together: 3 } }, "its blocks do not divide its channels"],
    [{ input: { ...shape.input, height: 2 ** 30 } }, "reads other maps than its source's 60 neurons"],
    [{ output: { ...shape.output, channels: 8 } }, "ends in other maps than its 120 targets"],
    [
      { output: { channels: 4, height: 2, width: 15, together: 4 } },
      "its neurons are no whole rows of the maps",
    ],
    [{ kernel: [3, 4] as const }, 'the convolution of source "input" has a kernel of 72 values'],
    [{ padding: [-1, 1] as const }, "its padding is not a whole number"],
  ])("is refused where its shape contradicts the rest: %o", (change, problem) => {
    const wrong = changed(() => ({ convolution: { ...shape, ...change } }));
    expect(() => simulate(wrong, chip, stimulus)).toThrow(problem);
  });

  it("is refused without its shape, and another form with one", () => {
    const bare = { ...program, pes: program.pes.map((pe) => ({ ...pe, sources: pe.sources.map(without) })) };
    expect(() => simulate(bare, chip, stimulus)).toThrow(
      'mac-convolution rows of source "input" without a convolution',
    );
    expect(() =>
      simulate(
        changed(() => ({ form: "dense", slots: 600 })),
        chip,
        stimulus,
      ),
    ).toThrow("with a convolution");
  });

  it("is refused where the image's words or weights are others", () => {
    const wordAt = (pe: PeProgram) =>
      pe.sections.find(({ kind }) => kind === "row-pointers")!.offset - pe.imageOffset;
    const weightAt = (pe: PeProgram) =>
      pe.sections.find(({ kind }) => kind === "weights")!.offset - pe.imageOffset;
    const touched = (at: (pe: PeProgram) => number, value: number): Program => ({
      ...program,
      pes: program.pes.map((pe, index) => {
        if (index > 0) return pe;
        const image = pe.image.slice();
        image[at(pe)] = value;
        return { ...pe, image };
      }),
    });
    expect(() => simulate(touched(wordAt, 77), chip, stimulus)).toThrow(
      "word 0 beside its kernel is 77, but the program says 2",
    );
    expect(() => verifyCompiled(touched(wordAt, 77), chip, graph)).toThrow("word 0 beside the kernel");
    expect(() => simulate(touched(weightAt, 0), chip, stimulus)).toThrow("weights that are not zero");
    const other = program.pes[0]!.image[weightAt(program.pes[0]!)] === 5 ? 6 : 5;
    expect(() => verifyCompiled(touched(weightAt, other), chip, graph)).toThrow("has another weight");
  });
});
