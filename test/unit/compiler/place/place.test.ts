import { describe, expect, it } from "vitest";
import { defaultPlacer, PLACERS } from "../../../../compiler/place/place.ts";
import { type CompileOptions, compile } from "../../../../compiler/pipeline.ts";
import { hashOf } from "../../../../src/core/hash.ts";
import type { Slice } from "../../../../src/core/mapping.ts";
import { type HardwareProfile, pesOfChip, usablePes } from "../../../../src/core/profile.ts";
import { routerGraphOf } from "../../../../src/core/router-graph.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";

const nearRouter = PLACERS.find(({ name }) => name === "near-router")!;

function place(profile: HardwareProfile): readonly number[] {
  const pes = usablePes(profile);
  const slices = pes.map((_, first): Slice => ({ population: "p", first, count: 1 }));
  return nearRouter.place({ slices, pes, profile, flows: [] }, { seed: 1 });
}

const distinct = (values: readonly number[]): number[] =>
  values.filter((value, i) => value !== values[i - 1]);

describe("near-router", () => {
  it("fills the nodes beside the event router before those at the corners", () => {
    const chip = tinyChip();
    const hops = place(chip).map((pe) => {
      const { x, y } = chip.noc.nodes.find(({ pes }) => pes.includes(pe))!;
      return Math.abs(x - 1) + Math.abs(y - 1);
    });
    expect(hops).toEqual([...Array<number>(8).fill(1), ...Array<number>(8).fill(2)]);
  });

  it("fills a board chip by chip from the host's on, each chip beside the one before", () => {
    const board = tinyBoard();
    const chips = distinct(place(board).map((pe) => Math.floor(pe / pesOfChip(board))));
    expect(chips[0]).toBe(1);
    expect([...chips].sort()).toEqual([0, 1, 2, 3, 4]);
    const { neighbour, directions } = routerGraphOf(board);
    for (const [i, chip] of chips.entries()) {
      if (i === 0) continue;
      const before = chips[i - 1]! * directions.length;
      expect([...neighbour.subarray(before, before + directions.length)]).toContain(chip);
    }
  });

  it.each([tinyMulticast(), tinyUnicast()])("goes along $noc.kind nodes without a jump", (profile) => {
    const nodes = distinct(
      place(profile).map((pe) => profile.noc.nodes.findIndex(({ pes }) => pes.includes(pe))),
    ).map((node) => profile.noc.nodes[node]!);
    expect(nodes).toHaveLength(profile.noc.nodes.length);
    for (const [i, { x, y }] of nodes.entries()) {
      const before = nodes[i - 1];
      if (before) expect(Math.abs(x - before.x) + Math.abs(y - before.y)).toBe(1);
    }
  });
});

describe("the default placer", () => {
  it.each([
    [tinyChip(), "near-router"],
    [tinyBoard(), "near-router"],
    [tinyMulticast(), "near-router"],
    [tinyUnicast(), "annealing"],
  ])("suits the NoC (%#: $1)", (profile, name) => {
    expect(defaultPlacer(profile).name).toBe(name);
  });

  it("is in the program's options, and measured activity as well", () => {
    const model = tinyModel({ layers: [9, 6] });
    const activity = new Map([["egru0", new Float64Array(9).fill(0.1)]]);
    const optionsOf = (options: CompileOptions) =>
      compile(model, tinyUnicast({ sramBytes: 65_536 }), options).program.manifest.options;
    expect(optionsOf({})).toMatchObject({ placer: "annealing" });
    expect(Object.keys(optionsOf({}))).not.toContain("activity");
    expect(optionsOf({ activity })).toMatchObject({ activity: hashOf("egru0", activity.get("egru0")!) });
  });
});
