import { describe, expect, it } from "vitest";
import { chipsOf, pesOfChip, usablePes } from "../../../src/core/profile.ts";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";
import { fixture } from "./fixtures.ts";
import { shippedWith } from "./shipped.ts";

describe("each kind of NoC", () => {
  it.each([
    ["mesh-multicast", fixture("tiny-multicast").profile, tinyMulticast()],
    ["mesh-unicast", fixture("tiny-unicast").profile, tinyUnicast()],
  ])("resolves from JSON to the same value as by hand: %s", (kind, { noc, eventRouter, pe }, byHand) => {
    expect(noc.kind).toBe(kind);
    expect(noc).toEqual(byHand.noc);
    expect(eventRouter).toEqual(byHand.eventRouter);
    expect(pe.count).toBe(byHand.pe.count);
  });

  it.each(["tiny", "tiny-board", "tiny-multicast", "tiny-unicast"] as const)("is found sound: %s", (name) => {
    expect(checkProfile(fixture(name).profile)).toEqual([]);
  });

  it.each([tinyMulticast(), tinyUnicast(), tinyMulticast({ neighbours: 4, isTorus: true })])(
    "is sound where it was made by hand: $name",
    (profile) => expect(checkProfile(profile)).toEqual([]),
  );
});

describe("a time after which packets are dropped", () => {
  const dropAfterOf = (dropAfter?: object) =>
    readProfile(shippedWith({ "eventRouter.dropAfter": dropAfter }), "s2.json").profile.eventRouter.dropAfter;
  const figure = { basis: "measured", source: "bench" };

  it("is given in cycles of the router's clock or as a time, and may be absent", () => {
    expect(dropAfterOf({ ...figure, value: 200, unit: "cycles" })).toBe(200 / 400e6);
    expect(dropAfterOf({ ...figure, value: 1, unit: "us" })).toBe(1e-6);
    expect(dropAfterOf()).toBeUndefined();
  });
});

describe("a board", () => {
  const { profile } = fixture("tiny-board", ["pe.reserved=[3,5]"]);
  const chip = fixture("tiny").profile;

  it("has the PEs and nodes of all its chips, chip by chip", () => {
    expect([chipsOf(profile), pesOfChip(profile), profile.pe.count]).toEqual([5, 16, 80]);
    const { nodes } = profile.noc;
    expect(nodes).toHaveLength(5 * 8);
    for (const [index, node] of nodes.entries()) {
      const own = Math.floor(index / 8);
      const { x, y, pes } = chip.noc.nodes[index % 8]!;
      expect(node).toEqual({ x, y, chip: own, pes: pes.map((pe) => pe + 16 * own) });
    }
  });

  it("keeps the reserved PEs of every chip to itself", () => {
    expect(profile.pe.reserved).toEqual([3, 5, 19, 21, 35, 37, 51, 53, 67, 69]);
    expect(usablePes(profile)).toHaveLength(80 - 10);
  });

  it("resolves its links to cycles of their clock, as by hand", () => {
    expect(profile.board).toEqual(tinyBoard().board);
    expect(fixture("tiny-board", ["board.link.latency=100ns"]).profile.board!.link.latencyCycles).toBe(13);
  });

  it("draws the base power of every chip, beside what it draws itself; a PE costs what it did", () => {
    for (const [index, { energy }] of profile.operatingPoints.entries()) {
      const single = chip.operatingPoints[index]!.energy;
      expect(energy.base).toBeCloseTo(5 * single.base!, 12);
      expect([energy.pe, energy.macArray]).toEqual([single.pe, single.macArray]);
      expect(energy.board).toEqual({ power: 0.002 });
      expect(energy.chipLinks).toEqual({ basis: "action", costs: { packet: 1e-12 } });
      expect([single.board, single.chipLinks]).toEqual([undefined, undefined]);
    }
  });

  it("whose own power is unknown says so", () => {
    const { energy } = fixture("tiny-board", ["board.power=unknown"]).profile.operatingPoints[0]!;
    expect(energy.board).toEqual({ power: undefined });
  });

  it.each(["board.hostChip=2", "board.link.latency=90ns", "board.link.buffer=8count"])(
    "binds programs to itself: %s changes the hash",
    (override) => {
      expect(fixture("tiny-board", [override]).profile.hash).not.toBe(fixture("tiny-board").profile.hash);
    },
  );

  it("as made by hand describes the same chips", () => {
    const byHand = tinyBoard({ reserved: [3, 5] });
    expect(byHand.pe.reserved).toEqual(profile.pe.reserved);
    expect(byHand.noc.nodes).toEqual(profile.noc.nodes);
    expect(byHand.operatingPoints[0]!.energy.base).toBeCloseTo(
      5 * tinyChip().operatingPoints[0]!.energy.base!,
      12,
    );
  });
});
