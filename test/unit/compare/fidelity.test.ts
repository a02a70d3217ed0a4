import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { replayedTimeOf } from "../../../simulator/time-of.ts";
import { runProgram } from "../../../src/compare/run.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { DenseStimulus } from "../../../src/core/stimulus.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const chip = tinyChip();
const { program } = compile(tinyModel({ inputs: 5, layers: [9, 7], density: 0.5 }), chip);
const random = randomNumbers(11);
const stimulus: DenseStimulus = {
  kind: "dense",
  width: 5,
  values: Float32Array.from({ length: 5 * 24 }, () => 2 * random() - 1),
  origin: "noise",
  synthetic: true,
};
const [point] = chip.operatingPoints as [(typeof chip.operatingPoints)[number]];

describe("fidelities", () => {
  it("agree in everything but time", () => {
    const { replays, ...detailed } = simulate(program, chip, stimulus, { replays: [{ point }] });
    expect(detailed).toEqual(simulate(program, chip, stimulus));
    expect(replays?.map(({ operatingPoint }) => operatingPoint)).toEqual([point.name]);
    expect(replays?.[0]?.phases.map(({ seconds }) => seconds.length)).toEqual([24, 24]);
  });

  it("join streams in their order", () => {
    const whole = simulate(program, chip, stimulus, { replays: [{ point }], streams: 3 });
    const parts = [0, 1, 2].map((stream) =>
      simulate(
        program,
        chip,
        { ...stimulus, values: stimulus.values.slice(40 * stream, 40 * (stream + 1)) },
        { replays: [{ point }] },
      ),
    );
    const secondsOf = (result: typeof whole) => Array.from(result.replays![0]!.phases[1]!.seconds);
    expect(secondsOf(whole)).toEqual(parts.flatMap(secondsOf));
  });

  it("are readings of one run, each priced with its own time", () => {
    const named = { profile: chip, figures: [], overrides: [] };
    const { readings } = runProgram(program, named, stimulus, { fidelities: ["fast", "detailed"] });
    expect(readings.map(({ timing }) => timing.replay === undefined)).toEqual([true, false]);
    const [fast, detailed] = readings as [(typeof readings)[number], (typeof readings)[number]];
    expect(detailed.timing).toEqual(
      replayedTimeOf(simulate(program, chip, stimulus, { replays: [{ point }] }), chip, { point }),
    );
    expect(detailed.energy.seconds).toBe(detailed.timing.total);
    expect(detailed.energy.total).not.toBe(fast.energy.total);
  });

  it("need a replay to be read as detailed", () => {
    expect(() => replayedTimeOf(simulate(program, chip, stimulus), chip, { point })).toThrow(
      "the run was not replayed at 100MHz",
    );
  });

  it("are read under every schedule and synchronisation that is asked for", () => {
    const named = { profile: chip, figures: [], overrides: [] };
    const { readings } = runProgram(program, named, stimulus, {
      fidelities: ["fast", "detailed"],
      schedules: ["sequential", "pipelined"],
      synchronisations: [{ kind: "data-flow" }, { kind: "barrier", seconds: 1e-6 }],
    });
    const labels = readings.map(
      ({ timing: { replay, schedule, synchronisation } }) =>
        `${replay ? "detailed" : "fast"} ${schedule} ${synchronisation.kind}`,
    );
    expect(labels).toEqual(
      ["fast", "detailed"].flatMap((fidelity) =>
        ["sequential", "pipelined"].flatMap((schedule) =>
          ["data-flow", "barrier"].map((kind) => `${fidelity} ${schedule} ${kind}`),
        ),
      ),
    );
  });

  it("are traced in the sequential schedule, whether or not it is read", () => {
    const named = { profile: chip, figures: [], overrides: [] };
    const options = { fidelities: ["detailed"], trace: { first: 2, steps: 3 } } as const;
    const traceOf = (schedules: ("sequential" | "pipelined")[]) => {
      const { result, readings } = runProgram(program, named, stimulus, { ...options, schedules });
      expect(readings.map(({ timing }) => timing.schedule)).toEqual(schedules);
      return result.traces;
    };
    expect(traceOf(["pipelined"])).toEqual(traceOf(["sequential"]));
  });
});
