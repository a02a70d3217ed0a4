import { describe, expect, it } from "vitest";
import { KERNEL_ACTIONS } from "../../../src/core/counts.ts";
import type { PeEnergy } from "../../../src/core/profile.ts";
import { joules, watts } from "../../../src/core/units.ts";
import { busyRun, idleRun, part, price, priced, relativeError, slow, withEnergy, work } from "./runs.ts";

describe("unknown costs", () => {
  it("make the total a lower bound that names what is missing", () => {
    const run = busyRun();
    expect(price(run, slow, 1e-3).isLowerBound).toBe(false);
    Object.assign(run.counts.noc, { flitHop: 12 });
    Object.assign(run.counts.eventRouter, { tableLookup: 3 });
    const report = price(run, slow, 1e-3);
    expect(report.isLowerBound).toBe(true);
    expect(report.unpriced).toEqual([
      { component: "noc", action: "flitHop", count: 12 },
      { component: "eventRouter", action: "tableLookup", count: 3 },
    ]);
    expect(part(report, "noc")!.unpriced).toEqual([{ component: "noc", action: "flitHop", count: 12 }]);
    expect(report.total).toBeLessThan(price(run, priced(slow), 1e-3).total);
  });

  it("may be the chip's base power, which is then missing from every run", () => {
    const bare = withEnergy(slow, { base: undefined });
    const report = price(idleRun(), bare, 1e-3);
    expect(report.isLowerBound).toBe(true);
    expect(report.unpriced).toEqual([{ component: "base", action: "power", count: 1 }]);
    expect(part(report, "base")).toMatchObject({ basis: "time", energy: 0, static: 0 });
    const known = price(idleRun(), slow, 1e-3);
    expect(relativeError(report.total, known.total - slow.energy.base! * 1e-3)).toBeLessThan(1e-12);
  });

  it("include work of components that the chip's costs leave out", () => {
    const { macArray: _, dram: __, ...energy } = slow.energy;
    const bare = { ...slow, energy };
    const report = price(busyRun(), bare, 1e-3);
    expect(report.unpriced).toEqual([
      { component: "macArray", action: "mac", count: 6400 },
      { component: "dram", action: "byteRead", count: 3200 },
      { component: "dram", action: "byteWritten", count: 16 },
    ]);
    const idle = price(idleRun(), bare, 1e-3);
    expect(idle.components.map(({ name }) => name)).toEqual(["base", "pe", "noc", "eventRouter"]);
  });
});

describe("PEs charged by action", () => {
  const costs = {
    packetReceive: 1,
    rowLookup: 2,
    rowFetch: 3,
    rowWord: 8,
    synop: 4,
    emptySlot: 9,
    neuronUpdate: 5,
    lstmUpdate: 11,
    gruUpdate: 12,
    lifUpdate: 13,
    linearUpdate: 1,
    maxUpdate: 1,
    activationUpdate: 14,
    eventSend: 6,
    timestep: 7,
    macOperand: 10,
    macMagnitude: 15,
    macResult: 11,
  };
  const pe = (changes: Partial<Record<keyof typeof costs, undefined>> = {}): PeEnergy => ({
    basis: "action",
    sleep: watts(1e-3),
    costs: {
      ...(Object.fromEntries(
        KERNEL_ACTIONS.map((action) => [action, joules(costs[action] * 1e-9)]),
      ) as Record<keyof typeof costs, number>),
      ...changes,
    },
  });

  it("pay for what they did, beside a static power, and not for their cycles", () => {
    const run = idleRun();
    work(run, 2, "synop", 1000);
    work(run, 9, "eventSend", 10);
    run.busyCycles[2]! += 12_345;
    const report = price(run, withEnergy(slow, { pe: pe() }), 1e-3);
    const component = part(report, "pe")!;
    expect(component.basis).toBe("action");
    expect(relativeError(component.dynamic, 1000 * 4e-9 + 10 * 6e-9)).toBeLessThan(1e-12);
    expect(relativeError(component.static, 152e-6)).toBeLessThan(1e-12);
    expect(relativeError(report.peByCause.eventSend, 60e-9)).toBeLessThan(1e-12);
  });

  it("name the structure of rows, stored zeros and what products take, each at its own cost", () => {
    const run = idleRun();
    work(run, 2, "rowWord", 50, "block");
    work(run, 2, "emptySlot", 70, "dense");
    work(run, 2, "macOperand", 30);
    work(run, 2, "macMagnitude", 40);
    work(run, 2, "macResult", 20);
    const known = price(run, withEnergy(slow, { pe: pe() }), 1e-3);
    expect(
      relativeError(part(known, "pe")!.dynamic, 50 * 8e-9 + 70 * 9e-9 + 30 * 10e-9 + 40 * 15e-9 + 20 * 11e-9),
    ).toBeLessThan(1e-12);
    const costs = {
      rowWord: undefined,
      emptySlot: undefined,
      macOperand: undefined,
      macMagnitude: undefined,
      macResult: undefined,
    };
    expect(price(run, withEnergy(slow, { pe: pe(costs) }), 1e-3).unpriced).toEqual([
      { component: "pe", action: "rowWord", count: 50 },
      { component: "pe", action: "emptySlot", count: 70 },
      { component: "pe", action: "macOperand", count: 30 },
      { component: "pe", action: "macMagnitude", count: 40 },
      { component: "pe", action: "macResult", count: 20 },
    ]);
  });

  it("name unknown actions that happened, and spinning", () => {
    const run = idleRun();
    work(run, 2, "synop", 1000);
    const report = price(run, withEnergy(slow, { pe: pe({ synop: undefined, timestep: undefined }) }), 1e-3, {
      whileWaiting: "spin",
    });
    expect(report.unpriced).toEqual([
      { component: "pe", action: "synop", count: 1000 },
      { component: "pe", action: "spinCycle", count: 150_000 - 11_000 },
    ]);
    expect(part(report, "pe")!.dynamic).toBe(0);
  });
});

describe("a board", () => {
  const chipLinks = { basis: "action", costs: { packet: joules(7e-9) } } as const;

  it("draws its own power beside the chips', and its links by packet", () => {
    const run = busyRun();
    Object.assign(run.counts.chipLinks, { packet: 1000 });
    const board = withEnergy(slow, { board: { power: watts(2) }, chipLinks });
    const report = price(run, board, 1e-3);
    expect(part(report, "board")).toMatchObject({ basis: "time", static: 2e-3, dynamic: 0 });
    expect(part(report, "chipLinks")!.energy).toBe(1000 * 7e-9);
    expect(relativeError(report.total, price(busyRun(), slow, 1e-3).total + 2e-3 + 7e-6)).toBeLessThan(1e-12);
  });

  it("of unknown power and links makes the total a lower bound", () => {
    const run = idleRun();
    Object.assign(run.counts.chipLinks, { packet: 5 });
    const costs = { packet: undefined };
    const board = withEnergy(slow, { board: { power: undefined }, chipLinks: { ...chipLinks, costs } });
    expect(price(run, board, 1e-3).unpriced).toEqual([
      { component: "board", action: "power", count: 1 },
      { component: "chipLinks", action: "packet", count: 5 },
    ]);
  });
});
