import type { MeshPosition } from "./profile.ts";

/** The smallest rectangle of a grid that holds some places. */
export interface GridBounds {
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

/** @param places At least one; a board may have a million, too many to be spread into arguments. */
export function boundsOf(places: readonly MeshPosition[]): GridBounds {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of places) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  return { left, bottom, width: right - left + 1, height: top - bottom + 1 };
}
