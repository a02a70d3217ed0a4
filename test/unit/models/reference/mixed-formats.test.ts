import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { simulate } from "../../../../simulator/simulate.ts";
import { projectionName } from "../../../../src/core/event-graph.ts";
import type { IntegerFormat, Quantisation } from "../../../../src/core/number-format.ts";
import { randomNumbers } from "../../../../src/core/random.ts";
import type { DenseStimulus } from "../../../../src/core/stimulus.ts";
import { createQuantisedReference } from "../../../../src/models/reference/quantised-executor.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

function vectors(width: number, steps: number, scale: number): DenseStimulus {
  const random = randomNumbers(11);
  const values = Float32Array.from({ length: width * steps }, () => scale * (2 * random() - 1));
  return { kind: "dense", width, values, origin: "seeded", synthetic: true };
}

/** What a program on the chip computes, held against the reference that shares no code with compiler and simulator. */
describe("programs of several integer formats and power-of-two scales", () => {
  const settings = fc.record({
    layers: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    weightScale: fc.constantFrom(0.5, 2, 60),
    seed: fc.nat(1000),
    inputScale: fc.constantFrom(1, 9),
    format: fc.constantFrom<IntegerFormat>("int8", "int16"),
    scales: fc.constantFrom(...(["row", "matrix", "power-of-two"] as const)),
    accumulatorBits: fc.constantFrom(24 as const, 32 as const),
    /** For each projection in turn, whether it has the other format. */
    differs: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  });

  it("agree with the reference in every integer", () => {
    let [events, mixed] = [0, 0];
    const property = fc.property(settings, ({ layers, weightScale, seed, ...rest }) => {
      const { format, scales, accumulatorBits, differs } = rest;
      const model = tinyModel({ inputs: 4, layers, weightScale, seed });
      const other: IntegerFormat = format === "int8" ? "int16" : "int8";
      const formats = new Map(
        model.projections
          .filter((_, i) => differs[i])
          .map((projection) => [projectionName(projection), other]),
      );
      mixed += formats.size > 0 ? 1 : 0;
      const tiny = tinyChip();
      const chip = { ...tiny, hash: `${tiny.hash}-${accumulatorBits}`, pe: { ...tiny.pe, accumulatorBits } };
      const { program } = compile(model, chip, { format, scales, formats, order: "model" });
      const quantisation: Quantisation = { format, scales, accumulatorBits };
      const reference = createQuantisedReference(model, quantisation, { formats });
      const stimulus = vectors(4, 8, rest.inputScale);
      simulate(program, chip, stimulus, {
        observe(step, view) {
          const expected = reference.step(stimulus.values.subarray(4 * step, 4 * step + 4));
          for (const { name, h, y } of expected.layers) {
            const { state, output } = view.population(name);
            expect([...state], `h of ${name} in step ${step}`).toEqual([...h]);
            expect([...output], `y of ${name} in step ${step}`).toEqual([...y]);
            events += y.filter((payload) => payload !== 0).length;
          }
        },
      });
    });
    fc.assert(property, { numRuns: 80, seed: 5 });
    expect(events).toBeGreaterThan(500);
    expect(mixed).toBeGreaterThan(40);
  });
});
