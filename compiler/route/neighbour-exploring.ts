import { distancesFrom } from "../router-distances.ts";
import { graft, plant, type RoutingAlgorithm, shortestPath } from "./routing-tree.ts";

/**
 * Neighbour-exploring routing, after Navaridas et al. (Parallel Computing 45, 2015): destinations join one after the
 * other, nearest to the origin first, each by a shortest path from the nearest router that the tree holds already.
 */
export const neighbourExploring: RoutingAlgorithm = {
  name: "neighbour-exploring",
  summary: "each destination joins the nearest router of the tree",

  tree(graph, origin, destinations) {
    const tree = plant(origin);
    const distance = distancesFrom(graph, origin);
    const nearestFirst = [...destinations].sort((a, b) => distance[a]! - distance[b]! || a - b);
    for (const destination of nearestFirst) {
      const { start, path } = shortestPath(graph, (router) => tree.has(router), destination);
      graft(graph, tree, start, path);
    }
    return tree;
  },
};
