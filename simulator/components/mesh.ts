import { UnsupportedError } from "../../src/core/errors.ts";
import { boundsOf } from "../../src/core/grid-bounds.ts";
import type { MeshPosition, NocProfile } from "../../src/core/profile.ts";

export interface MeshLink {
  readonly from: MeshPosition;
  readonly to: MeshPosition;
}

/** The mesh within the bounding box of all that the profile places; free places are nodes as well. */
export interface Mesh {
  /** Directed links between neighbours. */
  readonly links: readonly MeshLink[];
  /** Indices of the links from one node to another, x first. */
  path(from: MeshPosition, to: MeshPosition): readonly number[];
}

/** All places that a profile names. */
export function placesOf(noc: NocProfile): MeshPosition[] {
  const { nodes, hostNode, dramNode } = noc;
  const routers = noc.kind === "central-event-router" ? noc.routerNodes : [];
  return [...nodes, ...routers, hostNode, ...(dramNode ? [dramNode] : [])];
}

/** Far above any chip; keeps a mistyped coordinate from filling the memory. */
const MAX_PLACES = 2 ** 20;

/** The mesh of one chip; those of a board are alike. */
export function createMesh(noc: NocProfile): Mesh {
  const places = placesOf(noc);
  const { left, bottom, width, height } = boundsOf(places);
  if (width * height > MAX_PLACES) {
    throw new UnsupportedError(
      `A mesh of ${width} × ${height} nodes is too large to simulate.`,
      "Check the coordinates of the profile's nodes.",
    );
  }
  const links: MeshLink[] = [];
  const indexOf = new Map<string, number>();
  const nameOf = (from: MeshPosition, to: MeshPosition) => `${from.x},${from.y},${to.x},${to.y}`;
  for (let place = 0; place < width * height; place += 1) {
    const x = left + (place % width);
    const y = bottom + Math.floor(place / width);
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      const to = { x: x + dx, y: y + dy };
      if (to.x < left || to.x >= left + width || to.y < bottom || to.y >= bottom + height) continue;
      indexOf.set(nameOf({ x, y }, to), links.length);
      links.push({ from: { x, y }, to });
    }
  }
  return {
    links,
    path(from, to) {
      const path: number[] = [];
      let { x, y } = from;
      while (x !== to.x || y !== to.y) {
        const next = x === to.x ? { x, y: y + Math.sign(to.y - y) } : { x: x + Math.sign(to.x - x), y };
        path.push(indexOf.get(nameOf({ x, y }, next))!);
        ({ x, y } = next);
      }
      return path;
    },
  };
}

/** The candidate with the fewest hops; the first of several. Events use the router node that is nearest. */
export function nearestOf(candidates: readonly MeshPosition[], place: MeshPosition): MeshPosition {
  const hops = (from: MeshPosition) => Math.abs(from.x - place.x) + Math.abs(from.y - place.y);
  return candidates.reduce((best, candidate) => (hops(candidate) < hops(best) ? candidate : best));
}
