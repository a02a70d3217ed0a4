import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROW_PLACES } from "../../compiler/partition/dram-rows.ts";
import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { simulate } from "../../simulator/simulate.ts";
import { modelProjectionName } from "../../src/core/event-graph.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { Stimulus } from "../../src/core/stimulus.ts";
import { createQuantisedReference } from "../../src/models/reference/quantised-executor.ts";
import { tinyChip, withForms } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../support/tiny-networks.ts";

const STEPS = 6;
const INPUTS = 5;
const ALL = ["input -> egru0", "egru0 -> egru0 (recurrent)", "egru0 -> egru1", "egru1 -> egru1 (recurrent)"];

function stimulusOf(seed: number, scale: number): Stimulus & { readonly values: Float32Array } {
  const random = randomNumbers(seed);
  const values = Float32Array.from({ length: INPUTS * STEPS }, () => scale * (2 * random() - 1));
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
}

const withBits = <P extends HardwareProfile>(chip: P, accumulatorBits: 24 | 32, arrayBits: 24 | 32): P => ({
  ...chip,
  hash: `${chip.hash} ${accumulatorBits} ${arrayBits}`,
  pe: { ...chip.pe, accumulatorBits, macArray: { ...chip.pe.macArray!, accumulatorBits: arrayBits } },
});

/** Runs a program beside the reference; every state, payload and synop must be equal. Returns events that were sent. */
function expectEqual(
  model: ModelIr,
  chip: HardwareProfile,
  options: CompileOptions & { readonly scales: "row" | "matrix" | "power-of-two" },
  stimulus: ReturnType<typeof stimulusOf>,
): number {
  const { format = "int8", scales, formats } = options;
  const { program, graph } = compile(model, chip, { ...options, format });
  const products = new Set(
    graph.projections
      .filter(({ onMacArray }) => onMacArray)
      .map((projection) => modelProjectionName(graph, projection)),
  );
  const { accumulatorBits } = chip.pe;
  const quantisation = { format, scales, accumulatorBits };
  const arrayAccumulatorBits = chip.pe.macArray!.accumulatorBits;
  const reference = createQuantisedReference(model, quantisation, {
    products,
    formats,
    arrayAccumulatorBits,
  });
  const synops = reference.projections.map(() => 0);
  let events = 0;
  const result = simulate(program, chip, stimulus, {
    observe: (step, view) => {
      const expected = reference.step(stimulus.values.subarray(step * INPUTS, (step + 1) * INPUTS));
      for (const { name, h, y } of expected.layers) {
        expect([...view.population(name).state], `h of ${name} in step ${step}`).toEqual([...h]);
        expect([...view.population(name).output], `y of ${name} in step ${step}`).toEqual([...y]);
        events += y.filter((payload) => payload !== 0).length;
      }
      for (const [index, count] of expected.synops.entries()) synops[index]! += count;
    },
  });
  for (const [index, { source, target, delay }] of reference.projections.entries()) {
    const own = result.projections.find(
      (other) => other.source === source && other.target === target && other.delay === delay,
    );
    expect(own?.synops, `synops of ${source} -> ${target}`).toBe(synops[index]);
  }
  return events;
}

describe("products on MAC arrays", () => {
  const settings = fc.record({
    chip: fc.constantFrom<HardwareProfile>(
      withForms(tinyChip()),
      withForms(tinyBoard()),
      withForms(tinyMulticast()),
      withForms(tinyUnicast()),
    ),
    rows: fc.constantFrom(...ROW_PLACES),
    mac: fc.subarray(ALL, { minLength: 1 }),
    format: fc.constantFrom("int8" as const, "int16" as const),
    scales: fc.constantFrom("row" as const, "matrix" as const, "power-of-two" as const),
    accumulatorBits: fc.constantFrom(24 as const, 32 as const),
    arrayBits: fc.constantFrom(24 as const, 32 as const),
    density: fc.constantFrom(0.1, 0.6, 1),
    weightScale: fc.constantFrom(0.5, 2, 60),
    inputScale: fc.constantFrom(0.001, 1.5, 9),
    seed: fc.nat(1000),
  });

  it("beside rows of any form computes what the reference computes, in every integer", () => {
    let events = 0;
    fc.assert(
      fc.property(settings, ({ chip, rows, mac, format, scales, accumulatorBits, arrayBits, ...own }) => {
        const { density, weightScale, seed } = own;
        const model = tinyModel({ inputs: INPUTS, layers: [14, 9], density, weightScale, seed });
        // In a program of int16 what is to be multiplied is int8 all the same.
        const formats = new Map(format === "int8" ? [] : mac.map((name) => [name, "int8" as const]));
        const options = { format, formats, scales, rows, mac: new Set(mac), order: "model" as const };
        const stimulus = stimulusOf(seed, own.inputScale);
        events += expectEqual(model, withBits(chip, accumulatorBits, arrayBits), options, stimulus);
      }),
      { numRuns: 150 },
    );
    expect(events).toBeGreaterThan(1000);
  });
});
