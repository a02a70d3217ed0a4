import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { type StepView, simulate } from "../../simulator/simulate.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { DenseStimulus } from "../../src/core/stimulus.ts";
import { createReference } from "../../src/models/reference/dense-executor.ts";
import type { ReferenceExecutor, StateArray } from "../../src/models/reference/executor.ts";
import { createQuantisedReference } from "../../src/models/reference/quantised-executor.ts";
import { areAllOnChip, convolutionalModel, mixedModel, mixedModels } from "../support/mixed-model.ts";
import { tinyChip } from "../support/tiny-chip.ts";

const STEPS = 8;

const chipWith = (accumulatorBits: 24 | 32): HardwareProfile => {
  const chip = tinyChip();
  return { ...chip, hash: `${chip.hash}-${accumulatorBits}`, pe: { ...chip.pe, accumulatorBits } };
};

/** Half of the components 0 in each step. */
function stimulusOf({ populations }: ModelIr, scale: number, seed: number): DenseStimulus {
  const random = randomNumbers(seed);
  const width = populations[0]!.size;
  const draw = () => (random() < 0.5 ? 0 : scale * (2 * random() - 1));
  const values = Float32Array.from({ length: width * STEPS }, draw);
  return { kind: "dense", width, values, origin: "seeded", synthetic: true };
}

/** −0 sends no event, and so comes out as 0. */
const plain = (values: ArrayLike<number>): number[] => Array.from(values, (value) => value + 0);

/** Runs a program freely beside a reference; every state, payload and synop must be equal. */
function expectEqualRuns<Values extends StateArray>(
  model: ModelIr,
  chip: HardwareProfile,
  options: CompileOptions,
  reference: ReferenceExecutor<Values>,
  stimulus: DenseStimulus,
  window: number | undefined,
): number {
  const { program } = compile(model, chip, options);
  const { width, values } = stimulus;
  let events = 0;
  let synops = 0;
  const observe = (step: number, view: StepView) => {
    const expected = reference.step(values.subarray(step * width, (step + 1) * width));
    for (const { name, h, y, events: sent } of expected.layers) {
      const { state, output } = view.population(name);
      expect(plain(state), `state of ${name} in step ${step}`).toEqual(plain(h));
      expect(plain(output), `y of ${name} in step ${step}`).toEqual(plain(y));
      expect([...view.events(name)], `events of ${name} in step ${step}`).toEqual([...sent]);
      events += sent.length;
    }
    const onChip = new Set(program.populations.slice(1).map(({ name }) => name));
    for (const [index, { target }] of reference.projections.entries())
      if (onChip.has(target)) synops += expected.synops[index]!;
  };
  const result = simulate(program, chip, stimulus, { window, observe });
  const own = result.projections.filter(({ bringsPartialSums }) => !bringsPartialSums);
  expect(own.reduce((sum, projection) => sum + projection.synops, 0)).toBe(synops);
  return events;
}

describe("models of all kinds", () => {
  const settings = fc.record({
    model: mixedModels,
    scale: fc.constantFrom(1, 9),
    format: fc.constantFrom("int8" as const, "int16" as const),
    scales: fc.constantFrom("row" as const, "matrix" as const, "power-of-two" as const),
    accumulatorBits: fc.constantFrom(24 as const, 32 as const),
    window: fc.constantFrom(undefined, 1, 3),
    order: fc.constantFrom("model" as const, "balanced" as const),
  });

  it("compute on the chip what the quantised reference computes, in every integer", () => {
    let events = 0;
    const property = fc.property(settings, ({ model: own, scale, window, order, ...quantisation }) => {
      const model = mixedModel(own);
      const reference = createQuantisedReference(model, quantisation, { window });
      const { format, scales, accumulatorBits } = quantisation;
      // Another order of saturating additions may give another sum.
      const kept = (own.weightScale ?? 1) > 2 ? "model" : order;
      events += expectEqualRuns(
        model,
        chipWith(accumulatorBits),
        { format, scales, order: kept },
        reference,
        stimulusOf(model, scale, own.seed),
        window,
      );
    });
    fc.assert(property, { numRuns: 150, seed: 1 });
    expect(events).toBeGreaterThan(1000);
  });

  it("compute on the chip what the dense reference computes, in every bit of float32", () => {
    const property = fc.property(settings, ({ model: own, scale, window }) => {
      // A Linear layer before them would run on the host, in float64.
      fc.pre(areAllOnChip(own));
      const model = mixedModel(own);
      const reference = createReference(model, { precision: "float32", window });
      const stimulus = stimulusOf(model, scale, own.seed);
      expectEqualRuns(model, chipWith(32), { order: "model" }, reference, stimulus, window);
    });
    fc.assert(property, { numRuns: 100, seed: 2 });
  });

  it.each([false, true])("convolve, pool and classify (spiking: %s)", (spiking) => {
    const model = convolutionalModel(5, spiking);
    const stimulus = stimulusOf(model, 1, 3);
    const roomy = chipWith(32);
    const quantisation = { format: "int8", scales: "row", accumulatorBits: 32 } as const;
    const integers = createQuantisedReference(model, quantisation);
    const floats = createReference(model, { precision: "float32" });
    const events = expectEqualRuns(model, roomy, { format: "int8" }, integers, stimulus, undefined);
    expect(events).toBeGreaterThan(20);
    // Layers before a spiking one run on the host in float64, so that their float32 sums differ in the last bit.
    if (!spiking) expectEqualRuns(model, roomy, { order: "model" }, floats, stimulus, undefined);
  });

  it("compute the same where a fan-in is divided, but for the rounding of partial sums", () => {
    const layers = [
      { kind: "lstm", size: 6 },
      { kind: "relu", size: 8 },
      { kind: "lif-reset", size: 5 },
    ] as const;
    const model = mixedModel({ inputs: 8, layers, seed: 3 });
    const stimulus = stimulusOf(model, 1, 4);
    const chip = chipWith(32);
    const outputs = (options: CompileOptions) => {
      const { program } = compile(model, chip, { format: "int16", ...options });
      const sent: number[] = [];
      simulate(program, chip, stimulus, {
        observe: (_, view) => sent.push(...view.population("layer0").output),
      });
      return { parts: program.populations.filter(({ partOf }) => partOf !== undefined).length, sent };
    };
    const [whole, divided] = [outputs({}), outputs({ partitionBy: "sources", parts: 2 })];
    expect([whole.parts, divided.parts]).toEqual([0, 3]);
    const apart = whole.sent.map((value, i) => Math.abs(value - divided.sent[i]!) / 2 ** 23);
    expect(Math.max(...apart)).toBeLessThan(1e-3);
  });
});
