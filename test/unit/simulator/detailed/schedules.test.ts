import { describe, expect, it } from "vitest";
import { replayedTimeOf, timeOf } from "../../../../simulator/time-of.ts";
import type { Synchronisation } from "../../../../src/core/run-policy.ts";
import { PE_CYCLE, phaseCycles, quietChip, quietNet, runReplayed } from "./quiet-net.ts";

/** A timestep of 40 NoC cycles, 10 a neuron. */
const chip = quietChip({ kernel: { timestep: 40_000, neuronUpdate: 10_000 } });
const net = quietNet(2, [8, 3]);
const STEPS = 5;
const timer = (cycles: number): Synchronisation => ({ kind: "timer", period: cycles / 1000 });
const traced = (synchronisation: Synchronisation) => {
  const { result } = runReplayed(net, chip, STEPS, [{ synchronisation }], {
    trace: { fidelity: "detailed", point: chip.operatingPoints[0]!, first: 0, steps: STEPS },
  });
  const { begin, end } = result.traces![0]!.phases;
  return { begin: [...begin].map((time) => time * 1000), end: [...end].map((time) => time * 1000) };
};

describe("a replay with barriers", () => {
  const synchronisation = { kind: "barrier", seconds: 0.0075 } as const;
  const { result, replays } = runReplayed(net, chip, STEPS, [{}, { synchronisation }]);

  it("takes a barrier more for each phase than by data flow", () => {
    const [free, kept] = replays.map((request) => replayedTimeOf(result, chip, request)) as [Timing, Timing];
    expect(kept.total).toBeCloseTo(free.total + 2 * STEPS * 0.0075, 9);
    expect(kept.synchronisingPerStep).toBeCloseTo(2 * 0.0075, 12);
    expect(kept.synchronisation).toEqual(synchronisation);
  });

  it("begins a phase when the barrier after the one before is over, a timestep in a whole cycle", () => {
    const { begin, end } = traced(synchronisation);
    for (let phase = 1; phase < begin.length; phase += 1) {
      const over = end[phase - 1]! + 7.5;
      expect(begin[phase]).toBeCloseTo(phase % 2 === 1 ? over : Math.ceil(over), 6);
    }
  });
});

type Timing = ReturnType<typeof replayedTimeOf>;

describe("a replay by a timer", () => {
  // The second layer: 40 for its timestep, 3 · 10 for its neurons. The first one has 8 neurons, and packets before them.
  const { result } = runReplayed(net, chip, STEPS);
  const first = phaseCycles({ result, replays: [] }, 0);

  it("begins every phase with a tick, in time where all work is done by then", () => {
    const { begin } = traced(timer(200));
    for (const [phase, time] of begin.entries()) expect(time).toBeCloseTo(200 * phase, 6);
    const run = runReplayed(net, chip, STEPS, [{ synchronisation: timer(200) }]);
    const timing = replayedTimeOf(run.result, chip, run.replays[0]!);
    expect(timing.total).toBeCloseTo(2 * STEPS * 0.2, 12);
    expect(timing.overruns).toBeUndefined();
    expect(timing.synchronisingPerStep).toBeCloseTo((200 - first + 200 - 70) / 1000, 9);
    expect(phaseCycles(run, 1)).toBeCloseTo(70, 6);
  });

  it("reports work that is longer than a tick, and goes on with the next tick after it", () => {
    expect(first).toBeGreaterThan(100);
    expect(first).toBeLessThan(160);
    const { begin } = traced(timer(80));
    // Two ticks for the first layer, one for the second.
    for (const [phase, time] of begin.entries()) {
      expect(time).toBeCloseTo(80 * (3 * (phase >> 1) + 2 * (phase & 1)), 6);
    }
    const run = runReplayed(net, chip, STEPS, [{ synchronisation: timer(80) }]);
    const timing = replayedTimeOf(run.result, chip, run.replays[0]!);
    expect(timing.total, "as the ticks say").toBeCloseTo(2 * STEPS * 0.08, 12);
    expect(timing.overruns!.steps).toBe(STEPS);
    expect(timing.overruns!.worst).toBeCloseTo((first - 80) / 1000, 9);
    expect(timing.overruns!.shortestTick).toBeCloseTo(first / 1000, 9);
  });
});

describe("a pipelined replay", () => {
  const request = { schedule: "pipelined" } as const;

  it("has the slowest layer's work as its interval where nothing is in its way", () => {
    const { result, replays } = runReplayed(net, chip, STEPS, [request]);
    const replay = result.replays![0]!;
    expect(replay.intervals).toHaveLength(STEPS - 2);
    const slowest = result.phases[0]!.peCycles[0]! * PE_CYCLE;
    // An interval begins with a whole NoC cycle, up to which packets that wait are worked off: 2 of 7 PE cycles here.
    const packets = 2 * 7 * PE_CYCLE;
    for (const seconds of replay.intervals!) {
      expect(Math.abs(seconds * 1000 - (slowest - packets / 2))).toBeLessThanOrEqual(packets / 2 + 1e-9);
    }
    const timing = replayedTimeOf(result, chip, replays[0]!);
    // On the whole a PE cannot have done more than its work.
    expect(timing.secondsPerStep).toBeCloseTo(slowest / 1000, 12);
    expect(timing.latencyPerStep).toBeCloseTo((2 * slowest) / 1000, 12);
    expect(timing.total).toBeCloseTo((STEPS * slowest) / 1000, 12);
    expect(timing.phases[1]!.seconds, "packets of nobody, then 40 and 3 · 10").toBeCloseTo(0.07, 9);
    const fast = timeOf(result, chip, chip.operatingPoints[0]!, "pipelined");
    expect(fast.secondsPerStep - timing.secondsPerStep, "flight, which overlaps here").toBeGreaterThan(0);
  });

  it("keeps intervals apart by barriers and ticks", () => {
    const synchronisations = [{ kind: "barrier", seconds: 0.005 }, timer(150), timer(100)] as const;
    const { result, replays } = runReplayed(net, chip, STEPS, [
      request,
      ...synchronisations.map((synchronisation) => ({ ...request, synchronisation })),
    ]);
    const [free, barrier, ticks, late] = replays.map((each) =>
      replayedTimeOf(result, chip, each),
    ) as Timing[];
    // Packets may be worked off meanwhile.
    expect(barrier!.secondsPerStep).toBeLessThanOrEqual(free!.secondsPerStep + 0.005);
    expect(barrier!.secondsPerStep).toBeGreaterThan(free!.secondsPerStep + 0.005 - 2 * 7e-6);
    expect(ticks!.secondsPerStep).toBeCloseTo(0.15, 12);
    expect(ticks!.overruns).toBeUndefined();
    expect(late!.secondsPerStep).toBeCloseTo(0.1, 12);
    expect(late!.overruns!.steps).toBe(STEPS - 2);
  });

  it("changes nothing but time", () => {
    const { replays: _, ...counted } = runReplayed(net, chip, STEPS, [request]).result;
    const { replays: __, ...plain } = runReplayed(net, chip, STEPS, []).result;
    expect(counted).toEqual(plain);
  });

  it("is refused for a run that does not fill the pipeline once", () => {
    expect(runReplayed(net, chip, 3, [request]).result.replays![0]!.intervals).toHaveLength(1);
    expect(() => runReplayed(net, chip, 2, [request])).toThrow(
      "the input has 2 timesteps, too few to fill a pipeline of 2 phases packet by packet",
    );
  });
});
