import { describe, expect, it } from "vitest";
import { lower } from "../../../../compiler/lower/lower.ts";
import { GRAPH_VERIFIERS } from "../../../../compiler/passes/pass.ts";
import { quantiseWeights } from "../../../../compiler/passes/quantise-weights.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import type { EventGraph } from "../../../../src/core/event-graph.ts";
import type { ProjectionFormats, Quantisation } from "../../../../src/core/number-format.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const model = tinyModel({ inputs: 5, layers: [12, 9], density: 0.4 });
const INT8: Quantisation = { format: "int8", scales: "row", accumulatorBits: 32 };
const RECURRENT = "egru0 -> egru0 (recurrent)";

const quantised = (quantisation: Quantisation, formats?: ProjectionFormats): EventGraph =>
  quantiseWeights(quantisation, formats).run(lower(model), { seed: 1, remark: () => {} });

describe("formats by projection", () => {
  it("gives each projection what it would have in a program of its format alone", () => {
    const mixed = quantised(INT8, new Map([[RECURRENT, "int16"]]));
    const [int8, int16] = [quantised(INT8), quantised({ ...INT8, format: "int16" })];
    expect(mixed.quantisation).toEqual(INT8);
    expect(mixed.populations).toEqual(int16.populations);
    mixed.projections.forEach((projection, i) => {
      const from = projection.source === "egru0" && projection.delay === 1 ? int16 : int8;
      expect(projection).toEqual(from.projections[i]);
    });
    expect(() => GRAPH_VERIFIERS.quantised(mixed)).not.toThrow();
  });

  it("may name no projection that there is not, nor go over float32", () => {
    expect(() => quantised(INT8, new Map([["egru1 -> egru0", "int16"]]))).toThrow(
      'tiny has no projection "egru1 -> egru0" on the chip.',
    );
    try {
      quantised(INT8, new Map([["egru1 -> egru0", "int16"]]));
    } catch (error) {
      expect(error).toMatchObject({
        hint: `Name one of: input -> egru0, ${RECURRENT}, egru0 -> egru1, egru1 -> egru1 (recurrent).`,
      });
    }
    expect(() => quantised({ ...INT8, format: "float32" }, new Map([[RECURRENT, "int8"]]))).toThrow(
      "Projections can have formats of their own only in a program of an integer format, not of float32.",
    );
  });

  it("are recorded in the program where they differ from its own", () => {
    const chip = tinyChip();
    const optionsWith = (formats: ProjectionFormats) =>
      compile(model, chip, { format: "int16", formats, verify: false }).program.manifest.options;
    expect(optionsWith(new Map([[RECURRENT, "int16"]]))["formats"]).toBeUndefined();
    const { int8: _, ...kernels } = chip.pe.kernels;
    const without = { ...chip, pe: { ...chip.pe, kernels } };
    expect(() =>
      compile(model, without, { format: "int16", formats: new Map([[RECURRENT, "int8"]]) }),
    ).toThrow("Tiny chip has no int8 kernels.");
  });

  it("does not let float32 weights pass for integers", () => {
    const graph = quantised(INT8);
    const [first, ...others] = graph.projections;
    const { scale: _, ...synapses } = first!.synapses;
    const weight = Float32Array.from(synapses.weight);
    const wrong = { ...graph, projections: [{ ...first!, synapses: { ...synapses, weight } }, ...others] };
    expect(() => GRAPH_VERIFIERS.quantised(wrong)).toThrow(
      "input -> egru0: float32 weights in a graph of int8",
    );
  });
});

describe("power-of-two scales", () => {
  const stepOf = (largest: number, format: "int8" | "int16"): { step: number; weight: number } => {
    const one = tinyModel({ inputs: 1, layers: [1], density: 1 });
    const lowered = lower(one);
    const [input, recurrent] = lowered.projections;
    const weight = input!.synapses.weight.map(() => 0);
    weight[0] = Math.fround(largest);
    const graph = {
      ...lowered,
      projections: [{ ...input!, synapses: { ...input!.synapses, weight } }, recurrent!],
    };
    const pass = quantiseWeights({ format, scales: "power-of-two", accumulatorBits: 32 });
    const { synapses } = pass.run(graph, { seed: 1, remark: () => {} }).projections[0]!;
    const { multiplier, shift } = synapses.scale!;
    expect(multiplier).toHaveLength(1);
    // e = s · 2^(F + S − f), multiplier = e · 2^shift, with F = 20 and f = 20.
    const productShift = format === "int8" ? 8 : 16;
    return { step: multiplier[0]! / 2 ** (shift + productShift), weight: synapses.weight[0]! };
  };

  it.each([
    ["int8", 127, 1, 127],
    ["int8", 127.00001, 2, 64],
    ["int8", 1, 2 ** -6, 64],
    ["int8", -127 * 2 ** -9, 2 ** -9, -127],
    ["int16", 32_767 * 2 ** -15, 2 ** -15, 32_767],
    ["int16", 1, 2 ** -14, 2 ** 14],
  ] as const)("of %s with a largest weight of %d: steps of %d", (format, largest, step, weight) => {
    expect(stepOf(largest, format)).toEqual({ step, weight });
  });

  it("are 0 for a matrix without weights", () => {
    expect(stepOf(0, "int8")).toEqual({ step: 0, weight: 0 });
  });
});
