import { expect } from "vitest";
import { createSimulation } from "../../../simulator/simulate.ts";
import { sumOf } from "../../../src/core/counts.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { buildProgram } from "./build-program.ts";
import { createOracle } from "./oracle.ts";
import type { Trial } from "./random-nets.ts";

const stimulusOf = ({ net, inputs }: Trial): Stimulus => ({
  kind: "dense",
  width: net.populations[0]!.size,
  values: Float32Array.from(inputs.flat()),
  origin: "property",
  synthetic: true,
});

/** Runs simulator and oracle side by side; every state and payload must be the same number. */
export function expectAgreement(trial: Trial, chip: HardwareProfile): { clamps: number; events: number } {
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
