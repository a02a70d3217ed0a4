import { graft, plant, type RoutingAlgorithm, shortestPath } from "./routing-tree.ts";
import { straightPathsOf } from "./straight-path.ts";

/**
 * Longest dimension first: each destination by the straight path from the origin. Paths of one origin share what they can.
 * Where the grid lacks a link that a path wants, as at the edges of a hexagonal board or where it is dead, the destination
 * joins the nearest router of the tree by a shortest path over the links that are there.
 */
export const dimensionOrder: RoutingAlgorithm = {
  name: "dimension-order",
  summary: "longest dimension first, paths merged to a tree",

  tree(graph, origin, destinations) {
    const tree = plant(origin);
    const straightPath = straightPathsOf(graph);
    for (const destination of destinations) {
      const straight = straightPath(origin, destination);
      const { start, path } = straight
        ? { start: origin, path: straight }
        : shortestPath(graph, (router) => tree.has(router), destination);
      graft(graph, tree, start, path);
    }
    return tree;
  },
};
