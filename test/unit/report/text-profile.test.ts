import { describe, expect, it } from "vitest";
import { PLAIN_STYLE } from "../../../src/report/layout.ts";
import { formatFloorPlan } from "../../../src/report/text-floor-plan.ts";
import { formatProfile } from "../../../src/report/text-profile.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";
import { shipped } from "../profiles/shipped.ts";

describe("a floor plan", () => {
  it("shows PEs, router, host and DRAM where they are, y upwards", () => {
    const chip = tinyChip({ pesPerNode: 1 });
    const noc = { ...chip.noc, hostNode: { x: 3, y: 0 }, dramNode: { x: 3, y: 2 } };
    expect(formatFloorPlan({ ...chip, noc }, PLAIN_STYLE)).toEqual([
      "Floor plan",
      "  y \\ x  0  1  2  3",
      "      2  5  6  7  D",
      "      1  3  R  4  ·",
      "      0  0  1  2  H",
      "  Numbers are PEs as in reports, from 0; R event router, H host, D DRAM.",
    ]);
  });

  it("writes the PEs of a node as a range, or one by one, and lets host and DRAM share a place", () => {
    const chip = tinyChip({ pesPerNode: 3 });
    const [first, ...others] = chip.noc.nodes;
    const place = { x: 1, y: 3 };
    const noc = {
      ...chip.noc,
      nodes: [{ ...first!, pes: [0, 2, 9] }, ...others],
      hostNode: place,
      dramNode: place,
    };
    const lines = formatFloorPlan({ ...chip, noc }, PLAIN_STYLE);
    expect(lines[2]).toMatch(/ · +HD +·$/);
    expect(lines[5]).toMatch(/ 0 +0,2,9 +3-5 +6-8$/);
  });

  it("shows meshes without an event router", () => {
    expect(formatFloorPlan(tinyMulticast({ pesPerNode: 1 }), PLAIN_STYLE)).toEqual([
      "Floor plan",
      "  y \\ x   0  1   2   3",
      "      2   8  9  10  11",
      "      1   4  5   6   7",
      "      0  0H  1   2   3",
      "  Numbers are PEs as in reports, from 0; each node has a router; H host.",
    ]);
    expect(formatFloorPlan(tinyUnicast(), PLAIN_STYLE).slice(2)).toEqual([
      "      1   6-7  8-9  10-11",
      "      0  0-1H  2-3    4-5",
      "  Numbers are PEs as in reports, from 0; H host.",
    ]);
  });

  it("shows dead PEs, and names dead links and chips", () => {
    const mesh = tinyMulticast({ pesPerNode: 3 });
    const noc = {
      ...mesh.noc,
      deadLinks: [
        [
          { x: 0, y: 0 },
          { x: 1, y: 0 },
        ],
      ] as const,
    };
    const lines = formatFloorPlan({ ...mesh, pe: { ...mesh.pe, dead: [4, 9, 10, 11] }, noc }, PLAIN_STYLE);
    expect(lines[4]).toMatch(/ 0-2H +3,x,5 +6-8 +x,x,x$/);
    expect(lines.slice(6)).toEqual([
      "  A dead PE is shown as x.",
      "  Dead links of the mesh: (0, 0)-(1, 0).",
    ]);
    const whole = tinyBoard();
    const board = { ...whole.board!, deadChips: [4], deadLinks: noc.deadLinks };
    const pe = { ...whole.pe, dead: Array.from({ length: 16 }, (_, own) => 64 + own) };
    expect(formatFloorPlan({ ...whole, pe, board }, PLAIN_STYLE).slice(-2)).toEqual([
      "  Dead links between chips: (0, 0)-(1, 0).",
      "  Dead chips: 4.",
    ]);
  });

  it("shows the first of a board's chips, as all are alike", () => {
    const [heading, ...map] = formatFloorPlan(tinyChip(), PLAIN_STYLE);
    expect(formatFloorPlan(tinyBoard(), PLAIN_STYLE)).toEqual([
      heading,
      "  5 chips, joined to up to 6 neighbours, the host to chip 1.",
      "  PEs of chip n begin at 16 × n. This is chip 0:",
      ...map,
    ]);
  });

  it("does not draw what no terminal could show", () => {
    const chip = tinyChip();
    const noc = { ...chip.noc, hostNode: { x: 1023, y: 1023 } };
    expect(formatFloorPlan({ ...chip, noc }, PLAIN_STYLE)).toEqual([
      "Floor plan",
      "  8 nodes with PEs on a mesh of 1,024 × 1,024: too large to draw",
    ]);
  });
});

describe("formatProfile", () => {
  it("prints each source once, as a note that figures point to", () => {
    const loaded = shipped();
    const text = formatProfile(loaded);
    const [, notes = ""] = text.split("\nSources\n");
    const sources = new Set(loaded.figures.flatMap(({ source }) => source ?? []));
    expect(notes.match(/^ +\[\d+\] /gm)).toHaveLength(sources.size);
    expect(text).toMatch(/^pe\.count +152 count +published +\[1\]$/m);
    expect(text).toMatch(/^noc\.floorPlan +\(see the map\) +published +\[\d+\]$/m);
    expect(text).toMatch(/^operatingPoints\.150MHz\.energy\.pe\.sleep +1\.05 mW +derived +\[\d+\]$/m);
    expect(text).toContain("\n      6  48-51  52-55 ");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("shows both hashes: of all, and of what programs depend on", () => {
    const loaded = shipped();
    expect(formatProfile(loaded)).toContain(
      `sha256 ${loaded.profile.sha256}\nof what programs depend on ${loaded.profile.hash}\n`,
    );
  });
});
