import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import type { StepView } from "../../../simulator/simulate.ts";
import {
  activityOf,
  meanActivity,
  startComparison,
  startRecording,
} from "../../../src/calibration/recording.ts";
import type { Program } from "../../../src/core/program.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const { program } = compile(tinyModel({ inputs: 2, layers: [10, 3] }), tinyChip(), { verify: false });

/** A step in which these neurons send an event, the last layer's with these payloads. */
const stepOf = (egru0: number[], egru1: Record<number, number> = {}): StepView => ({
  step: 0,
  logits: undefined,
  events: (name) =>
    Uint32Array.from(name === "egru0" ? egru0 : name === "egru1" ? Object.keys(egru1).map(Number) : [0, 1]),
  population: () => ({
    state: new Float32Array(),
    output: Float32Array.from({ length: 3 }, (_, neuron) => egru1[neuron] ?? 0),
  }),
});

function recorded(steps: readonly StepView[], withOutputs = false) {
  const { recording, observe } = startRecording(program, steps.length, withOutputs);
  steps.forEach((view, step) => observe(step, view));
  return recording;
}

describe("a recording", () => {
  it("counts the events of each neuron, the input's too", () => {
    const recording = recorded([stepOf([0, 9]), stepOf([9]), stepOf([]), stepOf([8, 9])]);
    const activity = activityOf(recording);
    expect([...activity.get("egru0")!]).toEqual([0.25, 0, 0, 0, 0, 0, 0, 0, 0.25, 0.75]);
    expect([...activity.get("input")!]).toEqual([1, 1]);
    expect(meanActivity(recording, recording.layers[0]!)).toBe(5 / 40);
  });

  it("refuses samples beyond its memory", () => {
    expect(() => startRecording(program, 2 ** 29, false)).toThrow(
      "calibration: the sample has more timesteps than fit the memory of a calibration of this model",
    );
    expect(() => startRecording(program, 2 ** 26, true)).toThrow("more timesteps than fit");
  });
});

describe("a comparison", () => {
  it("shares events only in the same neuron and timestep", () => {
    const comparison = startComparison(program, recorded([stepOf([0, 9]), stepOf([1]), stepOf([2])]));
    [stepOf([9]), stepOf([1, 3]), stepOf([])].forEach((view, step) => comparison.observe(step, view));
    const [first, second] = comparison.layers();
    // In common: 9 and 1. In either: 0, 9; 1, 3; 2.
    expect(first).toEqual({ name: "egru0", neurons: 10, activity: 3 / 30, agreement: 2 / 5 });
    expect(second, "nobody sent anything").toMatchObject({ activity: 0, agreement: 1 });
    expect(comparison.outputError()).toBeUndefined();
  });

  it("takes the error of outputs relative to those of float32", () => {
    const float32 = recorded([stepOf([], { 0: 3 }), stepOf([], { 1: 4 })], true);
    const integer = {
      ...program,
      populations: program.populations.map((own) => ({ ...own, payloadFractionBits: 23 })),
    } satisfies Program;
    const comparison = startComparison(integer, float32);
    const one = 2 ** 23;
    comparison.observe(0, stepOf([], { 0: 3 * one }));
    comparison.observe(1, stepOf([], { 1: 4 * one, 2: one }));
    expect(comparison.outputError()).toEqual({ kind: "output-error", rms: 1 / 5, max: 1 / 4 });
  });
});
