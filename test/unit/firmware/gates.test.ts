import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import type { Gates } from "../../../firmware/cycles/emulator.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import {
  emulated,
  firmwareWith,
  packetsTo,
  simulatedSteps,
  hasFirmwareTools,
} from "../../support/firmware.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const STEPS = 12;
const INPUTS = 8;

/** Largest difference of a state from the simulator's where no event ever makes small differences large. */
function largestDifference(gates: Gates): number {
  const { profile } = loadChip("spinnaker2");
  const plain = tinyModel({ inputs: INPUTS, layers: [60], density: 0.6, seed: 2, weightScale: 2 });
  const silent = plain.populations.map((population) =>
    population.kind === "egru" ? { ...population, threshold: population.threshold.map(() => 1) } : population,
  );
  const { program } = compile({ ...plain, populations: silent }, profile, { order: "model", pes: 1 });
  const random = randomNumbers(6);
  const values = Float32Array.from({ length: INPUTS * STEPS }, () => 6 * random() - 3);
  const stimulus: Stimulus = { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
  const steps = simulatedSteps(program, profile, stimulus);
  const [pe] = program.pes;
  const found = emulated(firmwareWith(gates), pe!, program, profile, packetsTo(pe!, program, steps));
  const floats = (bits: Uint32Array) => new Float32Array(bits.slice().buffer);
  const differences = found.flatMap(({ state }, step) => {
    const expected = floats(steps[step]!.states.get(pe!.population)!);
    return Array.from(floats(state), (h, neuron) => Math.abs(h - expected[neuron]!));
  });
  expect(differences).toHaveLength(60 * STEPS);
  return Math.max(...differences);
}

describe.skipIf(!hasFirmwareTools)("gates of float32 neurons", () => {
  it("are the simulator's to the bit where they are taken in float64", () => {
    expect(largestDifference("exact")).toBe(0);
  });

  it("differ by a few 2^-24 with the exponential in software", () => {
    const difference = largestDifference("software");
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(2 ** -21);
  });

  it("differ by a few 2^-16 with an exponential unit that rounds to s16.15", () => {
    const difference = largestDifference("accelerator");
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(2 ** -13);
  });
});
