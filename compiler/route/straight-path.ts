import type { MeshPosition } from "../../src/core/profile.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";
import { neighbourOf } from "../router-distances.ts";

/** Directions to go one after the other from one router to another, or undefined where a link on the way is missing. */
export type StraightPaths = (from: number, to: number) => readonly number[] | undefined;

/**
 * Paths of the fewest steps, longest dimension first: as far as it must along the dimension in which the destination
 * lies farthest, then along the next. On a torus round its back where that is shorter.
 */
export function straightPathsOf(graph: RouterGraph): StraightPaths {
  const wrap = wrapOf(graph);
  return (from, to) => {
    const path: number[] = [];
    let router = from;
    for (const { x, y, steps } of shortestVector(graph, wrap, from, to)) {
      const direction = graph.directions.findIndex((step) => step.x === x && step.y === y);
      for (let step = 0; step < steps; step += 1) {
        router = neighbourOf(graph, router, direction);
        if (router < 0) return undefined;
        path.push(direction);
      }
    }
    return router === to ? path : undefined;
  };
}

/** Length of the grid in x and y where its ends are joined. */
type Wrap = MeshPosition | undefined;

/** A torus shows in a link that does not lead where its step points. */
function wrapOf(graph: RouterGraph): Wrap {
  const { places, directions, routers } = graph;
  const isPlain = (router: number, direction: number): boolean => {
    const next = neighbourOf(graph, router, direction);
    const [from, step, to] = [places[router]!, directions[direction]!, places[next]];
    return to === undefined || (from.x + step.x === to.x && from.y + step.y === to.y);
  };
  const all = Array.from({ length: routers }, (_, router) => router);
  if (all.every((router) => directions.every((_, direction) => isPlain(router, direction)))) return undefined;
  const span = (values: readonly number[]) =>
    values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) + 1;
  return { x: span(places.map(({ x }) => x)), y: span(places.map(({ y }) => y)) };
}

interface Leg extends MeshPosition {
  readonly steps: number;
}

/** The fewest steps between two places, by dimension, most first; on a torus round its back where that is shorter. */
function shortestVector({ places, directions }: RouterGraph, wrap: Wrap, from: number, to: number): Leg[] {
  const [a, b] = [places[from]!, places[to]!];
  const ways = (distance: number, size: number | undefined) =>
    size === undefined || distance === 0 ? [distance] : [distance, distance - Math.sign(distance) * size];
  const isHexagonal = directions.length === 6;
  let best: Leg[] | undefined;
  for (const x of ways(b.x - a.x, wrap?.x)) {
    for (const y of ways(b.y - a.y, wrap?.y)) {
      const legs = legsOf(x, y, isHexagonal);
      if (best === undefined || lengthOf(legs) < lengthOf(best)) best = legs;
    }
  }
  return best!.sort((one, other) => other.steps - one.steps);
}

/** With six neighbours one diagonal step stands for a step in x and one in y of the same sign. */
function legsOf(x: number, y: number, isHexagonal: boolean): Leg[] {
  const diagonal = isHexagonal && x * y > 0 ? Math.sign(x) * Math.min(Math.abs(x), Math.abs(y)) : 0;
  const leg = (steps: number, dx: number, dy: number): Leg => ({
    x: Math.sign(steps) * dx,
    y: Math.sign(steps) * dy,
    steps: Math.abs(steps),
  });
  return [leg(x - diagonal, 1, 0), leg(y - diagonal, 0, 1), leg(diagonal, 1, 1)].filter(
    ({ steps }) => steps > 0,
  );
}

const lengthOf = (legs: readonly Leg[]): number => legs.reduce((sum, { steps }) => sum + steps, 0);
