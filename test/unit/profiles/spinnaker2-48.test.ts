import { describe, expect, it } from "vitest";
import { oppositeOf, routerGraphOf } from "../../../src/core/router-graph.ts";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { loadBaseText, loadProfileText } from "../../../src/runtime/profile-files.ts";
import { shipped } from "./shipped.ts";

const { text, fileName } = loadProfileText("spinnaker2-48");
const { profile } = readProfile(text, fileName, [], loadBaseText);
const chip = shipped().profile;

describe("the shipped board of 48 SpiNNaker2 chips", () => {
  it("is sound, and made of the shipped chip", () => {
    expect(checkProfile(profile, { neurons: 2 ** 32 })).toEqual([]);
    expect(profile.pe).toEqual({ ...chip.pe, count: 48 * 152 });
    const { nodes, ...noc } = profile.noc;
    expect({ ...noc, nodes: nodes.filter((node) => node.chip === 0) }).toEqual(chip.noc);
    const { dropAfter, ...eventRouter } = profile.eventRouter;
    expect([eventRouter, profile.dram, profile.host]).toEqual([chip.eventRouter, chip.dram, chip.host]);
    expect(dropAfter, "routers that wait for each other in a circle must come free").toBeCloseTo(10e-6, 12);
  });

  it("stands in the square of 8 x 8 without the two corners that lie off the diagonal", () => {
    const inHexagon = Array.from({ length: 64 }, (_, i) => ({ x: i % 8, y: Math.floor(i / 8) })).filter(
      ({ x, y }) => x - y <= 4 && y - x <= 3,
    );
    expect(profile.board!.chips).toEqual(inHexagon);
    expect(inHexagon).toHaveLength(48);
  });

  it("is joined by 240 links in one direction: six a chip, less the 48 that would leave the board", () => {
    const graph = routerGraphOf(profile);
    const { neighbour, directions } = graph;
    expect(directions).toHaveLength(6);
    expect(neighbour.filter((other) => other >= 0)).toHaveLength(6 * 48 - 48);
    for (const [link, other] of neighbour.entries()) {
      if (other < 0) continue;
      const back = other * 6 + oppositeOf(graph, link % 6);
      expect(neighbour[back]).toBe(Math.floor(link / 6));
    }
  });

  it("sends a packet of 96 bit at 6 Gbit/s", () => {
    const { clock, packetCycles } = profile.board!.link;
    expect((96 * clock) / packetCycles).toBe(6e9);
  });

  it("draws 48 times the published power of a chip with all PEs off", () => {
    for (const { energy } of profile.operatingPoints) {
      expect(energy.base).toBeCloseTo(48 * 75.2e-3, 12);
      expect([energy.board, energy.chipLinks!.costs.packet]).toEqual([{ power: undefined }, undefined]);
    }
  });
});
