import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lower } from "../../compiler/lower/lower.ts";
import { ROW_PLACES } from "../../compiler/partition/dram-rows.ts";
import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { simulate } from "../../simulator/simulate.ts";
import { modelProjectionName, modelProjectionNames } from "../../src/core/event-graph.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { DenseStimulus } from "../../src/core/stimulus.ts";
import { createQuantisedReference } from "../../src/models/reference/quantised-executor.ts";
import { convolutionalModel, mixedModel, mixedModels } from "../support/mixed-model.ts";
import { tinyChip, withForms } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../support/tiny-networks.ts";

const STEPS = 6;
const INPUTS = 5;
const ALL = ["input -> egru0", "egru0 -> egru0 (recurrent)", "egru0 -> egru1", "egru1 -> egru1 (recurrent)"];

/** @param silent Share of components that are 0. */
function stimulusOf(seed: number, scale: number, width = INPUTS, silent = 0): DenseStimulus {
  const random = randomNumbers(seed);
  const values = Float32Array.from({ length: width * STEPS }, () =>
    random() < silent ? 0 : scale * (2 * random() - 1),
  );
  return { kind: "dense", width, values, origin: "seeded", synthetic: true };
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
  stimulus: DenseStimulus,
  window?: number,
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
    window,
  });
  const { width, values } = stimulus;
  const synops = reference.projections.map(() => 0);
  let events = 0;
  const result = simulate(program, chip, stimulus, {
    window,
    observe: (step, view) => {
      const expected = reference.step(values.subarray(step * width, (step + 1) * width));
      for (const { name, h, y } of expected.layers) {
        expect([...view.population(name).state], `h of ${name} in step ${step}`).toEqual([...h]);
        expect([...view.population(name).output], `y of ${name} in step ${step}`).toEqual([...y]);
        events += y.filter((payload) => payload !== 0).length;
      }
      for (const [index, count] of expected.synops.entries()) synops[index]! += count;
    },
  });
  const onChip = new Set(program.populations.slice(1).map(({ name }) => name));
  for (const [index, { source, target, delay }] of reference.projections.entries()) {
    if (!onChip.has(target)) continue;
    const own = result.projections.find(
      (other) => other.source === source && other.target === target && other.delay === delay,
    );
    expect(own?.synops, `synops of ${source} -> ${target}`).toBe(synops[index]);
  }
  return events;
}

describe("products on MAC arrays", () => {
  const chips = {
    chip: fc.constantFrom<HardwareProfile>(
      withForms(tinyChip()),
      withForms(tinyBoard()),
      withForms(tinyMulticast()),
      withForms(tinyUnicast()),
    ),
    rows: fc.constantFrom(...ROW_PLACES),
    scales: fc.constantFrom("row" as const, "matrix" as const, "power-of-two" as const),
    accumulatorBits: fc.constantFrom(24 as const, 32 as const),
    arrayBits: fc.constantFrom(24 as const, 32 as const),
  };
  const settings = fc.record({
    ...chips,
    mac: fc.subarray(ALL, { minLength: 1 }),
    format: fc.constantFrom("int8" as const, "int16" as const),
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

  it.each([undefined, 1, 3])(
    "of all kinds of layers compute what the reference computes (window: %s)",
    (window) => {
      let events = 0;
      const mixed = fc.record({
        ...chips,
        model: mixedModels,
        /** Which of them, by a bit each; all and the fastest where absent. */
        mask: fc.option(fc.integer({ min: 1, max: 127 })),
        choice: fc.constantFrom("all" as const, "auto" as const),
        inputScale: fc.constantFrom(0.001, 1, 9),
      });
      fc.assert(
        fc.property(mixed, ({ chip, rows, model: own, mask, choice, scales, inputScale, ...bits }) => {
          const model = mixedModel(own);
          const names = modelProjectionNames(lower(model));
          const mac = mask === null ? choice : new Set(names.filter((_, bit) => (mask >> bit) % 2 === 1));
          events += expectEqual(
            model,
            withBits(chip, bits.accumulatorBits, bits.arrayBits),
            { scales, rows, mac, order: "model" },
            stimulusOf(own.seed, inputScale, model.populations[0]!.size, 0.5),
            window,
          );
        }),
        { numRuns: 100 },
      );
      expect(events).toBeGreaterThan(1000);
    },
  );

  it.each([false, true])("of convolutions compute what the reference computes (spiking: %s)", (spiking) => {
    const model = convolutionalModel(5, spiking);
    for (const rows of ["sram", "dram"] as const) {
      const options = { scales: "row", rows, mac: "all", order: "model" } as const;
      expect(expectEqual(model, withBits(tinyChip(), 32, 24), options, stimulusOf(3, 1, 50))).toBeGreaterThan(
        20,
      );
    }
  });
});
