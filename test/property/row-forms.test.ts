import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROW_PLACES } from "../../compiler/partition/dram-rows.ts";
import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { ROW_FORM_CHOICES } from "../../compiler/storage/choose-row-forms.ts";
import { storageFacts } from "../../compiler/storage/storage-facts.ts";
import { simulate } from "../../simulator/simulate.ts";
import { ROW_ACTIONS } from "../../src/core/counts.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { Stimulus } from "../../src/core/stimulus.ts";
import { createQuantisedReference } from "../../src/models/reference/quantised-executor.ts";
import { tinyChip, withForms } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";

const STEPS = 6;
const INPUTS = 5;
const chip = withForms(tinyChip());

function stimulusOf(seed: number): Stimulus & { readonly values: Float32Array } {
  const random = randomNumbers(seed);
  const values = Float32Array.from({ length: INPUTS * STEPS }, () => 3 * random() - 1.5);
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
}

/** What each layer sends in each step, and the synops of each projection. */
function computed(model: ModelIr, options: CompileOptions, stimulus: Stimulus) {
  const { program } = compile(model, chip, { order: "model", ...options });
  const outputs: number[][] = [];
  const result = simulate(program, chip, stimulus, {
    observe: (_, view) => {
      for (const { name, kind } of program.populations)
        if (kind === "egru") outputs.push([...Array.from(view.population(name).output)]);
    },
  });
  return { outputs, synops: result.projections.map(({ synops }) => synops) };
}

const MIXED = new Map([["egru0 -> egru1", "int16" as const]]);

describe("the form of rows", () => {
  const choices = fc.record({
    rowForms: fc.constantFrom(...ROW_FORM_CHOICES),
    rows: fc.constantFrom(...ROW_PLACES),
    pes: fc.integer({ min: 2, max: 16 }),
  });
  const formats = fc.constantFrom<CompileOptions>(
    { format: "float32" },
    { format: "int16" },
    { format: "int8" },
    { format: "int8", formats: MIXED },
  );

  it("changes nothing of what is computed", () => {
    fc.assert(
      fc.property(
        choices,
        formats,
        fc.constantFrom(0.1, 0.5, 1),
        fc.nat(1000),
        (choice, format, density, seed) => {
          const model = tinyModel({ inputs: INPUTS, layers: [26, 9], density, seed });
          const stimulus = stimulusOf(seed);
          const expected = computed(model, { ...format, rowForms: "csr" }, stimulus);
          expect(computed(model, { ...format, ...choice }, stimulus)).toEqual(expected);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("computes what the reference computes, in every integer", () => {
    const model = tinyModel({ inputs: INPUTS, layers: [26, 9], density: 0.4, seed: 5 });
    const stimulus = stimulusOf(5);
    const reference = createQuantisedReference(model, {
      format: "int8",
      scales: "row",
      accumulatorBits: chip.pe.accumulatorBits,
    });
    const expected = Array.from({ length: STEPS }, (_, step) =>
      reference
        .step(stimulus.values.subarray(step * INPUTS, (step + 1) * INPUTS))
        .layers.map(({ y }) => [...y]),
    ).flat();
    for (const rowForms of ROW_FORM_CHOICES)
      expect(computed(model, { format: "int8", rowForms }, stimulus).outputs).toEqual(expected);
  });

  it("costs the cycles that were expected of the events that came", () => {
    const model = tinyModel({ inputs: INPUTS, layers: [26], density: 0.4, seed: 5 });
    const stimulus = stimulusOf(5);
    const events = new Float64Array(26);
    simulate(compile(model, chip, { order: "model" }).program, chip, stimulus, {
      observe: (step, view) => {
        // Events of the last step meet their rows in the step after it.
        if (step === STEPS - 1) return;
        for (const [neuron, payload] of view.population("egru0").output.entries())
          if (payload !== 0) events[neuron]! += 1 / STEPS;
      },
    });
    const activity = new Map([["egru0", events]]);
    for (const rowForms of ROW_FORM_CHOICES) {
      const compilation = compile(model, chip, { order: "model", rowForms, activity, pes: 5 });
      const { counts } = simulate(compilation.program, chip, stimulus);
      const counted = counts.rows.flatMap(({ form, weightFormat, actions }) =>
        ROW_ACTIONS.map((action) => actions[action] * chip.pe.rowForms[weightFormat]![form]![action]),
      );
      const expected = storageFacts(compilation, chip).reduce((sum, { cycles }) => sum + cycles, 0);
      expect(counted.reduce((a, b) => a + b)).toBeCloseTo(STEPS * expected, 6);
    }
  });
});
