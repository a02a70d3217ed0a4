import type { MeshPosition, NocProfile } from "../../src/core/profile.ts";

/** Links of the meshes of all chips, numbered chip by chip: place · 4 + east, north, west or south. */
export interface MeshLinks {
  /** Numbers that one chip's mesh takes, links that would leave it included. */
  readonly perChip: number;
  /** Links of one chip that do not lead out of its mesh. */
  readonly existing: readonly number[];
  /** Links from one place to another, x first. */
  path(chip: number, from: MeshPosition, to: MeshPosition): Int32Array;
  /** The same written to the front of an array of at least `longest`; returns how many there are. */
  walk(chip: number, from: MeshPosition, to: MeshPosition, into: Int32Array): number;
  /** Links of the longest path. */
  readonly longest: number;
  /** Links into a place and out of it. */
  around(chip: number, place: MeshPosition): number[];
}

export function meshLinksOf(noc: NocProfile): MeshLinks {
  const routers = noc.kind === "central-event-router" ? noc.routerNodes : [];
  const places = [...noc.nodes, ...routers, noc.hostNode];
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));
  const left = least(places.map(({ x }) => x));
  const bottom = least(places.map(({ y }) => y));
  const width = most(places.map(({ x }) => x)) - left + 1;
  const height = most(places.map(({ y }) => y)) - bottom + 1;
  const perChip = 4 * width * height;
  const first = (chip: number, x: number, y: number) =>
    chip * perChip + 4 * ((y - bottom) * width + x - left);

  const around = (chip: number, { x, y }: MeshPosition): number[] => {
    const own = first(chip, x, y);
    const beside = [
      x < left + width - 1 ? [own, first(chip, x + 1, y) + 2] : [],
      y < bottom + height - 1 ? [own + 1, first(chip, x, y + 1) + 3] : [],
      x > left ? [own + 2, first(chip, x - 1, y)] : [],
      y > bottom ? [own + 3, first(chip, x, y - 1) + 1] : [],
    ];
    return beside.flat();
  };
  const walk = (chip: number, from: MeshPosition, to: MeshPosition, into: Int32Array): number => {
    let { x, y } = from;
    let hops = 0;
    for (const step = Math.sign(to.x - x); x !== to.x; x += step)
      into[hops++] = first(chip, x, y) + (step > 0 ? 0 : 2);
    for (const step = Math.sign(to.y - y); y !== to.y; y += step)
      into[hops++] = first(chip, x, y) + (step > 0 ? 1 : 3);
    return hops;
  };
  const all = Array.from({ length: width * height }, (_, place) => ({
    x: left + (place % width),
    y: bottom + Math.floor(place / width),
  }));

  return {
    perChip,
    existing: [...new Set(all.flatMap((place) => around(0, place)))],
    around,
    longest: width + height,
    walk,
    path(chip, from, to) {
      const path = new Int32Array(Math.abs(to.x - from.x) + Math.abs(to.y - from.y));
      walk(chip, from, to, path);
      return path;
    },
  };
}
