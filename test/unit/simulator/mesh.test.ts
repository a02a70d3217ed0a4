import { describe, expect, it } from "vitest";
import {
  busiest,
  createFlowTable,
  createNetworkLoad,
  loadNetwork,
} from "../../../simulator/components/flow-table.ts";
import { firstMatches } from "../../../simulator/components/event-router.ts";
import { createMesh, nearestOf } from "../../../simulator/components/mesh.ts";
import { cornerChip } from "./corner-chip.ts";

const { noc } = cornerChip();

describe("the mesh", () => {
  const mesh = createMesh(noc);
  const places = (from: [number, number], to: [number, number]) =>
    mesh
      .path({ x: from[0], y: from[1] }, { x: to[0], y: to[1] })
      .map((link) => [mesh.links[link]!.to.x, mesh.links[link]!.to.y]);

  it("links all neighbours in its bounding box both ways, free places too", () => {
    expect(mesh.links).toHaveLength(2 * (2 * 3 + 2 * 3));
  });

  it("routes x first, then y", () => {
    expect(places([0, 0], [2, 2])).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
    expect(places([2, 2], [0, 0])).toEqual([
      [1, 2],
      [0, 2],
      [0, 1],
      [0, 0],
    ]);
    expect(places([1, 1], [1, 1])).toEqual([]);
  });

  it("begins where the profile's coordinates begin", () => {
    const shifted = createMesh({
      ...noc,
      nodes: [{ chip: 0, x: 5, y: 7, pes: [0] }],
      routerNodes: [{ x: 6, y: 7 }],
      hostNode: { x: 5, y: 8 },
    });
    expect(shifted.links).toHaveLength(8);
  });

  it("refuses coordinates beyond any chip", () => {
    const far = { ...noc, hostNode: { x: 100_000, y: 100_000 } };
    expect(() => createMesh(far)).toThrow("A mesh of 100001 × 100001 nodes is too large to simulate.");
  });

  it("takes the nearest router node, the first of two", () => {
    const routers = [
      { x: 4, y: 3 },
      { x: 4, y: 4 },
    ];
    const nearest = (x: number, y: number) => nearestOf(routers, { x, y }).y;
    expect([nearest(1, 0), nearest(1, 3), nearest(1, 4), nearest(7, 6)]).toEqual([3, 3, 4, 4]);
    expect(
      nearestOf(
        [
          { x: 0, y: 0 },
          { x: 2, y: 0 },
        ],
        { x: 1, y: 0 },
      ).x,
    ).toBe(0);
  });
});

describe("the event router", () => {
  const entry = (key: number, mask: number) => ({ key, mask, destinations: [], links: [], toHost: false });

  it("takes the first entry whose key equals the masked key", () => {
    const entries = [entry(0x103, 0xffffffff), entry(0x100, 0xfffffffe), entry(0x100, 0xffffff00)];
    expect([...firstMatches({ base: 0x100, mask: 0xffffff00 }, 5, entries)]).toEqual([1, 1, 2, 0, 2]);
  });

  it("drops what nothing matches, and treats keys as unsigned", () => {
    const entries = [entry(0xffffff01, 0xffffffff), entry(0xffffff03, 0xfffffffe)];
    expect([...firstMatches({ base: 0xffffff00, mask: 0xffffff00 }, 4, entries)]).toEqual([-1, 0, -1, -1]);
  });
});

describe("network load", () => {
  it("spreads the events of this step and of the one before over their links", () => {
    const table = createFlowTable([
      { counter: 0, lag: 0, links: [0, 1], routers: [{ router: 0, lookups: 1, packetsOut: 2 }] },
      {
        counter: 1,
        lag: 1,
        links: [1, 1, 2],
        routers: [
          { router: 0, lookups: 1, packetsOut: 2 },
          { router: 1, lookups: 1, packetsOut: 1 },
        ],
      },
      { counter: 1, lag: 0, links: [3], routers: [] },
    ]);
    const load = createNetworkLoad(2, 4);
    loadNetwork(table, Float64Array.of(5, 0), Float64Array.of(9, 3), load);
    expect([...load.flits]).toEqual([5, 11, 3, 0]);
    expect([...load.lookups]).toEqual([5 + 3, 3]);
    expect([...load.packetsOut]).toEqual([10 + 6, 3]);
    expect([busiest(load.flits), busiest(load.flits, 2), busiest(load.flits, 2, 2)]).toEqual([11, 3, 0]);
    loadNetwork(table, Float64Array.of(1, 1), Float64Array.of(0, 0), load);
    expect([...load.flits], "filled anew").toEqual([1, 1, 0, 1]);
  });
});
