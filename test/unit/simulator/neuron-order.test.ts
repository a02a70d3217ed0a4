import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../compiler/pipeline.ts";
import { createSimulation, type StepView } from "../../../simulator/simulate.ts";
import { startEventRaster } from "../../../src/report/event-raster.ts";
import type { Program } from "../../../src/core/program.ts";
import { decodeProgram, encodeProgram } from "../../../src/core/program-codec.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const STEPS = 12;
const chip = tinyChip();
const model = tinyModel({ inputs: 15, layers: [22, 14, 15], vocabulary: 30, density: 0.6, weightScale: 0.3 });
const stimulus: Stimulus = {
  kind: "tokens",
  ids: Uint32Array.from({ length: STEPS }, (_, i) => (7 * i) % 30),
  targets: Uint32Array.from({ length: STEPS }, (_, i) => (11 * i) % 30),
  origin: "counted",
  synthetic: true,
};

/** Whatever is told of a run by neuron. */
function told(options: CompileOptions) {
  const { program } = compile(model, chip, options);
  const simulation = createSimulation(decodeProgram(encodeProgram(program)), chip, stimulus);
  const raster = rasterOf(program);
  const steps = Array.from({ length: STEPS }, (_, step) => {
    const view = simulation.step();
    raster.record(step, view);
    return {
      populations: program.populations.map(({ name }) => ({
        ...view.population(name),
        events: view.events(name),
      })),
      logits: view.logits!,
    };
  });
  const { evaluation, counts } = simulation.result();
  return { program, steps, evaluation, saturations: counts.saturations, raster: raster.bytes() };
}

function rasterOf(program: Program) {
  const parts: Uint8Array[] = [];
  const run = {
    program,
    stepIs: "token",
    steps: STEPS,
    streams: 1,
    input: "counted",
    writtenBy: "test",
  } as const;
  const raster = startEventRaster(run, (bytes) => parts.push(bytes.slice()));
  return {
    record: (step: number, view: StepView) => raster.record(step, view),
    bytes() {
      raster.finish();
      return parts.flatMap((bytes) => [...bytes]);
    },
  };
}

describe.each(["int8", "int16"] as const)("neurons in another order, %s", (format) => {
  it("changes nothing of what is told: states, events, raster, logits, score", () => {
    const plain = told({ format, order: "model" });
    const { program, ...balanced } = told({ format, order: "balanced" });
    expect(program.populations.slice(1).every(({ order }) => order !== undefined)).toBe(true);
    expect(plain.saturations.accumulator).toBe(0);
    const { program: _, ...expected } = plain;
    expect(balanced).toEqual(expected);
    expect(plain.steps.some(({ populations }) => populations[1]!.events.length > 0)).toBe(true);
  });

  it("changes nothing with the decoder on the chip", () => {
    const plain = told({ format, order: "model", decoder: "chip" });
    const balanced = told({ format, order: "balanced", decoder: "chip" });
    expect(balanced.steps).toEqual(plain.steps);
    expect(balanced.evaluation).toEqual(plain.evaluation);
    expect(balanced.program.chipDecoder!.weights).not.toEqual(plain.program.chipDecoder!.weights);
  });
});

it("leaves the host's matrices as they are, which share storage with the embedding", () => {
  const { program } = compile(model, chip, { order: "balanced" });
  const [embedding, decoder] = [program.host.encoder[0]!, program.host.decoder[0]!];
  if (embedding.kind !== "embedding" || decoder.kind !== "linear") throw new Error("unexpected stages");
  expect(decoder.weights.buffer).toBe(embedding.table.buffer);
});

it("rounds float32 sums otherwise, and no more than that", () => {
  const [plain, balanced] = (["model", "balanced"] as const).map((order) => told({ order }).steps);
  for (const [step, { populations, logits }] of plain!.entries()) {
    for (const [index, { state }] of populations.entries()) {
      for (const [neuron, value] of state.entries())
        expect(balanced![step]!.populations[index]!.state[neuron]).toBeCloseTo(value, 4);
    }
    for (const [output, value] of logits.entries())
      expect(balanced![step]!.logits[output]).toBeCloseTo(value, 3);
  }
});

it("takes a state in the model's numbering, and gives it back", () => {
  const { program } = compile(model, chip, { order: "balanced" });
  const simulation = createSimulation(program, chip, stimulus);
  const state = Float32Array.from({ length: 22 }, (_, i) => i / 100);
  const output = Float32Array.from({ length: 22 }, (_, i) => (i % 3 === 0 ? i / 10 : 0));
  simulation.setState("egru0", { state, output });
  expect(simulation.state("egru0")).toEqual({ state, output });
});
