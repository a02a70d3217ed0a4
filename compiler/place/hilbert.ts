import type { MeshPosition } from "../../src/core/profile.ts";

/**
 * Indices of places in the order in which Hilbert curves pass them: squares of a power of two, as wide as the grid's
 * shorter side, stand in a row along the longer one. Each square's curve ends beside the next square's beginning.
 */
export function hilbertOrder(places: readonly MeshPosition[]): number[] {
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const left = least(places.map(({ x }) => x));
  const bottom = least(places.map(({ y }) => y));
  const width = places.reduce((most, { x }) => Math.max(most, x - left + 1), 1);
  const height = places.reduce((most, { y }) => Math.max(most, y - bottom + 1), 1);
  let side = 1;
  while (side < Math.min(width, height)) side *= 2;
  const positions = places.map(({ x, y }) => {
    const [along, across] = width >= height ? [x - left, y - bottom] : [y - bottom, x - left];
    return Math.floor(along / side) * side * side + hilbertPosition(side, along % side, across);
  });
  return [...places.keys()].sort((a, b) => positions[a]! - positions[b]!);
}

/** How far along the curve from (0, 0) to (side − 1, 0) a place lies; `side` is a power of two. */
export function hilbertPosition(side: number, x: number, y: number): number {
  let position = 0;
  let [right, up] = [x, y];
  for (let half = side / 2; half >= 1; half /= 2) {
    const isRight = (right & half) > 0;
    const isUp = (up & half) > 0;
    position += half * half * (isRight ? (isUp ? 2 : 3) : isUp ? 1 : 0);
    right &= half - 1;
    up &= half - 1;
    // The first and the last quarter hold the curve mirrored at a diagonal.
    if (isUp) continue;
    [right, up] = isRight ? [half - 1 - up, half - 1 - right] : [up, right];
  }
  return position;
}
