import { describe, expect, it } from "vitest";
import type { RoutingEntry, RoutingTable } from "../../../src/core/mapping.ts";
import type { RouterGraph } from "../../../src/core/router-graph.ts";
import { createTreeWalker } from "../../../simulator/components/route-tree.ts";

/** Routers 0 – 1 – 2 in a line and 3 above 1; directions east, north, west, south. */
const [EAST, NORTH, WEST] = [0, 1, 2];
const graph: RouterGraph = {
  routers: 4,
  directions: [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
    { x: -1, y: 0 },
    { x: 0, y: -1 },
  ],
  neighbour: Int32Array.from([1, -1, -1, -1, 2, 3, 0, -1, -1, -1, 1, -1, -1, -1, -1, 1]),
  places: [],
  routerOfPe: Int32Array.of(0, 1, 2, 3),
  hostRouter: 0,
  routerOfNode: Int32Array.of(0, 1, 2, 3),
};
const population = { keys: { base: 0, mask: 0xfffffff0 }, size: 4 };
const entry = (fields: Partial<RoutingEntry>): RoutingEntry => ({
  key: 0,
  mask: 0xfffffff0,
  destinations: [],
  links: [],
  toHost: false,
  ...fields,
});
const at = (node: number) => [{ node, pes: [node] }];
const walk = (routing: readonly RoutingTable[], defaultRoute = true, origin = 0, neuron = 0) =>
  createTreeWalker({ routing }, graph, population, defaultRoute).tree(origin, neuron);
const shown = ({ leaves }: ReturnType<typeof walk>) => leaves.map(({ node, hops }) => [node, hops.length]);

describe("a packet's tree", () => {
  it("branches where entries say so, and remembers the way to each leaf", () => {
    const tree = walk([
      { router: 0, entries: [entry({ links: [EAST], destinations: at(0) })] },
      { router: 1, entries: [entry({ links: [EAST, NORTH] })] },
      { router: 2, entries: [entry({ destinations: at(2) })] },
      { router: 3, entries: [entry({ destinations: at(3) })] },
    ]);
    expect(shown(tree)).toEqual([
      [0, 0],
      [2, 2],
      [3, 2],
    ]);
    expect(tree.leaves[2]!.hops.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 3],
    ]);
    expect(tree.visits.map(({ router }) => router)).toEqual([0, 1, 2, 3]);
  });

  it("goes straight on where nothing matches, if routers do that", () => {
    const tables = [
      { router: 0, entries: [entry({ links: [EAST] })] },
      { router: 2, entries: [entry({ destinations: at(2) })] },
    ];
    expect(shown(walk(tables))).toEqual([[2, 2]]);
    expect(shown(walk(tables, false)), "lost at router 1").toEqual([]);
  });

  it("is lost at its first router without an entry: there is no direction to go on in", () => {
    expect(walk([], true).leaves).toEqual([]);
    expect(walk([], true).visits).toHaveLength(1);
  });

  it("differs by key and by origin", () => {
    const tables = [
      {
        router: 0,
        entries: [entry({ key: 1, mask: 0xffffffff, destinations: at(0) }), entry({ links: [EAST] })],
      },
      { router: 1, entries: [entry({ destinations: at(1) })] },
    ];
    const walker = createTreeWalker({ routing: tables }, graph, population, true);
    expect(walker.signature(0, 1)).not.toBe(walker.signature(0, 0));
    expect(walker.signature(0, 2)).toBe(walker.signature(0, 0));
    expect(shown(walker.tree(0, 1))).toEqual([[0, 0]]);
    expect(shown(walker.tree(1, 1))).toEqual([[1, 0]]);
  });

  it("that comes back to a router is refused", () => {
    const circle = [
      { router: 0, entries: [entry({ links: [EAST] })] },
      { router: 1, entries: [entry({ links: [WEST] })] },
    ];
    expect(() => walk(circle)).toThrow("routing: a packet comes to router 0 twice");
  });

  it("is a packet for each PE where there are no links", () => {
    const lists: RouterGraph = { ...graph, directions: [], neighbour: new Int32Array(0) };
    const routing = [{ router: 0, entries: [entry({ destinations: [{ node: 1, pes: [4, 5] }] })] }];
    const { leaves } = createTreeWalker({ routing }, lists, population, false).tree(0, 0);
    expect(leaves.map(({ pes }) => pes)).toEqual([[4], [5]]);
  });
});
