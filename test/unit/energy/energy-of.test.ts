import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OperatingPoint } from "../../../src/core/profile.ts";
import { cycles, hertz, joules, watts } from "../../../src/core/units.ts";
import { energyOf } from "../../../src/energy/energy-of.ts";
import type { EnergyReport } from "../../../src/energy/energy-report.ts";
import {
  allPes,
  busyRun,
  fast,
  idleRun,
  part,
  price,
  priced,
  profile,
  relativeError,
  slow,
  timingOf,
  withEnergy,
  withPe,
  work,
} from "./runs.ts";

describe("the published powers of the whole chip come back", () => {
  it.each([
    [slow, 0.2354, 0.4246, 0.825, 2.281e12],
    [fast, 0.5647, 1.2479, 2.219, 4.563e12],
  ])("at operating point %#", (point, asleep, busy, matrix, operationsPerSecond) => {
    const seconds = 0.37;
    const idle = idleRun();
    expect(relativeError(price(idle, point, seconds).meanPower, asleep)).toBeLessThan(1e-9);
    expect(relativeError(price(idle, point, seconds, { whileUnused: "off" }).meanPower, 0.0752)).toBeLessThan(
      1e-9,
    );

    const working = { ...idleRun(), usedPes: allPes };
    working.busyCycles.fill(seconds * point.peClock);
    expect(relativeError(price(working, point, seconds).meanPower, busy)).toBeLessThan(1e-9);

    const multiplying = { ...idleRun(), usedPes: allPes };
    multiplying.macArrayCycles.fill(seconds * point.peClock);
    multiplying.counts.macArray.mac.fill((seconds * operationsPerSecond) / 2 / 152);
    expect(relativeError(price(multiplying, point, seconds).meanPower, matrix)).toBeLessThan(1e-9);

    const spinning = { ...idleRun(), usedPes: allPes };
    const report = price(spinning, point, seconds, { whileWaiting: "spin" });
    expect(relativeError(report.meanPower, busy)).toBeLessThan(1e-9);
  });
});

describe("energyOf", () => {
  it("adds up: components to the total, causes and uses to the PEs' energy, exactly", () => {
    for (const whileWaiting of ["sleep", "spin"] as const) {
      const report = price(busyRun(), priced(slow), 1e-3, { whileWaiting });
      expect(report.components.map(({ name, basis }) => [name, basis])).toEqual([
        ["base", "time"],
        ["pe", "state"],
        ["macArray", "action"],
        ["noc", "action"],
        ["eventRouter", "action"],
        ["dram", "action"],
      ]);
      expect(report.components.reduce((sum, { energy }) => sum + energy, 0)).toBe(report.total);
      for (const component of report.components) {
        expect(component.dynamic + component.static).toBe(component.energy);
        expect(component.perStep).toBe(component.energy / 4);
      }
      const pe = part(report, "pe")!;
      expect(Object.values(report.peByCause).reduce<number>((sum, energy) => sum + energy, 0)).toBe(
        pe.dynamic,
      );
      const { working, waiting, unused } = report.peByUse;
      expect(working + waiting + unused).toBe(pe.static);
      expect(relativeError(report.dynamic + report.static, report.total)).toBeLessThan(1e-14);
      expect(report.perStep).toBe(report.total / 4);
      expect(report.meanPower).toBe(report.total / 1e-3);
    }
  });

  it("charges each component once, with the closed form", () => {
    const run = busyRun();
    Object.assign(run.counts.noc, { flitHop: 1000 });
    Object.assign(run.counts.eventRouter, { tableLookup: 200, packetOut: 300 });
    const report = price(run, priced(slow), 1e-3);
    const { pe, macArray } = slow.energy;
    if (pe.basis !== "state") throw new Error("SpiNNaker2 is charged by state");
    const busy = run.busyCycles.reduce((sum, cycles) => sum + cycles, 0);
    expect(part(report, "base")!.energy).toBe(0.0752 * 1e-3);
    expect(relativeError(part(report, "pe")!.dynamic, busy * pe.busyCycle)).toBeLessThan(1e-12);
    expect(relativeError(part(report, "pe")!.static, 152 * 1e-3 * pe.sleep)).toBeLessThan(1e-12);
    expect(part(report, "macArray")!.energy).toBe(6400 * macArray!.costs.mac!);
    expect(part(report, "noc")!.energy).toBe(1000 * 2e-12);
    expect(part(report, "eventRouter")!.energy).toBe(200 * 3e-12 + 300 * 5e-12);
    expect(relativeError(part(report, "dram")!.energy, 3216 * 64e-12)).toBeLessThan(1e-12);
    expect(report.isLowerBound).toBe(false);
    expect(report.unpriced).toEqual([]);
  });

  it("does not charge what PE power already holds, nor the host", () => {
    const run = busyRun();
    const before = price(run, slow, 1e-3);
    for (const traffic of Object.values(run.counts.sram)) traffic.fill(1e6);
    Object.assign(run.counts.host, { mac: 0, eventIn: 0, eventOut: 0 });
    expect(price(run, slow, 1e-3)).toEqual(before);
  });

  it("prices rows by the cycles of their form, so that the parts sum to the busy cycles", () => {
    const run = idleRun();
    work(run, 7, "rowFetch", 10);
    work(run, 7, "synop", 1000);
    work(run, 7, "synop", 300, "dense");
    work(run, 8, "emptySlot", 200, "dense");
    work(run, 8, "rowWord", 40, "block");
    work(run, 8, "timestep", 3);
    const { peByCause } = price(run, slow, 1e-3);
    const { pe } = slow.energy;
    const busyCycle = pe.basis === "state" ? pe.busyCycle : 0;
    const { csr, block, dense } = profile.pe.rowForms.int8!;
    expect(relativeError(peByCause.synop, (1000 * csr!.synop + 300 * dense!.synop) * busyCycle)).toBeLessThan(
      1e-12,
    );
    expect(relativeError(peByCause.emptySlot, 200 * dense!.emptySlot * busyCycle)).toBeLessThan(1e-12);
    expect(relativeError(peByCause.rowWord, 40 * block!.rowWord * busyCycle)).toBeLessThan(1e-12);
    expect(peByCause.other).toBe(0);
  });

  it("refuses a profile whose dense rows take longer than those of the run", () => {
    const run = idleRun();
    work(run, 7, "synop", 1000, "dense");
    const { int8, ...others } = profile.pe.rowForms;
    const { synop } = int8!.dense!;
    const slower = { ...int8!, dense: { ...int8!.dense!, synop: cycles(synop + 1) } };
    expect(() =>
      energyOf(run, withPe({ rowForms: { ...others, int8: slower } }), slow, timingOf(slow, 1)),
    ).toThrow(
      `The kernel actions of this run take ${1000 * (synop + 1)} PE cycles on spinnaker2, but its PEs were busy for ${1000 * synop}.`,
    );
  });

  it("splits busy cycles over the kernel's actions, the rest as other", () => {
    const run = idleRun();
    work(run, 7, "synop", 1000);
    run.busyCycles[7]! += 50;
    const { peByCause } = price(run, slow, 1e-3);
    const { pe } = slow.energy;
    const busyCycle = pe.basis === "state" ? pe.busyCycle : 0;
    expect(peByCause.synop).toBe(1000 * profile.pe.kernels.int8!.synop * busyCycle);
    expect(peByCause.other).toBe(50 * busyCycle);
    expect(peByCause.neuronUpdate).toBe(0);
    expect(peByCause.spinning).toBe(0);
  });

  it("makes waiting cost busy cycles where PEs spin, unused PEs apart", () => {
    const run = busyRun();
    const asleep = price(run, slow, 1e-3, { whileWaiting: "sleep" });
    const spinning = price(run, slow, 1e-3, { whileWaiting: "spin" });
    const cycles = 4 * 150_000 - run.busyCycles.reduce((sum, busy) => sum + busy, 0) - 571;
    const { pe } = slow.energy;
    const busyCycle = pe.basis === "state" ? pe.busyCycle : 0;
    expect(relativeError(spinning.peByCause.spinning, cycles * busyCycle)).toBeLessThan(1e-12);
    expect(relativeError(spinning.total - asleep.total, cycles * busyCycle)).toBeLessThan(1e-9);
    expect(spinning.peByUse).toEqual(asleep.peByUse);
    expect(relativeError(asleep.peSeconds.waiting, cycles / 150e6)).toBeLessThan(1e-12);
    expect(asleep.peSeconds.unused).toBe(148 * 1e-3);
  });

  it("follows the profile where options are silent, and the options where not", () => {
    const run = busyRun();
    const spinner = withPe({ whileWaiting: "spin", whileUnused: "off" });
    const timing = timingOf(slow, 1e-3);
    const own = energyOf(run, spinner, slow, timing);
    expect([own.whileWaiting, own.whileUnused, own.peByUse.unused]).toEqual(["spin", "off", 0]);
    expect(own).toEqual(price(run, slow, 1e-3, { whileWaiting: "spin", whileUnused: "off" }));
    const other = energyOf(run, spinner, slow, timing, { whileWaiting: "sleep", whileUnused: "sleep" });
    expect(other).toEqual(price(run, slow, 1e-3));
  });

  it("keeps reserved PEs powered where unused ones are off", () => {
    const report = energyOf(busyRun(), withPe({ reserved: [0, 1] }), slow, timingOf(slow, 1e-3), {
      whileUnused: "off",
    });
    expect(report.peSeconds.unused).toBe(2e-3);
  });

  it("counts a PE as used that worked, named or not", () => {
    const run = busyRun();
    const named = price(run, slow, 1e-3, { whileUnused: "off" });
    expect(price({ ...run, usedPes: [] }, slow, 1e-3, { whileUnused: "off" })).toEqual(named);
  });

  it("lets MAC array and core work at the same time, but neither longer than the run", () => {
    const run = idleRun();
    work(run, 0, "synop", 10_000);
    run.macArrayCycles[0] = 140_000;
    expect(price(run, slow, 1e-3).peSeconds.waiting).toBe(0);
    run.macArrayCycles[0] = 150_001;
    expect(() => price(run, slow, 1e-3)).toThrow(
      "PE 0 was busy for 150001 cycles of a run that lasts 150000.",
    );
  });

  it("gives energy a window only for runs with windows", () => {
    const run = busyRun();
    expect(price(run, slow, 1e-3).perWindow).toBeUndefined();
    const windowed = energyOf({ ...run, window: 70 }, profile, slow, timingOf(slow, 1e-3));
    expect(windowed.perWindow).toBe(windowed.perStep * 70);
  });
});

describe("energy is linear in each cost", () => {
  const factor = fc.integer({ min: 0, max: 8000 }).map((eighths) => eighths / 8);
  const run = busyRun();
  Object.assign(run.counts.noc, { flitHop: 1e6 });
  const base = priced(slow);
  const reference = price(run, base, 1e-3, { whileWaiting: "spin" });

  const scaled: Record<string, [(k: number) => OperatingPoint, (report: EnergyReport) => number]> = {
    base: [(k) => withEnergy(base, { base: watts(base.energy.base! * k) }), (r) => part(r, "base")!.energy],
    sleep: [
      (k) => withEnergy(base, { pe: { ...base.energy.pe, sleep: watts(base.energy.pe.sleep * k) } }),
      (r) => part(r, "pe")!.static,
    ],
    busyCycle: [
      (k) => {
        const { pe } = base.energy;
        return pe.basis === "state"
          ? withEnergy(base, { pe: { ...pe, busyCycle: joules(pe.busyCycle * k) } })
          : base;
      },
      (r) => part(r, "pe")!.dynamic,
    ],
    mac: [
      (k) =>
        withEnergy(base, {
          macArray: { basis: "action", costs: { mac: joules(base.energy.macArray!.costs.mac! * k) } },
        }),
      (r) => part(r, "macArray")!.energy,
    ],
    flitHop: [
      (k) => withEnergy(base, { noc: { basis: "action", costs: { flitHop: joules(2e-12 * k) } } }),
      (r) => part(r, "noc")!.energy,
    ],
  };

  it.each(Object.entries(scaled))("%s", (_, [pointOf, partOf]) => {
    fc.assert(
      fc.property(factor, (k) => {
        const report = price(run, pointOf(k), 1e-3, { whileWaiting: "spin" });
        const expected = partOf(reference) * k;
        expect(Math.abs(partOf(report) - expected)).toBeLessThanOrEqual(1e-12 * expected);
        const rest = reference.total - partOf(reference);
        expect(Math.abs(report.total - rest - expected)).toBeLessThanOrEqual(1e-9 * report.total);
      }),
    );
  });
});

describe("things that do not belong together", () => {
  it("are refused: times of another operating point", () => {
    expect(() => energyOf(idleRun(), profile, fast, timingOf(slow, 1))).toThrow(
      "The times are those of 150MHz, the powers those of 300MHz.",
    );
  });

  it("are refused: a run of another chip", () => {
    expect(() => energyOf(idleRun(), withPe({ count: 151 }), slow, timingOf(slow, 1))).toThrow(
      "The run has 152 PEs, but spinnaker2 has 151.",
    );
  });

  it("are refused: kernels that the chip does not have, or that are slower than the run's", () => {
    const run = idleRun();
    work(run, 0, "synop", 100);
    const { int8: _, ...rowForms } = profile.pe.rowForms;
    expect(() => energyOf(run, withPe({ rowForms }), slow, timingOf(slow, 1))).toThrow(
      "The run used int8 kernels for csr rows, which spinnaker2 does not have.",
    );
    const other = idleRun();
    work(other, 0, "timestep", 1);
    const { int8: __, ...kernels } = profile.pe.kernels;
    expect(() => energyOf(other, withPe({ kernels }), slow, timingOf(slow, 1))).toThrow(
      "The run used int8 kernels, which spinnaker2 does not have.",
    );
    run.busyCycles[0]! -= 1;
    expect(() => price(run, slow, 1)).toThrow(
      "The kernel actions of this run take 1100 PE cycles on spinnaker2, but its PEs were busy for 1099.",
    );
  });

  it("are refused: a run without timesteps or time", () => {
    expect(() => price(idleRun(0), slow, 1)).toThrow("the run has no timesteps, so it has no power");
    expect(() => price(idleRun(), { ...slow, peClock: hertz(1) }, 0)).toThrow("the run has no timesteps");
  });
});
