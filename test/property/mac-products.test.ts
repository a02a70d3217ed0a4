import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lower } from "../../compiler/lower/lower.ts";
import { AS_MATRIX } from "../../compiler/partition/choose-products.ts";
import { ROW_PLACES } from "../../compiler/partition/dram-rows.ts";
import { modelProjectionNames } from "../../src/core/event-graph.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { expectEqual, stimulusOf, withBits } from "../support/beside-reference.ts";
import { convolutionalModel, mixedModel, mixedModels } from "../support/mixed-model.ts";
import { tinyChip, withForms } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../support/tiny-networks.ts";

const INPUTS = 5;
const ALL = ["input -> egru0", "egru0 -> egru0 (recurrent)", "egru0 -> egru1", "egru1 -> egru1 (recurrent)"];

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
        const stimulus = stimulusOf(seed, own.inputScale, INPUTS);
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
          const maxima = own.layers.flatMap(({ kind }, i) => (kind === "max-pool" ? [`layer${i}`] : []));
          // Maxima are no products; a name ends in the population that it leads to.
          const names = modelProjectionNames(lower(model)).filter(
            (name) => !maxima.some((population) => name.endsWith(`-> ${population}`)),
          );
          fc.pre(names.length > 0);
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
    const names = modelProjectionNames(lower(model)).map((name) => name + AS_MATRIX);
    for (const rows of ["sram", "dram"] as const) {
      const options = { scales: "row", rows, mac: new Set(names), order: "model" } as const;
      expect(expectEqual(model, withBits(tinyChip(), 32, 24), options, stimulusOf(3, 1, 50))).toBeGreaterThan(
        20,
      );
    }
  });
});
