import { oppositeOf, type RouterGraph } from "../../src/core/router-graph.ts";
import { distancesFrom } from "../router-distances.ts";

/** Grows the default router's trees thousands of times a second: same links, nothing else of them. */
export interface TreeGrower {
  /**
   * Links (router · directions + direction) of the tree from `origin` to all routers whose count, from `first` on, is
   * not 0. Each destination must be reachable.
   */
  grow(origin: number, count: Int32Array, first: number): Int32Array;
  /** Routers looked at so far, as a measure of work. */
  visits(): number;
}

/**
 * Neighbour-exploring routing as in compiler/route, step for step, over flat arrays: destinations nearest to the
 * origin first, each joined to the nearest router of the tree by a search that begins at the destination.
 */
export function createTreeGrower(graph: RouterGraph): TreeGrower {
  const { routers, neighbour, directions } = graph;
  const ways = directions.length;
  const back = Int32Array.from({ length: ways }, (_, direction) => oppositeOf(graph, direction));
  const nearestFirst: Int32Array[] = [];
  const inTree = new Int32Array(routers);
  const seen = new Int32Array(routers);
  const onward = new Int32Array(routers);
  const queue = new Int32Array(routers);
  const links = new Int32Array(routers);
  let trees = 0;
  let searches = 0;
  let visits = 0;

  const orderFrom = (origin: number): Int32Array => (nearestFirst[origin] ??= ranked(graph, origin));

  /** The router of the tree from which the shortest way leads to a destination; `onward` then tells the way. */
  const nearestInTree = (destination: number): number => {
    searches += 1;
    seen[destination] = searches;
    onward[destination] = -1;
    queue[0] = destination;
    for (let head = 0, tail = 1; head < tail; head += 1) {
      const router = queue[head]!;
      visits += 1;
      if (inTree[router] === trees) return router;
      for (let direction = 0; direction < ways; direction += 1) {
        const before = neighbour[router * ways + direction]!;
        if (before < 0 || seen[before] === searches) continue;
        seen[before] = searches;
        onward[before] = back[direction]!;
        queue[tail] = before;
        tail += 1;
      }
    }
    throw new Error(`no links lead to router ${destination}`);
  };

  return {
    grow(origin, count, first) {
      trees += 1;
      visits += routers;
      inTree[origin] = trees;
      let length = 0;
      for (const destination of orderFrom(origin)) {
        if (count[first + destination] === 0 || inTree[destination] === trees) continue;
        let router = nearestInTree(destination);
        while (router !== destination) {
          const link = router * ways + onward[router]!;
          links[length] = link;
          length += 1;
          router = neighbour[link]!;
          inTree[router] = trees;
        }
      }
      return links.slice(0, length);
    },
    visits: () => visits,
  };
}

/** All routers, nearest to one of them first, of several the lowest number. */
function ranked(graph: RouterGraph, origin: number): Int32Array {
  const distance = distancesFrom(graph, origin);
  return Int32Array.from(distance.keys()).sort((a, b) => distance[a]! - distance[b]! || a - b);
}
