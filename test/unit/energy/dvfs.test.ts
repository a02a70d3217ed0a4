import { describe, expect, it } from "vitest";
import type { DvfsRun, SimulationResult } from "../../../src/core/result.ts";
import { energyOf } from "../../../src/energy/energy-of.ts";
import { busyRun, fast, part, profile, relativeError, type Run, slow, timingOf } from "./runs.ts";

const state = (point: typeof slow) => {
  const { pe } = point.energy;
  if (pe.basis !== "state") throw new Error("SpiNNaker2 is charged by state");
  return pe;
};

/** The run's work cut by PE: those in `quick` at the high point, the others at the low one. */
function switched(run: Run, quick: readonly number[]): SimulationResult {
  const at = (cycles: Float64Array, isQuick: boolean) =>
    cycles.map((count, pe) => (quick.includes(pe) === isQuick ? count : 0));
  const macs = [false, true].map((isQuick) =>
    at(run.counts.macArray.mac, isQuick).reduce((sum, count) => sum + count, 0),
  );
  const dvfs: DvfsRun = {
    policy: "queue",
    points: [slow.name, fast.name],
    phases: [],
    busyCycles: [at(run.busyCycles, false), at(run.busyCycles, true)],
    macArrayCycles: [at(run.macArrayCycles, false), at(run.macArrayCycles, true)],
    macs,
    switches: new Float64Array(profile.pe.count),
  };
  return { ...run, dvfs: [dvfs] };
}

const price = (result: SimulationResult, options = {}) =>
  energyOf(result, profile, slow, { ...timingOf(slow, 1e-3), dvfs: "queue" }, options);

describe("energy of PEs that change their operating point", () => {
  const run = busyRun();
  const busyOf = (pes: readonly number[]) => pes.reduce((sum, pe) => sum + run.busyCycles[pe]!, 0);

  it("is that of the one point where all stay there", () => {
    const plain = energyOf(run, profile, slow, timingOf(slow, 1e-3), { whileWaiting: "spin" });
    const low = price(switched(run, []), { whileWaiting: "spin" });
    expect(relativeError(low.total, plain.total)).toBeLessThan(1e-12);
    expect(relativeError(low.peByCause.spinning, plain.peByCause.spinning)).toBeLessThan(1e-12);
  });

  it("has each busy cycle and each MAC at the price of its point", () => {
    const report = price(switched(run, [5]));
    const dynamic = busyOf([3, 4, 100]) * state(slow).busyCycle + run.busyCycles[5]! * state(fast).busyCycle;
    expect(relativeError(part(report, "pe")!.dynamic, dynamic)).toBeLessThan(1e-12);
    expect(
      relativeError(part(report, "macArray")!.energy, 6400 * fast.energy.macArray!.costs.mac!),
    ).toBeLessThan(1e-12);
    const causes = Object.values(report.peByCause).reduce<number>((sum, energy) => sum + energy, 0);
    expect(relativeError(causes, dynamic)).toBeLessThan(1e-12);
  });

  it("has the sleep power of a PE's point while it works, and the low one's otherwise; the base stays", () => {
    const report = price(switched(run, [5]));
    const atLow = busyOf([3, 4, 100]) / slow.peClock;
    const atHigh = (run.busyCycles[5]! + 571) / fast.peClock;
    const working = atLow * state(slow).sleep + atHigh * state(fast).sleep;
    expect(relativeError(report.peByUse.working, working)).toBeLessThan(1e-12);
    const rest = (152 * 1e-3 - atLow - atHigh) * state(slow).sleep;
    expect(relativeError(report.peByUse.waiting + report.peByUse.unused, rest)).toBeLessThan(1e-12);
    expect(part(report, "base")!.energy).toBe(0.0752 * 1e-3);
    const [low, high] = report.peSecondsByPoint;
    expect(low!.operatingPoint).toBe("150MHz");
    expect(relativeError(low!.seconds, atLow)).toBeLessThan(1e-12);
    expect(relativeError(high!.seconds, atHigh)).toBeLessThan(1e-12);
  });

  it("spins at the low point where PEs wait awake", () => {
    const report = price(switched(run, [5]), { whileWaiting: "spin" });
    const waiting = 4e-3 - busyOf([3, 4, 100]) / slow.peClock - (run.busyCycles[5]! + 571) / fast.peClock;
    const spinning = waiting * slow.peClock * state(slow).busyCycle;
    expect(relativeError(report.peByCause.spinning, spinning)).toBeLessThan(1e-9);
  });

  it("fits work into a run that would be too short at the low point", () => {
    const long = busyRun();
    long.busyCycles[5] = 200_000;
    expect(() => price(switched(long, []))).toThrow(
      "PE 5 was busy for 200000 cycles of a run that lasts 150000.",
    );
    expect(price(switched(long, [5])).peSeconds.working).toBeGreaterThan(0.2 / 300);
  });
});

describe("work that a timer's ticks did not wait for", () => {
  it("is priced in full, and fills its PE's time", () => {
    const run = busyRun();
    run.busyCycles[5] = 200_000;
    const overruns = { steps: 1, worst: 1e-4, shortestTick: 3e-4 };
    const report = energyOf(run, profile, slow, { ...timingOf(slow, 1e-3), overruns });
    const busy = run.busyCycles.reduce((sum, cycles) => sum + cycles, 0);
    expect(relativeError(part(report, "pe")!.dynamic, busy * state(slow).busyCycle)).toBeLessThan(1e-12);
    expect(relativeError(part(report, "pe")!.static, 152 * 1e-3 * state(slow).sleep)).toBeLessThan(1e-12);
  });
});
