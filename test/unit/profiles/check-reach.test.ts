import { describe, expect, it } from "vitest";
import { type HardwareProfile, type MeshPosition, type NocNode } from "../../../src/core/profile.ts";
import { routerGraphOf } from "../../../src/core/router-graph.ts";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { cutOffFrom } from "../../../src/profiles/check-reach.ts";
import { tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";

const findingsOf = (profile: HardwareProfile) =>
  checkProfile(profile).map(({ severity, path, problem }) => `${severity} ${path}: ${problem}`);

/** A mesh-multicast of one PE a node, at these places. */
function multicastAt(places: readonly MeshPosition[], neighbours: 4 | 6, isTorus = false): HardwareProfile {
  const chip = tinyMulticast({ neighbours, isTorus });
  const nodes = places.map<NocNode>(({ x, y }, index) => ({ x, y, chip: 0, pes: [index] }));
  return {
    ...chip,
    pe: { ...chip.pe, count: nodes.length },
    noc: { ...chip.noc, nodes, hostNode: places[0]! },
  };
}

describe("a mesh with a router at every node", () => {
  const places = [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
    { x: 3, y: 1 },
    { x: 3, y: 2 },
  ];

  it("is joined by its links, of which only the hexagonal has diagonals", () => {
    expect(findingsOf(multicastAt(places.slice(0, 2), 6))).toEqual([]);
    expect(findingsOf(multicastAt(places.slice(0, 2), 4))).toEqual([
      "error noc.topology: no links lead from node (0, 0) to (1, 1)",
    ]);
  });

  it("is joined round a torus", () => {
    expect(findingsOf(multicastAt(places, 6))).toEqual([
      "error noc.topology: no links lead from node (0, 0) to (3, 1) and 1 other node",
    ]);
    const row = [places[0]!, { x: 1, y: 0 }, { x: 3, y: 0 }];
    expect(cutOffFrom(routerGraphOf(multicastAt(row, 4)), 0)).toEqual([2]);
    expect(cutOffFrom(routerGraphOf(multicastAt(row, 4, true)), 0)).toEqual([]);
  });

  it("takes the host in at a node, and DRAM too", () => {
    const chip = tinyMulticast();
    const outside = { ...chip.noc, hostNode: { x: 4, y: 0 }, dramNode: { x: 0, y: 3 } };
    expect(findingsOf({ ...chip, noc: outside })).toEqual([
      "error noc.hostNode: (4, 0) is no node of the floor plan, and only nodes have routers",
      "error noc.dramNode: (0, 3) is no node of the floor plan, and only nodes have routers",
    ]);
    const inside = { ...chip.noc, hostNode: { x: 3, y: 2 }, dramNode: { x: 3, y: 2 } };
    expect(findingsOf({ ...chip, noc: inside })).toEqual([]);
  });
});

describe("a mesh of single packets", () => {
  const chip = tinyUnicast();

  it("takes the host in at a node or beside one", () => {
    expect(findingsOf(chip)).toEqual([]);
    expect(findingsOf({ ...chip, noc: { ...chip.noc, hostNode: { x: 3, y: 1 } } })).toEqual([
      "warning noc.hostNode: the XY routes between (3, 1) and the node at (0, 0) leave the mesh; the places there are taken to pass packets on",
    ]);
    expect(findingsOf({ ...chip, noc: { ...chip.noc, hostNode: { x: 5, y: 1 } } })).toEqual([
      "error noc.hostNode: (5, 1) is 3 places outside the mesh",
    ]);
  });
});
