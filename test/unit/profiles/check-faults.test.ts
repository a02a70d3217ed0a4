import { describe, expect, it } from "vitest";
import { type DeadLink, type HardwareProfile, usablePes } from "../../../src/core/profile.ts";
import { routerGraphOf } from "../../../src/core/router-graph.ts";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";
import { linksOf, withDeadLinks } from "../../support/faulty-machines.ts";
import { fixture } from "./fixtures.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { faultOf, shippedWith } from "./shipped.ts";

const findingsOf = (profile: HardwareProfile) =>
  checkProfile(profile).map(({ severity, path, problem }) => `${severity} ${path}: ${problem}`);

const at = (x: number, y: number) => ({ x, y });
const withLinks = (profile: HardwareProfile, ...deadLinks: DeadLink[]): HardwareProfile => ({
  ...profile,
  noc: { ...profile.noc, deadLinks },
});
const withDead = (profile: HardwareProfile, dead: number[]): HardwareProfile => ({
  ...profile,
  pe: { ...profile.pe, dead },
});

describe("dead PEs", () => {
  it("are not for programs, and neither those of dead nodes and chips", () => {
    const mesh = fixture("tiny-multicast", ["pe.dead=7,3", "noc.deadNodes=(1,0)"]).profile;
    const [node] = mesh.noc.nodes.filter(({ x, y }) => x === 1 && y === 0);
    expect(mesh.pe.dead).toEqual([...new Set([3, 7, ...node!.pes])].sort((a, b) => a - b));
    for (const pe of mesh.pe.dead!) expect(usablePes(mesh)).not.toContain(pe);
    const board = fixture("tiny-board", ["pe.dead=2,3:1,3:2", "board.deadChips=4", "pe.reserved=[]"]).profile;
    const chip4 = Array.from({ length: 16 }, (_, pe) => 64 + pe);
    expect(board.pe.dead).toEqual([2, 49, 50, ...chip4]);
    expect(usablePes(board)).toHaveLength(80 - 19);
  });

  it("leave the profile as it was where there are none", () => {
    const whole = fixture("tiny-multicast").profile;
    const none = fixture("tiny-multicast", ["pe.dead=[]", "noc.deadLinks=[]", "noc.deadNodes=[]"]).profile;
    expect(none.hash).toBe(whole.hash);
    expect(Object.keys(none.pe)).not.toContain("dead");
    expect(fixture("tiny-multicast", ["pe.dead=3"]).profile.hash).not.toBe(whole.hash);
  });

  it("have their own provenance", () => {
    const { figures } = fixture("tiny-board", ["pe.dead=1:3"]);
    expect(figures.find(({ path }) => path === "pe.dead")).toEqual({
      path: "pe.dead",
      basis: "estimated",
      source: "override",
      value: [{ chip: 1, pes: [3] }],
    });
  });

  it("are PEs of the machine, and not all of them", () => {
    expect(() => fixture("tiny-board", ["pe.dead=80"])).toThrow(
      "pe.dead: names PE 80, but indices end at 79",
    );
    expect(() => fixture("tiny-board", ["pe.dead=1:16"])).toThrow(
      "pe.dead.value[0].pes: names PE 16 of chip 1, but indices end at 15",
    );
    expect(() => fixture("tiny-board", ["pe.dead=0,5:1"])).toThrow(
      "pe.dead.value[1].chip: names chip 5, but chips are numbered from 0 to 4",
    );
    const all = tinyUnicast();
    expect(findingsOf(withDead(all, [...Array(all.pe.count).keys()]))).toEqual([
      "error pe.dead: leaves none of 12 PEs to programs",
    ]);
    const listed = [...Array(all.pe.count * 4).keys()].join();
    expect(() => fixture("tiny-unicast", [`pe.dead=${listed}`])).toThrow(
      `override pe.dead=${listed.slice(0, 71)}…: pe.dead`,
    );
    // A whole chip of a board may be dead.
    const first = Array.from({ length: 16 }, (_, pe) => pe).join();
    expect(() => fixture("tiny-board", [`pe.dead=${first}`])).not.toThrow();
  });
});

describe("dead links between routers", () => {
  const mesh = tinyMulticast({ neighbours: 4 });

  it("are gone from the graph, and nothing else is", () => {
    const whole = routerGraphOf(mesh);
    const cut = routerGraphOf(withLinks(mesh, [at(1, 1), at(1, 2)]));
    const changed = [...whole.neighbour.keys()].filter(
      (link) => whole.neighbour[link] !== cut.neighbour[link],
    );
    expect(changed.map((link) => [Math.floor(link / 4), whole.neighbour[link], cut.neighbour[link]])).toEqual(
      [
        [5, 9, -1],
        [9, 5, -1],
      ],
    );
    expect(findingsOf(withLinks(mesh, [at(1, 1), at(1, 2)]))).toEqual([]);
  });

  it("go with their node", () => {
    const profile = fixture("tiny-multicast", ["noc.deadNodes=(1,1)"]).profile;
    const { neighbour, places, directions } = routerGraphOf(profile);
    const dead = places.findIndex(({ x, y }) => x === 1 && y === 1);
    expect(neighbour).not.toContain(dead);
    const own = neighbour.subarray(dead * directions.length, (dead + 1) * directions.length);
    expect([...new Set(own)]).toEqual([-1]);
  });

  it("must have been there", () => {
    expect(findingsOf(withLinks(mesh, [at(0, 0), at(1, 1)]))).toEqual([
      "error noc.deadLinks: names (0, 0)-(1, 1), where no link is",
    ]);
    expect(findingsOf(withLinks(tinyMulticast(), [at(0, 0), at(1, 1)]))).toEqual([]);
    expect(findingsOf(withLinks(tinyMulticast({ isTorus: true }), [at(0, 0), at(3, 0)]))).toEqual([]);
    expect(() => fixture("tiny-board", ["board.deadLinks=(0,0)-(2,1)"])).toThrow(
      "board.deadLinks: names (0, 0)-(2, 1), where no link is",
    );
    expect(() => fixture("tiny-board", ["board.deadChips=5"])).toThrow(
      "board.deadChips: names chip 5, but chips are numbered from 0 to 4",
    );
    expect(() => fixture("tiny-multicast", ["noc.deadNodes=(9,9)"])).toThrow(
      "noc.deadNodes: names (9, 9), where no node is",
    );
  });

  it("and dead chips leave the host in place", () => {
    const { hostNode } = fixture("tiny-multicast").profile.noc;
    expect(() => fixture("tiny-multicast", [`noc.deadNodes=(${hostNode.x},${hostNode.y})`])).toThrow(
      `noc.deadNodes: names (${hostNode.x}, ${hostNode.y}), where the host is joined`,
    );
    const { hostChip } = fixture("tiny-board").profile.board!;
    expect(() => fixture("tiny-board", [`board.deadChips=${hostChip}`])).toThrow(
      `board.deadChips: names chip ${hostChip}, which the host is joined to`,
    );
  });

  it("must leave a way to every PE in use", () => {
    const corner = linksOf(mesh).filter((link) => link.includes(11));
    const apart = withDeadLinks(mesh, corner);
    expect(findingsOf(apart)).toEqual([
      "error noc.deadLinks: no living links lead from the host to node (3, 2), so that PEs 33, 34, 35 cannot be used; name what is cut off in noc.deadNodes or pe.dead",
    ]);
    expect(findingsOf(withDead(apart, [33, 34, 35]))).toEqual([]);
    const noc = { ...apart.noc, deadNodes: [at(3, 2)] } as HardwareProfile["noc"];
    expect(findingsOf({ ...withDead(apart, [33, 34, 35]), noc })).toEqual([]);
    const alone = ["board.deadLinks=(1,1)-(2,1),(1,0)-(2,1)"];
    expect(() => fixture("tiny-board", alone)).toThrow(
      /^override .*: board.deadLinks: no living links lead from the host to chip 4 at \(2, 1\), so that PEs 64, 65, 66, 67, 68 and \d+ more cannot be used; name what is cut off in board.deadChips or pe.dead$/,
    );
    expect(() => fixture("tiny-board", [...alone, "board.deadChips=4"])).not.toThrow();
  });
});

describe("a dead link of an XY mesh", () => {
  it("cannot be led round: whoever would use it is named", () => {
    const chip = tinyUnicast();
    // 3 × 2 nodes of two PEs; the host is at (0, 0).
    expect(findingsOf(withLinks(chip, [at(1, 0), at(2, 0)]))).toEqual([
      "error noc.deadLinks: packets of PEs 0, 1, 2, 3, 4 and 1 more and the host go over (1, 0)-(2, 0), as they go x first and nothing leads round a dead link of this mesh; name PEs in pe.dead until no packets have to go there",
    ]);
    expect(findingsOf(withLinks(chip, [at(1, 0), at(2, 1)]))).toEqual([
      "error noc.deadLinks: names (1, 0)-(2, 1), where no link is",
    ]);
  });

  it("does no harm where no packets go", () => {
    const chip = tinyUnicast();
    const cut = withLinks(chip, [at(1, 0), at(2, 0)]);
    // Packets to (2, 1) from row 0 would go over it as well, so that the whole last column is lost to programs.
    expect(findingsOf(withDead(cut, [4, 5])).join()).toContain(
      "packets of PEs 0, 1, 2, 3 and the host go over",
    );
    expect(findingsOf(withDead(cut, [4, 5, 10, 11]))).toEqual([]);
  });

  it.each(["(1,6)-(2,6)", "(1,6)-(1,5)"])(
    "cuts off from the event router only the node behind it: %s",
    (link) => {
      const text = shippedWith({});
      const set = `noc.deadLinks=${link}`;
      const [from, to] = link.split("-").map((place) => place.replace(",", ", "));
      expect(faultOf(text, [set]).message).toBe(
        `override ${set}: noc.deadLinks: packets of PEs 48, 49, 50, 51 go over ${from}-${to}, as they go x first and nothing leads round a dead link of this mesh; name PEs in pe.dead until no packets have to go there`,
      );
      const { profile } = readProfile(text, "s2.json", [set, "pe.dead=48,49,50,51"]);
      expect(usablePes(profile)).toHaveLength(148);
    },
  );
});
