import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSimulation } from "../../../simulator/simulate.ts";
import { sumOf } from "../../../src/core/counts.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { buildProgram } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { createOracle } from "./oracle.ts";
import { type Trial, trials } from "./random-nets.ts";

const chip = cornerChip();

const stimulusOf = ({ net, inputs }: Trial): Stimulus => ({
  kind: "dense",
  width: net.populations[0]!.size,
  values: Float32Array.from(inputs.flat()),
  origin: "property",
  synthetic: true,
});

/** Runs simulator and oracle side by side; every state and payload must be the same number. */
function expectAgreement(trial: Trial): { clamps: number; events: number } {
  const simulation = createSimulation(buildProgram(trial.net, chip), chip, stimulusOf(trial));
  const oracle = createOracle(trial.net);
  for (const [step, input] of trial.inputs.entries()) {
    const expected = oracle.step(input);
    const view = simulation.step();
    for (const { name } of trial.net.populations.slice(1)) {
      const { state, output } = view.population(name);
      expect([...state], `h of ${name} in step ${step}`).toEqual(oracle.state.get(name));
      expect([...output], `y of ${name} in step ${step}`).toEqual(expected.get(name));
    }
  }
  const { counts, projections, populations } = simulation.result();
  expect(sumOf(counts.kernel.synop)).toBe(oracle.synops);
  expect(projections.reduce((sum, { synops }) => sum + synops, 0)).toBe(oracle.synops);
  expect(counts.saturations.accumulator).toBe(oracle.accumulatorClamps);
  const events = populations.slice(1).reduce((sum, population) => sum + population.events, 0);
  return { clamps: oracle.accumulatorClamps, events };
}

describe("a simulated program", () => {
  for (const format of ["int8", "int16"] as const) {
    it(`computes exactly what unbounded integers give (${format}), saturation included`, () => {
      const seen = { clamps: 0, events: 0 };
      const property = fc.property(trials(format), (trial) => {
        const { clamps, events } = expectAgreement(trial);
        seen.clamps += clamps;
        seen.events += events;
      });
      fc.assert(property, { numRuns: 150, seed: 5 });
      expect(seen.clamps, "some accumulators saturated").toBeGreaterThan(100);
      expect(seen.events, "some neurons fired").toBeGreaterThan(100);
    });
  }

  it("computes float32 with every operation rounded", () => {
    let events = 0;
    const property = fc.property(trials("float32"), (trial) => {
      events += expectAgreement(trial).events;
    });
    fc.assert(property, { numRuns: 150, seed: 5 });
    expect(events).toBeGreaterThan(100);
  });
});
