import { describe, expect, it } from "vitest";
import { timeOf } from "../../../simulator/time-of.ts";
import { sumOf } from "../../../src/core/counts.ts";
import type { DvfsRun, Phase, SimulationResult } from "../../../src/core/result.ts";
import type { Synchronisation } from "../../../src/core/run-policy.ts";
import { idleRun } from "../energy/runs.ts";
import { cornerChip } from "./corner-chip.ts";

/** Clocks: PE 100 Hz; nothing but PEs takes time. */
const chip = cornerChip();
const point = { ...chip.operatingPoints[0]!, peClock: 100 };

const phase = (name: string, peCycles: readonly number[]): Phase => {
  const nothing = new Float64Array(peCycles.length);
  return {
    name,
    peCycles: Float64Array.from(peCycles),
    linkCycles: nothing,
    routerCycles: nothing,
    chipLinkCycles: nothing,
    dramBytes: nothing,
    dramLinkCycles: nothing,
    dramTransfers: nothing,
    latency: { noc: 0, eventRouter: 0, chipLink: 0 },
  };
};

const resultOf = (phases: readonly Phase[], busy = 0): SimulationResult => ({
  ...idleRun(phases[0]!.peCycles.length),
  phases,
  busyCycles: Float64Array.of(busy),
  macArrayCycles: Float64Array.of(0),
});

/** 1 and 3 s; 2 and 0.5 s. */
const result = resultOf([phase("a", [100, 300]), phase("b", [200, 50])]);
const timed = (schedule: "sequential" | "pipelined", synchronisation: Synchronisation, run = result) =>
  timeOf(run, chip, point, schedule, { synchronisation });

/** The same with so many bytes from DRAM by PE. */
function reading(...bytes: number[]): SimulationResult {
  const { counts } = result;
  const rowsWritten = Float64Array.from(counts.sram.rowsWritten, (_, pe) => bytes[pe] ?? 0);
  const dram = { byteRead: sumOf(bytes), byteWritten: 0 };
  return { ...result, counts: { ...counts, sram: { ...counts.sram, rowsWritten }, dram } };
}

describe("barriers", () => {
  it("follow every phase, or every interval of a pipeline", () => {
    const sequential = timed("sequential", { kind: "barrier", seconds: 0.25 });
    expect(sequential.total).toBeCloseTo(1 + 2 + 3 + 0.5 + 4 * 0.25, 12);
    expect(sequential.synchronisingPerStep).toBeCloseTo(2 * 0.25, 12);
    expect(sequential.latencyPerStep).toBeCloseTo(sequential.total / 2, 12);
    const pipelined = timed("pipelined", { kind: "barrier", seconds: 0.25 });
    expect(pipelined.total).toBeCloseTo(2 + 3 + 2 * 0.25, 12);
    expect(pipelined.latencyPerStep).toBeCloseTo(2 * pipelined.secondsPerStep, 12);
    expect(pipelined.synchronisingPerStep).toBeCloseTo(0.25, 12);
  });

  it("leave the phases' own times as they are, and follow the work of a PE with two phases", () => {
    const { phases } = timed("sequential", { kind: "barrier", seconds: 0.25 });
    expect(phases.map(({ seconds }) => seconds)).toEqual([2, 1.25]);
    const shared = resultOf(result.phases, 650);
    expect(timed("pipelined", { kind: "barrier", seconds: 0.25 }, shared).total).toBeCloseTo(6.5 + 0.5, 12);
  });
});

describe("a pipeline", () => {
  it("is no shorter than DRAM takes for what all its phases fetch", () => {
    const fetching = reading(8_000);
    // 1,000 B/s.
    expect(timed("pipelined", { kind: "data-flow" }, fetching).total).toBeCloseTo(8, 12);
    expect(timed("pipelined", { kind: "data-flow" }).total).toBeCloseTo(2 + 3, 12);
    expect(timed("sequential", { kind: "data-flow" }, fetching).total).toBeCloseTo(6.5, 12);
  });

  it("is no shorter than the busiest of several DRAMs takes", () => {
    const at = (x: number) => ({ x, y: 0 });
    const topology = { neighbours: 4, isTorus: false } as const;
    const link = { clock: 100, packetCycles: 1, latencyCycles: 1, bufferPackets: 1 };
    // Two chips of four PEs.
    const board = { ...chip, board: { chips: [at(0), at(1)], hostChip: 0, topology, link } };
    const totalOf = (...bytes: number[]) =>
      timeOf(reading(...bytes), board, point, "pipelined", { synchronisation: { kind: "data-flow" } }).total;
    expect(totalOf(2_000, 0, 0, 6_000)).toBeCloseTo(8, 12);
    expect(totalOf(2_000, 0, 0, 0, 6_000)).toBeCloseTo(6, 12);
  });
});

describe("timers", () => {
  it("give every phase, or every interval of a pipeline, exactly one tick", () => {
    const sequential = timed("sequential", { kind: "timer", period: 4 });
    expect([sequential.total, sequential.secondsPerStep, sequential.latencyPerStep]).toEqual([16, 8, 8]);
    expect(sequential.synchronisingPerStep).toBeCloseTo((3 + 2 + 1 + 3.5) / 2, 12);
    expect(sequential.overruns).toBeUndefined();
    const pipelined = timed("pipelined", { kind: "timer", period: 4 });
    expect([pipelined.total, pipelined.secondsPerStep, pipelined.latencyPerStep]).toEqual([8, 4, 8]);
    expect(pipelined.synchronisingPerStep).toBeCloseTo((2 + 1) / 2, 12);
  });

  it("take work as long as a tick as done, and count what is longer without stretching the time", () => {
    expect(timed("sequential", { kind: "timer", period: 3 }).overruns).toBeUndefined();
    const late = timed("sequential", { kind: "timer", period: 1.5 });
    expect(late.total).toBe(4 * 1.5);
    expect(late.overruns).toEqual({ steps: 2, worst: 1.5, shortestTick: 3 });
    expect(late.synchronisingPerStep, "only what was in time waits").toBeCloseTo((0.5 + 1) / 2, 12);
    expect(timed("pipelined", { kind: "timer", period: 2 }).overruns).toEqual({
      steps: 1,
      worst: 1,
      shortestTick: 3,
    });
  });

  it("find a PE late that serves two phases of a pipeline and cannot do both in a tick", () => {
    const shared = resultOf(result.phases, 1000);
    expect(timed("pipelined", { kind: "timer", period: 4 }, shared).overruns).toEqual({
      steps: 1,
      worst: 1,
      shortestTick: 5,
    });
    expect(timed("sequential", { kind: "timer", period: 4 }, shared).overruns).toBeUndefined();
  });
});

describe("the profile's synchronisation", () => {
  it("is taken where a run says nothing else", () => {
    const ticking = { ...chip, synchronisation: { kind: "timer", period: 5 } } as const;
    expect(timeOf(result, ticking, point, "sequential")).toMatchObject({
      total: 20,
      synchronisation: { kind: "timer", period: 5 },
    });
    expect(timeOf(result, chip, point, "sequential")).toMatchObject({
      total: 6.5,
      synchronisation: { kind: "data-flow" },
      synchronisingPerStep: 0,
    });
  });
});

describe("a policy's times", () => {
  const fast = { ...point, name: "fast", peClock: 200 };
  const two = { ...chip, dvfs: { switchTime: 0.5 }, operatingPoints: [{ ...point, name: "slow" }, fast] };
  const run: DvfsRun = {
    policy: "queue",
    points: ["slow", "fast"],
    phases: [
      { name: "a", seconds: Float64Array.of(1, 2) },
      { name: "b", seconds: Float64Array.of(1.5, 0.5) },
    ],
    busyCycles: [Float64Array.of(100), Float64Array.of(1000)],
    macArrayCycles: [Float64Array.of(0), Float64Array.of(200)],
    macs: [0, 0],
    switches: Float64Array.of(2),
  };
  const switched = { ...result, dvfs: [run] };

  it("are those of each phase's slowest PE", () => {
    const timing = timeOf(switched, two, point, "sequential", { dvfs: "queue" });
    expect(timing).toMatchObject({ total: 5, dvfs: "queue", operatingPoint: "slow" });
    expect(timing.phases.map(({ seconds }) => seconds)).toEqual([1.5, 1]);
  });

  it("are no shorter in a pipeline than the busiest PE's work at its levels, switching included", () => {
    const timing = timeOf(switched, two, point, "pipelined", { dvfs: "queue" });
    expect(timing.total).toBeCloseTo(100 / 100 + 1200 / 200 + 2 * 0.5, 12);
  });

  it("exist only for policies that were simulated", () => {
    expect(() => timeOf(switched, two, point, "sequential", { dvfs: "other" })).toThrow(
      "the run was not simulated with the policy other",
    );
  });
});
