import type { RouterGraph } from "../src/core/router-graph.ts";

export const neighbourOf = (
  { neighbour, directions }: RouterGraph,
  router: number,
  direction: number,
): number => neighbour[router * directions.length + direction]!;

/** Links from one router to each other, breadth first; infinite where none lead there. */
export function distancesFrom(graph: RouterGraph, origin: number): Float64Array {
  const distance = new Float64Array(graph.routers).fill(Infinity);
  distance[origin] = 0;
  const queue = [origin];
  for (const router of queue) {
    for (let direction = 0; direction < graph.directions.length; direction += 1) {
      const next = neighbourOf(graph, router, direction);
      if (next < 0 || distance[next] !== Infinity) continue;
      distance[next] = distance[router]! + 1;
      queue.push(next);
    }
  }
  return distance;
}
