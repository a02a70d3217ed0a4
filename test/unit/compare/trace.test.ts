import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { type RunOptions, runProgram } from "../../../src/compare/run.ts";
import { inputPortOf } from "../../../src/inputs/input-port.ts";
import { readStimulus } from "../../../src/inputs/read-stimulus.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const profile = tinyChip();
const chip = { profile, figures: [], overrides: [] };
const model = tinyModel();
const { program } = compile(model, profile);
const STEPS = 4;
const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps: STEPS }, inputPortOf(model));

function tracedRun(options: RunOptions) {
  const window = { first: 0, steps: STEPS };
  const { result, readings } = runProgram(program, chip, stimulus, { trace: window, ...options });
  return { trace: result.traces![0]!, timing: readings[0]!.timing };
}

describe("a run's trace", () => {
  it("is at the first operating point that is asked for, and lasts as long as the reading says", () => {
    const [first, ...others] = profile.operatingPoints.map(({ name }) => name).reverse();
    const { trace, timing } = tracedRun({ operatingPoints: [first!, ...others] });
    expect(trace).toMatchObject({ operatingPoint: first, fidelity: "fast" });
    expect(trace.phases.end.at(-1)).toBeCloseTo(timing.total, 12);
  });

  it("is packet by packet where that is asked for, beside the other or not", () => {
    for (const fidelities of [["detailed"], ["fast", "detailed"]] as const) {
      expect(tracedRun({ fidelities }).trace.fidelity).toBe("detailed");
    }
  });

  it("has each phase followed by its barrier", () => {
    const { trace, timing } = tracedRun({ synchronisations: [{ kind: "barrier", seconds: 2e-6 }] });
    const { begin, end } = trace.phases;
    for (let i = 1; i < begin.length; i += 1) expect(begin[i]! - end[i - 1]!).toBeCloseTo(2e-6, 12);
    expect(end.at(-1)! + 2e-6).toBeCloseTo(timing.total, 12);
  });

  it("has a phase begin with each tick of a timer", () => {
    const { trace, timing } = tracedRun({ synchronisations: [{ kind: "timer", seconds: 1e-3 }] });
    for (const [i, begin] of trace.phases.begin.entries()) expect(begin).toBeCloseTo(i * 1e-3, 12);
    expect(timing.total).toBeCloseTo(trace.phases.begin.length * 1e-3, 12);
  });

  it("is absent where none is asked for", () => {
    expect(runProgram(program, chip, stimulus, {}).result.traces).toBeUndefined();
  });
});
