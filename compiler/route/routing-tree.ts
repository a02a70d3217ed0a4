import { UnsupportedError } from "../../src/core/errors.ts";
import { oppositeOf, type RouterGraph } from "../../src/core/router-graph.ts";
import { neighbourOf } from "../router-distances.ts";

/** What one router does with a packet of the tree. */
export interface TreeNode {
  /** Direction in which the packet travelled here; −1 where it began. */
  readonly arrival: number;
  /** Directions in which copies travel on: bit d is direction d of the router graph. */
  readonly links: number;
}

/** The way of a packet from its first router to all its destinations, by router. Every link is travelled once. */
export type RoutingTree = ReadonlyMap<number, TreeNode>;

/** A tree as it grows. */
export type GrowingTree = Map<number, TreeNode>;

export interface RoutingAlgorithm {
  readonly name: string;
  readonly summary: string;
  /** A tree from router `origin` to all of `destinations`, ascending. Same arguments, same tree. */
  tree(graph: RouterGraph, origin: number, destinations: readonly number[]): RoutingTree;
}

export const plant = (origin: number): GrowingTree => new Map([[origin, { arrival: -1, links: 0 }]]);

/**
 * Adds a path to the tree, as directions from a router of the tree on. Only what follows the last router that the
 * tree holds already is new, so that no router is reached twice.
 */
export function graft(graph: RouterGraph, tree: GrowingTree, start: number, path: readonly number[]): void {
  let router = start;
  let joint = start;
  let isNew = 0;
  for (const [step, direction] of path.entries()) {
    router = neighbourOf(graph, router, direction);
    if (!tree.has(router)) continue;
    joint = router;
    isNew = step + 1;
  }
  for (const direction of path.slice(isNew)) {
    const node = tree.get(joint)!;
    tree.set(joint, { ...node, links: node.links | (1 << direction) });
    joint = neighbourOf(graph, joint, direction);
    tree.set(joint, { arrival: direction, links: 0 });
  }
}

/** The shortest way to a router from the nearest router that `isStart` accepts: searched breadth first, backwards. */
export function shortestPath(
  graph: RouterGraph,
  isStart: (router: number) => boolean,
  destination: number,
): { readonly start: number; readonly path: readonly number[] } {
  const { directions } = graph;
  // The direction that leads from a router towards the destination.
  const onward = new Map<number, number>([[destination, -1]]);
  for (const router of onward.keys()) {
    if (isStart(router)) return { start: router, path: follow(graph, onward, router) };
    for (let direction = 0; direction < directions.length; direction += 1) {
      const before = neighbourOf(graph, router, direction);
      if (before >= 0 && !onward.has(before)) onward.set(before, oppositeOf(graph, direction));
    }
  }
  const { x, y } = graph.places[destination]!;
  throw new UnsupportedError(
    `No links lead to the router at (${x}, ${y}).`,
    "Check the profile (eventloom profile check).",
  );
}

function follow(graph: RouterGraph, onward: ReadonlyMap<number, number>, start: number): number[] {
  const path: number[] = [];
  for (let router = start; ;) {
    const direction = onward.get(router)!;
    if (direction < 0) return path;
    path.push(direction);
    router = neighbourOf(graph, router, direction);
  }
}
