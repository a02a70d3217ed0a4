import { describe, expect, it } from "vitest";
import { dimensionOrder } from "../../../../compiler/route/dimension-order.ts";
import {
  neighbourExploring,
  neighbourExploringStraight,
} from "../../../../compiler/route/neighbour-exploring.ts";
import { ROUTERS } from "../../../../compiler/route/route.ts";
import type { RoutingTree } from "../../../../compiler/route/routing-tree.ts";
import { UnsupportedError } from "../../../../src/core/errors.ts";
import type { HardwareProfile, LinkTopology, MeshPosition } from "../../../../src/core/profile.ts";
import { randomNumbers } from "../../../../src/core/random.ts";
import { type RouterGraph, routerGraphOf } from "../../../../src/core/router-graph.ts";
import { damaged, linksOf, withDeadLinks } from "../../../support/faulty-machines.ts";
import { tinyMulticast } from "../../../support/tiny-networks.ts";

const square = (size: number): MeshPosition[] =>
  Array.from({ length: size * size }, (_, i) => ({ x: i % size, y: Math.floor(i / size) }));

const graphOf = (places: readonly MeshPosition[], topology: Partial<LinkTopology> = {}): RouterGraph =>
  routerGraphOf(gridProfile(places, topology));

function gridProfile(places: readonly MeshPosition[], topology: Partial<LinkTopology>): HardwareProfile {
  const chip = tinyMulticast();
  const nodes = places.map((place, node) => ({ ...place, chip: 0, pes: [node] }));
  const noc = {
    ...chip.noc,
    nodes,
    topology: { neighbours: 4, isTorus: false, ...topology } as LinkTopology,
  };
  return { ...chip, pe: { ...chip.pe, count: nodes.length }, noc };
}

/** Places from the origin to a router of the tree. */
function pathTo({ places, neighbour, directions }: RouterGraph, tree: RoutingTree, router: number): string[] {
  const path: string[] = [];
  for (let here = router; ;) {
    path.unshift(`${places[here]!.x},${places[here]!.y}`);
    const { arrival } = tree.get(here)!;
    if (arrival < 0) return path;
    here = [...tree.keys()].find((before) => neighbour[before * directions.length + arrival] === here)!;
  }
}

const at = (graph: RouterGraph, x: number, y: number): number =>
  graph.places.findIndex((place) => place.x === x && place.y === y);

describe("dimension-order", () => {
  it("goes along the longer dimension first", () => {
    const graph = graphOf(square(4));
    const wide = dimensionOrder.tree(graph, at(graph, 0, 0), [at(graph, 3, 1)]);
    expect(pathTo(graph, wide, at(graph, 3, 1))).toEqual(["0,0", "1,0", "2,0", "3,0", "3,1"]);
    const high = dimensionOrder.tree(graph, at(graph, 3, 3), [at(graph, 2, 0)]);
    expect(pathTo(graph, high, at(graph, 2, 0))).toEqual(["3,3", "3,2", "3,1", "3,0", "2,0"]);
  });

  it("takes diagonals where there are six neighbours", () => {
    const graph = graphOf(square(4), { neighbours: 6 });
    const tree = dimensionOrder.tree(graph, at(graph, 0, 0), [at(graph, 3, 2)]);
    expect(pathTo(graph, tree, at(graph, 3, 2))).toEqual(["0,0", "1,1", "2,2", "3,2"]);
    const against = dimensionOrder.tree(graph, at(graph, 0, 1), [at(graph, 2, 0)]);
    expect(against.size, "no diagonal leads down and to the right").toBe(4);
  });

  it("goes round the back of a torus where that is shorter", () => {
    const graph = graphOf(square(5), { isTorus: true });
    const tree = dimensionOrder.tree(graph, at(graph, 0, 0), [at(graph, 4, 3)]);
    expect(pathTo(graph, tree, at(graph, 4, 3))).toEqual(["0,0", "0,4", "0,3", "4,3"]);
  });

  it("finds another shortest way where the board has no link", () => {
    // (1, 0) is missing, so that the straight way from (0, 0) along x is barred.
    const graph = graphOf([at2(0, 0), at2(2, 0), at2(0, 1), at2(1, 1), at2(2, 1)]);
    const tree = dimensionOrder.tree(graph, 0, [1]);
    expect(pathTo(graph, tree, 1)).toEqual(["0,0", "0,1", "1,1", "2,1", "2,0"]);
  });
});

describe("dead links", () => {
  const square4 = tinyMulticast({ neighbours: 4 });
  // 4 × 3 routers; the way from (0, 0) to (3, 0) is dead between (1, 0) and (2, 0).
  const graph = routerGraphOf(withDeadLinks(square4, [[1, 2]]));

  it.each(ROUTERS)("are gone round by the fewest links ($name)", (router) => {
    const tree = router.tree(graph, 0, [3]);
    expect(tree.size - 1).toBe(3 + 2);
    expect(pathTo(graph, tree, 3)).toContain("2,1");
  });

  it.each(ROUTERS)("are gone round from what the tree holds already ($name)", (router) => {
    // (2, 0) lies four links away, and (3, 0) beside it.
    expect(router.tree(graph, 0, [2, 3]).size - 1).toBe(4 + 1);
  });

  it("cost the default few links more than whole grids do", () => {
    const random = randomNumbers(11);
    const links = { whole: 0, damaged: 0 };
    for (let trial = 0; trial < 30; trial += 1) {
      const whole = gridProfile(square(8), { neighbours: 6, isTorus: trial % 2 === 0 });
      const rest = routerGraphOf(damaged(whole, Math.round(0.1 * linksOf(whole).length), trial));
      const destinations = [...new Set(Array.from({ length: 12 }, () => Math.floor(random() * 64)))].sort(
        (a, b) => a - b,
      );
      const from = Math.floor(random() * 64);
      links.whole += neighbourExploring.tree(routerGraphOf(whole), from, destinations).size - 1;
      links.damaged += neighbourExploring.tree(rest, from, destinations).size - 1;
    }
    expect(links.damaged).toBeGreaterThan(links.whole);
    expect(links.damaged).toBeLessThan(1.1 * links.whole);
  });
});

describe("neighbour-exploring", () => {
  it("joins a destination to the tree's nearest router, not to the origin", () => {
    const graph = graphOf(square(5));
    const tree = neighbourExploring.tree(graph, at(graph, 0, 0), [at(graph, 4, 0), at(graph, 4, 2)]);
    expect(tree.size - 1).toBe(4 + 2);
    expect(pathTo(graph, tree, at(graph, 4, 2)).slice(-3)).toEqual(["4,0", "4,1", "4,2"]);
  });

  it("goes, straight, along the longest dimension first", () => {
    const graph = graphOf(square(5));
    const right = neighbourExploringStraight.tree(graph, at(graph, 0, 0), [at(graph, 3, 1)]);
    expect(pathTo(graph, right, at(graph, 3, 1))).toEqual(["0,0", "1,0", "2,0", "3,0", "3,1"]);
    const up = neighbourExploringStraight.tree(graph, at(graph, 0, 0), [at(graph, 1, 3)]);
    expect(pathTo(graph, up, at(graph, 1, 3))).toEqual(["0,0", "0,1", "0,2", "0,3", "1,3"]);
  });
});

describe.each(ROUTERS)("router $name", (router) => {
  it("reaches all of a full grid with one link fewer than routers", () => {
    const graph = graphOf(square(6), { neighbours: 6 });
    const all = Array.from({ length: graph.routers }, (_, i) => i);
    expect(router.tree(graph, 14, all).size).toBe(36);
    const links = [...router.tree(graph, 14, all).values()].map(({ links: bits }) => bits.toString(2));
    expect(links.join("").replaceAll("0", "")).toHaveLength(35);
  });

  it("sends nothing where the origin is the only destination", () => {
    expect([...router.tree(graphOf(square(3)), 4, [4])]).toEqual([[4, { arrival: -1, links: 0 }]]);
  });

  it("names a router that no links lead to", () => {
    const apart = graphOf([at2(0, 0), at2(5, 2)]);
    expect(() => router.tree(apart, 0, [1])).toThrow(UnsupportedError);
    expect(() => router.tree(apart, 0, [1])).toThrow("No links lead to the router at (5, 2).");
  });
});

it("the default travels the fewest links on random sets of destinations", () => {
  const random = randomNumbers(3);
  const links = ROUTERS.map(() => 0);
  for (const neighbours of [4, 6] as const) {
    for (const isTorus of [false, true]) {
      const graph = graphOf(square(8), { neighbours, isTorus });
      for (let trial = 0; trial < 40; trial += 1) {
        const pick = () => Math.floor(random() * graph.routers);
        const destinations = [...new Set(Array.from({ length: 12 }, pick))].sort((a, b) => a - b);
        const origin = pick();
        for (const [index, router] of ROUTERS.entries())
          links[index]! += router.tree(graph, origin, destinations).size - 1;
      }
    }
  }
  expect(links[0]).toBe(Math.min(...links));
});

function at2(x: number, y: number): MeshPosition {
  return { x, y };
}
