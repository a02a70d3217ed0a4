import { describe, expect, it } from "vitest";
import type { LinkCount } from "../../../src/core/counts.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { networkOf } from "../../../src/report/network-json.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { idleRun } from "../energy/runs.ts";

/** NoC 300 MHz, 2 cycles a flit; event router 400 MHz, 3 engines, 6 ports. */
const chip = tinyChip();
const profile = { ...chip, noc: { ...chip.noc, flitCycles: 2 } };
const link = (
  from: [number, number],
  to: [number, number],
  flits: number,
  changes: Partial<LinkCount> = {},
) => ({
  chip: 0,
  isBetweenChips: false,
  from,
  to,
  flits,
  ...changes,
});
const countsOf = (links: LinkCount[], tableLookup = 0, packetOut = 0) => ({
  ...idleRun().counts,
  links,
  eventRouter: { tableLookup, packetOut },
});

describe("networkOf", () => {
  it("is flits times cycles a flit over the run's time, mean and maximum of each direction", () => {
    const links = [
      link([0, 0], [1, 0], 300_000),
      link([1, 0], [2, 0], 0),
      link([1, 0], [0, 0], 600_000),
      link([0, 0], [0, 1], 150_000),
      link([0, 1], [0, 0], 0),
    ];
    const network = networkOf(countsOf(links), profile, 0.01);
    const rows = network.links.map((row) => [
      row.direction,
      row.links,
      row.meanUtilisation,
      row.maxUtilisation,
    ]);
    expect(rows).toEqual([
      ["east", 2, 0.1, 0.2],
      ["north", 1, 0.1, 0.1],
      ["west", 1, 0.4, 0.4],
      ["south", 1, 0, 0],
    ]);
    expect(network.busiestLink).toEqual({
      chip: 0,
      isBetweenChips: false,
      from: [1, 0],
      to: [0, 0],
      utilisation: 0.4,
    });
  });

  it("names no busiest link where nothing was sent", () => {
    expect(networkOf(countsOf([link([0, 0], [1, 0], 0)]), profile, 1).busiestLink).toBeUndefined();
  });

  it("takes the busier of the event router's engines and ports", () => {
    // 6000 keys by 3 engines take as long as 12,000 copies through 6 ports.
    expect(networkOf(countsOf([], 6000, 100), profile, 1e-3).eventRouterUtilisation).toBeCloseTo(0.005, 12);
    expect(networkOf(countsOf([], 6000, 24_000), profile, 1e-3).eventRouterUtilisation).toBeCloseTo(0.01, 12);
  });

  it("keeps links between chips apart, at their own clock, around a torus too", () => {
    const board: NonNullable<HardwareProfile["board"]> = {
      chips: [0, 1, 2].map((x) => ({ x, y: 0 })),
      hostChip: 0,
      topology: { neighbours: 6, isTorus: true },
      link: { clock: 100e6, packetCycles: 4, latencyCycles: 10, bufferPackets: 8 },
    };
    const between = { isBetweenChips: true };
    const links = [
      link([0, 0], [1, 0], 300, { chip: 1 }),
      link([2, 0], [0, 0], 250_000, between),
      link([0, 0], [1, 1], 0, between),
    ];
    const network = networkOf(countsOf(links, 9000), { ...profile, board }, 0.1);
    expect(network.links.map(({ direction, isBetweenChips }) => [direction, isBetweenChips])).toEqual([
      ["east", false],
      ["east", true],
      ["north east", true],
    ]);
    expect(network.links[1]!.maxUtilisation).toBeCloseTo(0.1, 12);
    expect(network.busiestLink).toMatchObject({ isBetweenChips: true, from: [2, 0], to: [0, 0] });
    expect(network.eventRouterUtilisation, "three routers").toBeCloseTo(9000 / 3 / 400e6 / 0.1 / 3, 15);
  });
});
