import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { createSimulation, type StepView, simulate } from "../../../simulator/simulate.ts";
import type { ModelIr } from "../../../src/core/model-ir.ts";
import type { Quantisation } from "../../../src/core/number-format.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { Stimulus, TokenStimulus } from "../../../src/core/stimulus.ts";
import { createReference } from "../../../src/models/reference/dense-executor.ts";
import { negativeLogLikelihood } from "../../../src/models/reference/evaluate.ts";
import type { ReferenceExecutor, StateArray } from "../../../src/models/reference/executor.ts";
import { createQuantisedReference } from "../../../src/models/reference/quantised-executor.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const chipWith = (accumulatorBits: 24 | 32): HardwareProfile => {
  const chip = tinyChip();
  return { ...chip, hash: `${chip.hash}-${accumulatorBits}`, pe: { ...chip.pe, accumulatorBits } };
};

function vectors(width: number, steps: number, scale: number, seed = 11): Stimulus {
  const random = randomNumbers(seed);
  const values = Float32Array.from({ length: width * steps }, () => scale * (2 * random() - 1));
  return { kind: "dense", width, values, origin: "seeded", synthetic: true };
}

function tokens(vocabulary: number, steps: number): TokenStimulus {
  const random = randomNumbers(3);
  const draw = () => Uint32Array.from({ length: steps }, () => Math.floor(random() * vocabulary));
  return { kind: "tokens", ids: draw(), targets: draw(), origin: "seeded", synthetic: true };
}

const inputAt = (stimulus: Stimulus, step: number): number | Float32Array =>
  stimulus.kind === "tokens"
    ? stimulus.ids[step]!
    : stimulus.values.subarray(step * stimulus.width, (step + 1) * stimulus.width);

/** Runs a program freely beside a reference; every state, payload and synop must be equal. */
function expectEqualRuns<Values extends StateArray>(
  program: ReturnType<typeof compile>["program"],
  chip: HardwareProfile,
  stimulus: Stimulus,
  reference: ReferenceExecutor<Values>,
  window?: number,
): number {
  const synops = reference.projections.map(() => 0);
  let events = 0;
  const observe = (step: number, view: StepView) => {
    const expected = reference.step(inputAt(stimulus, step));
    for (const { name, h, y } of expected.layers) {
      const { state, output } = view.population(name);
      expect([...state], `h of ${name} in step ${step}`).toEqual([...h]);
      expect([...output], `y of ${name} in step ${step}`).toEqual([...y]);
    }
    for (const [index, count] of expected.synops.entries()) synops[index]! += count;
    events += expected.layers.reduce((sum, layer) => sum + layer.events.length, 0);
  };
  const result = simulate(program, chip, stimulus, { window, observe });
  for (const { source, target, delay, synops: counted } of result.projections) {
    const index = reference.projections.findIndex(
      (other) => other.source === source && other.target === target && other.delay === delay,
    );
    expect(counted, `synops of ${source} -> ${target}`).toBe(synops[index]);
  }
  return events;
}

describe("a compiled program and the quantised reference", () => {
  const settings = fc.record({
    model: fc.record({
      inputs: fc.integer({ min: 1, max: 5 }),
      layers: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      density: fc.constantFrom(0.1, 0.5, 1),
      weightScale: fc.constantFrom(0.5, 2, 60),
      seed: fc.nat(1000),
    }),
    inputScale: fc.constantFrom(1, 9),
    format: fc.constantFrom("int8" as const, "int16" as const),
    scales: fc.constantFrom("row" as const, "matrix" as const),
    accumulatorBits: fc.constantFrom(24 as const, 32 as const),
    window: fc.constantFrom(undefined, 1, 3),
  });

  it("agree in every integer", () => {
    let events = 0;
    const property = fc.property(settings, ({ model: options, format, scales, accumulatorBits, ...rest }) => {
      const model = tinyModel(options);
      const chip = chipWith(accumulatorBits);
      const { program } = compile(model, chip, { format, scales });
      const quantisation: Quantisation = { format, scales, accumulatorBits };
      const { window } = rest;
      const reference = createQuantisedReference(model, quantisation, { window });
      const stimulus = vectors(options.inputs, 8, rest.inputScale);
      events += expectEqualRuns(program, chip, stimulus, reference, window);
    });
    fc.assert(property, { numRuns: 120, seed: 1 });
    expect(events).toBeGreaterThan(1000);
  });

  it("agree in logits and likelihood, with the decoder on the host and on the chip", () => {
    const model = tinyModel({ inputs: 6, layers: [10, 6], vocabulary: 12, seed: 4 });
    const chip = chipWith(24);
    const stimulus = tokens(12, 30);
    for (const decoder of ["host", "chip"] as const) {
      for (const format of ["int8", "int16"] as const) {
        const { program } = compile(model, chip, { format, decoder });
        const reference = createQuantisedReference(
          model,
          { format, scales: "row", accumulatorBits: 24 },
          { chipDecoder: decoder === "chip", arrayAccumulatorBits: 24 },
        );
        let loss = 0;
        const losses: number[] = [];
        const result = simulate(program, chip, stimulus, {
          observe(step, { logits }) {
            const { output } = reference.step(stimulus.ids[step]!);
            expect([...logits!], `${format} ${decoder} ${step}`).toEqual([...output]);
            losses.push(negativeLogLikelihood(output, stimulus.targets![step]!));
            loss += losses.at(-1)!;
          },
        });
        expect(result.evaluation).toMatchObject({
          tokens: 30,
          negativeLogLikelihood: loss,
          perplexity: Math.exp(loss / 30),
        });
        // Two implementations, whose last bits may differ.
        const apart = result.evaluation!.losses.map((value, token) => Math.abs(value - losses[token]!));
        expect(Math.max(...apart)).toBeLessThan(1e-12);
      }
    }
  });
});

describe("a compiled float32 program and the dense reference", () => {
  const model: ModelIr = tinyModel({ inputs: 6, layers: [20, 15, 6], vocabulary: 12, seed: 9 });
  const chip = chipWith(32);
  // In another order sums of float32 are rounded otherwise.
  const { program } = compile(model, chip, { order: "model" });

  it.each([undefined, 4])("agree in every bit when both run freely (window %s)", (window) => {
    const reference = createReference(model, { precision: "float32", window });
    expect(expectEqualRuns(program, chip, tokens(12, 40), reference, window)).toBeGreaterThan(100);
  });

  it("agree within 1e-5 with float64 when each step starts from the reference's state", () => {
    const stimulus = tokens(12, 40);
    const reference = createReference(model, { precision: "float64" });
    const simulation = createSimulation(program, chip, stimulus);
    let largest = 0;
    for (let step = 0; step < 40; step += 1) {
      for (const [layer, name] of reference.layers.entries()) {
        const { h, y } = reference.state(layer);
        simulation.setState(name, { state: h, output: y });
      }
      const expected = reference.step(stimulus.ids[step]!);
      const view = simulation.step();
      for (const { name, h, y } of expected.layers) {
        const { state, output } = view.population(name);
        for (const [n, value] of state.entries()) largest = Math.max(largest, Math.abs(value - h[n]!));
        for (const [n, value] of output.entries()) largest = Math.max(largest, Math.abs(value - y[n]!));
      }
    }
    expect(largest).toBeLessThan(1e-5);
    expect(largest, "float32 is not float64").toBeGreaterThan(0);
  });
});
