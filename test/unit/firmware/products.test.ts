import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../compiler/pipeline.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import type { ModelIr } from "../../../src/core/model-ir.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import {
  emulated,
  expectedOf,
  firmwareWith,
  hasFirmwareTools,
  packetsTo,
  simulatedSteps,
} from "../../support/firmware.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const STEPS = 4;
const INPUTS = 9;
const { profile } = loadChip("spinnaker2");

/** Inputs of either sign; every fourth timestep has none. */
function stimulusOf(scale: number): Stimulus {
  const random = randomNumbers(3);
  const values = Float32Array.from({ length: INPUTS * STEPS }, (_, i) =>
    Math.floor(i / INPUTS) % 4 === 3 ? 0 : scale * (2 * random() - 1),
  );
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
}

/** Holds state and packets of each PE against the simulator's, word by word; returns the shifts of all products. */
function expectEqualWords(model: ModelIr, options: CompileOptions, scale = 1.5, window?: number): number[] {
  const { program } = compile(model, profile, { format: "int8", order: "model", ...options });
  const steps = simulatedSteps(program, profile, stimulusOf(scale), window);
  for (const pe of program.pes) {
    const packets = packetsTo(pe, program, steps, window);
    const found = emulated(firmwareWith("exact"), pe, program, profile, packets, window);
    const expected = expectedOf(pe, program, steps, window);
    expect(found, `PE ${pe.pe} of ${pe.population}`).toEqual(expected);
  }
  const products = program.pes.flatMap(({ sources }) => sources.filter(({ form }) => form === "mac-array"));
  expect(products.length).toBeGreaterThan(0);
  return products.map(({ scaleShift }) => scaleShift);
}

const model = (layers: readonly number[], weightScale = 0.7) =>
  tinyModel({ inputs: INPUTS, layers, density: 0.4, seed: 11, weightScale });

describe.skipIf(!hasFirmwareTools)("products on the MAC array", () => {
  it.each(["sram", "dram"] as const)("equal the simulator's, weights in %s", (rows) => {
    expectEqualWords(model([23, 70]), { mac: "all", rows, pes: 2 });
  });

  it("equal the simulator's beside rows, on several PEs, with a state that restarts", () => {
    const mac = new Set(["egru0 -> egru1", "egru1 -> egru1 (recurrent)"]);
    expectEqualWords(model([23, 40]), { mac, pes: 5 }, 1.5, 2);
  });

  // What a sum is shifted by: the scale's shift, 8 more, less what payloads were shifted by.
  it("equal the simulator's where payloads of 7 bits leave sums a longer shift than one product can make", () => {
    const [shift] = expectEqualWords(model([23], 0.05), { mac: "all", pes: 1 }, 0.0005);
    expect(shift! + 8).toBeGreaterThan(32);
  });

  it("equal the simulator's where large weights and payloads leave sums a short shift, or one to the left", () => {
    const [shift] = expectEqualWords(model([23], 5000), { mac: "all", pes: 1 }, 7);
    expect(shift! + 8 - 16).toBeLessThan(17);
    const [left] = expectEqualWords(model([23], 5e6), { mac: "all", pes: 1 }, 7);
    expect(left! + 8 - 16).toBeLessThan(0);
  });
});
