import { describe, expect, it } from "vitest";
import type { Phase, SimulationResult } from "../../../src/core/result.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { neuroBenchMetrics } from "../../../simulator/metrics.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { timeOf } from "../../../simulator/time-of.ts";
import { buildProgram } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const chip = cornerChip();
const point = { ...chip.operatingPoints[0]!, peClock: 100 };
const stimulus: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(8),
  origin: "",
  synthetic: true,
};
const program = buildProgram(firingNet(), chip);
const finished = simulate(program, chip, stimulus);

const phase = (
  name: string,
  fields: Partial<
    Record<"pe" | "link" | "router" | "chipLink" | "dram" | "dramLink" | "transfers", number[]>
  >,
): Phase => {
  const column = (values: number[] | undefined) => Float64Array.from(values ?? [0, 0]);
  return {
    name,
    peCycles: column(fields.pe),
    linkCycles: column(fields.link),
    routerCycles: column(fields.router),
    chipLinkCycles: column(fields.chipLink),
    dramBytes: column(fields.dram),
    dramLinkCycles: column(fields.dramLink),
    dramTransfers: column(fields.transfers ?? fields.dram?.map((bytes) => Math.sign(bytes))),
    latency: { noc: 10, eventRouter: 5, chipLink: 0 },
  };
};

/** Clocks: PE 100 Hz, NoC 1000 Hz, router 500 Hz; DRAM 1000 B/s. */
const result = (phases: Phase[], busy = 0): SimulationResult => ({
  ...finished,
  steps: 2,
  phases,
  busyCycles: Float64Array.of(busy),
  macArrayCycles: Float64Array.of(0),
});

describe("timeOf", () => {
  const flight = 10 / 1000 + 5 / 500;
  const slow = phase("slow", { pe: [100, 300], link: [50, 0], router: [10, 0] });
  const fast = phase("fast", { pe: [10, 10], link: [0, 10], router: [0, 20] });
  const first = 1 + flight + 0.05;
  const second = 3 + flight;
  const short = [0.1 + flight, 0.1 + flight + 0.04] as const;

  it("adds PE work, one packet's flight and the slower of link and router, phase by phase", () => {
    const timing = timeOf(result([slow, fast]), chip, point, "sequential");
    expect(timing.phases.map(({ name }) => name)).toEqual(["slow", "fast"]);
    expect(timing.phases[0]!.seconds).toBeCloseTo((first + second) / 2, 12);
    expect(timing.phases[1]!.seconds).toBeCloseTo((short[0] + short[1]) / 2, 12);
    expect(timing.total).toBeCloseTo(first + second + short[0] + short[1], 12);
    expect(timing.secondsPerStep).toBeCloseTo(timing.total / 2, 12);
    expect(timing.latencyPerStep).toBe(timing.secondsPerStep);
    expect(timing).toMatchObject({ operatingPoint: "slow", schedule: "sequential" });
  });

  it("lets the slowest phase set the pace of a pipeline, which is full all the time", () => {
    const timing = timeOf(result([slow, fast]), chip, point, "pipelined");
    expect(timing.secondsPerStep).toBeCloseTo((first + second) / 2, 12);
    expect(timing.latencyPerStep).toBeCloseTo(first + second, 12);
    expect(timing.total).toBeCloseTo(first + second, 12);
  });

  it("does not let a PE with two phases work for both at once", () => {
    const timing = timeOf(result([slow, fast], 1000), chip, point, "pipelined");
    expect(timing.secondsPerStep).toBeCloseTo(10 / 2, 12);
  });

  it("waits for DRAM where that takes longer than the work on it", () => {
    const decoder = phase("decoder", { pe: [100, 100], dram: [500, 2500] });
    const timing = timeOf(result([decoder]), chip, point, "sequential");
    const latency = 0.002;
    expect(timing.total).toBeCloseTo(1 + flight + 2.5 + latency + flight, 12);
  });

  it("fetches while it computes: the longest of bandwidth, links to DRAM and a PE's latencies, two at a time", () => {
    const seconds = (fields: Parameters<typeof phase>[1]) =>
      timeOf(result([phase("a", fields)]), chip, point, "sequential").total - 2 * flight;
    const fetching = { pe: [0, 0], dram: [16, 16], transfers: [1, 1] };
    expect(seconds(fetching), "16 B at 1000 B/s").toBeCloseTo(2 * (0.016 + 0.002), 12);
    expect(seconds({ ...fetching, dramLink: [500, 500] })).toBeCloseTo(2 * (0.5 + 0.002), 12);
    expect(seconds({ ...fetching, transfers: [100, 100] })).toBeCloseTo(2 * (50 * 0.002 + 0.002), 12);
    expect(seconds({ ...fetching, pe: [10, 10] }), "compute bound").toBeCloseTo(2 * 0.1, 12);
  });

  it("has nothing to say about a run without steps", () => {
    const none = { ...stimulus, values: new Float32Array(0) };
    const timing = timeOf(simulate(program, chip, none), chip, point, "pipelined");
    expect([timing.total, timing.secondsPerStep, timing.latencyPerStep]).toEqual([0, 0, 0]);
  });
});

describe("neuroBenchMetrics", () => {
  it("states sparsities, operations a timestep and footprint", () => {
    const metrics = neuroBenchMetrics(finished, program);
    expect(metrics.activationSparsity).toBeCloseTo(1 - 3 / 5, 12);
    const weights = 2 * 9 + 3 * 9 + 3 * 6;
    expect(metrics.connectionSparsity).toBeCloseTo(1 - 10 / weights, 12);
    const synops = 4 * 2 + 3 * 2 + 4 * 3;
    const operations = { effectiveMacs: synops / 4, effectiveAcs: 0, dense: weights };
    expect(metrics.synapticOperations).toEqual(operations);
    expect(metrics.synapticOperationsWithDecoder).toEqual(operations);
    expect(metrics.footprintBytes).toBe(program.pes.reduce((sum, { image }) => sum + image.length, 0));
  });

  it("adds the decoder: events meet its first layer, later ones are dense", () => {
    const layer = (inputs: number, outputs: number) => ({
      kind: "linear" as const,
      name: `${outputs}`,
      inputs,
      outputs,
      weights: new Float32Array(inputs * outputs),
      bias: new Float32Array(outputs),
    });
    const host = { encoder: [], decoder: [layer(2, 10), layer(10, 7)] };
    const { synapticOperations: bare, synapticOperationsWithDecoder: all } = neuroBenchMetrics(finished, {
      ...program,
      host,
    });
    expect(all.dense - bare.dense).toBe(20 + 70);
    expect(all.effectiveMacs - bare.effectiveMacs, "one event a step").toBe(10 + 70);
  });
});
