import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import type { Chip } from "../../../src/compare/chips.ts";
import { runProgram } from "../../../src/compare/run.ts";
import { ESTIMATED_UNCERTAINTY, sensitivityOf, variedFigures } from "../../../src/compare/sensitivity.ts";
import { inputPortOf } from "../../../src/inputs/input-port.ts";
import { readStimulus } from "../../../src/inputs/read-stimulus.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { fileText } from "../profiles/shipped.ts";

const SETS = ["capabilities.neurons=egru", "capabilities.eventPayload=24", "noc.flit=64bit"];

/** Loihi as if its compartments were EGRU neurons. */
const text = fileText("hw-profiles/loihi1-silicon.json").replaceAll('"lifUpdate"', '"neuronUpdate"');
const loihi = (overrides: readonly string[]): Chip => ({
  ...readProfile(text, "l.json", overrides),
  overrides,
});
const model = tinyModel({ inputs: 6, layers: [9, 6], density: 1 });
const stimulus = readStimulus({ kind: "synthetic", seed: 2, steps: 6 }, inputPortOf(model));
const chip = loihi(SETS);
const { program } = compile(model, chip.profile, { format: "int8" });
const report = runProgram(program, chip, stimulus, {});
const sensitivity = sensitivityOf(report, stimulus, {}, (more) => loihi([...SETS, more]));
const of = (path: string) => sensitivity.derivatives.find((derivative) => derivative.path === path);
const { energy, timing } = report.readings[0]!;

describe("sensitivity", () => {
  it("of energy to a cost is the share of the energy that it pays for", () => {
    const noc = energy.components.find(({ name }) => name === "noc")!;
    expect(of("noc.energy.costs.flitHop")!.energy).toBeCloseTo(noc.energy / energy.total, 6);
    expect(of("noc.energy.costs.flitHop")!.latency).toBeCloseTo(0, 9);
    expect(of("operatingPoints[0].energy.pe.costs.synop")!.energy).toBeCloseTo(
      energy.peByCause.synop / energy.total,
      6,
    );
  });

  it("of time to a barrier is the share of the time that it takes", () => {
    const share = timing.synchronisingPerStep / timing.latencyPerStep;
    expect(of("synchronisation.barrier")!.latency).toBeCloseTo(share, 6);
  });

  it("simulates what shapes a run: all kernels, hops and flits together make up the rest of the time", () => {
    const parts = sensitivity.derivatives.filter(({ path }) =>
      /^(pe\.kernels|noc\.(hop|flit)|eventRouter\.pipe)/.test(path),
    );
    const share = 1 - timing.synchronisingPerStep / timing.latencyPerStep;
    expect(parts.reduce((sum, { latency }) => sum + latency!, 0)).toBeCloseTo(share, 2);
  });

  it("leaves out sizes, what is 0, and clocks that only tell times", () => {
    const paths = variedFigures(chip).map(({ path }) => path);
    expect(paths).not.toContain("pe.sram.bytes");
    expect(paths).not.toContain("pe.kernels.int8.rowFetch");
    expect(paths).not.toContain("noc.clock");
    expect(paths).toContain("noc.hopLatency");
  });

  it("carries on what is estimated, and nothing else", () => {
    const variance = sensitivity.derivatives
      .filter(({ basis }) => basis === "estimated")
      .reduce((sum, derivative) => sum + (derivative.energy * ESTIMATED_UNCERTAINTY) ** 2, 0);
    const { low, high } = sensitivity.energyJoules;
    expect((high - low) / 2 / energy.perStep).toBeCloseTo(Math.sqrt(variance), 4);
  });
});
