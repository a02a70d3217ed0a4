import type { RouterGraph } from "../../src/core/router-graph.ts";
import { distancesFrom } from "../router-distances.ts";
import { graft, plant, type RoutingAlgorithm, type RoutingTree, shortestPath } from "./routing-tree.ts";
import { type StraightPaths, straightPathsOf } from "./straight-path.ts";

/**
 * Neighbour-exploring routing, after Navaridas et al. (Parallel Computing 45, 2015): destinations join one after the
 * other, nearest to the origin first, each by a shortest path from the nearest router that the tree holds already. Of
 * several the search takes the first it meets, which spreads load better than straight paths do.
 */
export const neighbourExploring: RoutingAlgorithm = {
  name: "neighbour-exploring",
  summary: "each destination joins the nearest router of the tree",
  tree: (graph, origin, destinations) => explore(graph, origin, destinations, () => undefined),
};

/** The same, each joining longest dimension first, as published; where a link of that path is missing, round it. */
export const neighbourExploringStraight: RoutingAlgorithm = {
  name: "neighbour-exploring-straight",
  summary: "the same, each path longest dimension first",
  tree: (graph, origin, destinations) => explore(graph, origin, destinations, straightPathsOf(graph)),
};

function explore(
  graph: RouterGraph,
  origin: number,
  destinations: readonly number[],
  preferredPath: StraightPaths,
): RoutingTree {
  const tree = plant(origin);
  const distance = distancesFrom(graph, origin);
  const nearestFirst = [...destinations].sort((a, b) => distance[a]! - distance[b]! || a - b);
  for (const destination of nearestFirst) {
    const { start, path } = shortestPath(graph, (router) => tree.has(router), destination);
    graft(graph, tree, start, preferredPath(start, destination) ?? path);
  }
  return tree;
}
