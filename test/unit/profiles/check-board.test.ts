import { describe, expect, it } from "vitest";
import type { BoardProfile, HardwareProfile } from "../../../src/core/profile.ts";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";
import { fixture } from "./fixtures.ts";

const findingsOf = (profile: HardwareProfile) =>
  checkProfile(profile).map(({ severity, path, problem }) => `${severity} ${path}: ${problem}`);
const { profile } = fixture("tiny-board");
const board = profile.board!;
const withBoard = (changes: Partial<BoardProfile>): HardwareProfile => ({
  ...profile,
  board: { ...board, ...changes },
});

describe("a board", () => {
  it("has one chip at a place", () => {
    const chips = board.chips.with(3, board.chips[1]!);
    expect(findingsOf(withBoard({ chips }))).toEqual(["error board.chips: two chips stand at (1, 0)"]);
  });

  it("has links from its first chip to all others", () => {
    const far = board.chips.with(4, { x: 5, y: 5 });
    expect(findingsOf(withBoard({ chips: far }))).toEqual([
      "error board.chips: no links lead from chip 0 at (0, 0) to chip 4 at (5, 5)",
    ]);
    const square = { neighbours: 4, isTorus: false } as const;
    const apart = board.chips.map(({ x }, chip) => ({ x: x + chip, y: chip % 2 }));
    expect(findingsOf(withBoard({ chips: apart, topology: square }))).toEqual([
      "error board.chips: no links lead from chip 0 at (0, 0) to chip 1 at (2, 1) and 3 more",
    ]);
  });

  it("has its host at one of its chips", () => {
    expect(findingsOf(withBoard({ hostChip: 4 }))).toEqual([]);
    expect(findingsOf(withBoard({ hostChip: 5 }))).toEqual([
      "error board.hostChip: names chip 5, but chips are numbered from 0 to 4",
    ]);
  });

  it.each([tinyMulticast(), tinyUnicast()])("has chips with an event router, not $noc.kind", (chip) => {
    const alone = { ...board, chips: [{ x: 0, y: 0 }], hostChip: 0 };
    expect(findingsOf({ ...chip, board: alone })).toEqual([
      `error board: joins the event routers of chips, which a NoC of kind "${chip.noc.kind}" has not; give all nodes in the floor plan`,
    ]);
  });

  it("needs keys for the PEs of all its chips", () => {
    expect(() => fixture("tiny-board", ["eventRouter.keyBits=8bit", "pe.reserved=[]"])).not.toThrow();
    const narrow = { ...profile, eventRouter: { ...profile.eventRouter, keyBits: 6 } };
    expect(findingsOf(narrow)).toEqual(["error eventRouter.keyBits: 64 keys are fewer than 80 PEs"]);
  });

  it("is checked by its first chip, of which PEs are named as in the file", () => {
    expect(() => fixture("tiny-board", ["pe.reserved=[16]"])).toThrow(
      "pe.reserved: names PE 16, but indices end at 15",
    );
    expect(() => fixture("tiny-board", ["pe.count=17count"])).toThrow("noc.floorPlan: PE 16 is in no node");
    expect(() => fixture("tiny-board", ["pe.count=15count"])).toThrow(
      "noc.floorPlan: node (2, 2) names PE 15, but PEs are numbered from 0 to 14",
    );
  });

  it("does not fill the memory with PEs", () => {
    const chips = JSON.stringify(
      Array.from({ length: 4096 }, (_, x) => ({ x: x % 64, y: Math.floor(x / 64) })),
    );
    expect(() => fixture("tiny-board", ["pe.count=1000count", `board.chips=${chips}`])).toThrow(
      "board.chips: 4,096 chips have 4,096,000 PEs; at most 1,000,000 are taken",
    );
  });

  it("as made by hand is sound, but for its host among PEs as on the tiny chip", () => {
    expect(findingsOf(tinyBoard())).toEqual([
      "error noc.hostNode: the host stands at (1, 0), which holds PEs",
    ]);
  });
});
