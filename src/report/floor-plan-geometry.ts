import type { DeadLink, HardwareProfile, MeshPosition, NocNode } from "../core/profile.ts";

/** Where one chip's mesh lies in a panel, in pixels from the panel's own corner. y of the mesh grows upwards. */
export interface PlanGeometry {
  readonly chip: number;
  readonly nodes: readonly NocNode[];
  /** What stands at a place beside PEs: R event router, H host, D DRAM; by "x,y". */
  readonly marks: ReadonlyMap<string, string>;
  readonly deadPes: ReadonlySet<number>;
  /** Of the chip's mesh. */
  readonly deadLinks: readonly DeadLink[];
  readonly columns: number;
  readonly rows: number;
  /** Side of a mesh node. */
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  /** Upper left corner of a place. */
  corner(place: MeshPosition): readonly [x: number, y: number];
}

/** About how wide and high a panel is, unless its cells would be too large or too small. */
const PANEL_PIXELS = 440;
const LARGEST_CELL = 64;
const SMALLEST_CELL = 6;

export const placeKey = ({ x, y }: MeshPosition): string => `${x},${y}`;

export function planGeometry({ pe, noc, board }: HardwareProfile, chip: number): PlanGeometry {
  const nodes = noc.nodes.filter((node) => node.chip === chip);
  const marks = new Map<string, string>();
  const mark = (place: MeshPosition, letter: string) =>
    marks.set(placeKey(place), (marks.get(placeKey(place)) ?? "") + letter);
  const routers = noc.kind === "central-event-router" ? noc.routerNodes : [];
  for (const place of routers) mark(place, "R");
  const isHostChip = chip === (board?.hostChip ?? 0);
  if (isHostChip) mark(noc.hostNode, "H");
  if (noc.dramNode) mark(noc.dramNode, "D");
  // The host's place belongs to every chip's mesh, whether or not a host is joined there.
  const places = [...nodes, ...routers, noc.hostNode, ...(noc.dramNode ? [noc.dramNode] : [])];
  const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)];
  const [left, top] = [leastOf(xs), mostOf(ys)];
  const columns = mostOf(xs) - left + 1;
  const rows = top - leastOf(ys) + 1;
  const fitting = Math.floor(PANEL_PIXELS / Math.max(columns, rows));
  const cell = Math.min(LARGEST_CELL, Math.max(SMALLEST_CELL, fitting));
  return {
    chip,
    nodes,
    marks,
    deadPes: new Set(pe.dead),
    deadLinks: noc.deadLinks ?? [],
    columns,
    rows,
    cell,
    width: columns * cell,
    height: rows * cell,
    corner: ({ x, y }) => [(x - left) * cell, (top - y) * cell],
  };
}

/** Places that hold no PEs but something that is marked. */
export function placesWithoutPes({ marks, nodes }: PlanGeometry): MeshPosition[] {
  const withPes = new Set(nodes.map(placeKey));
  return [...marks.keys()]
    .filter((key) => !withPes.has(key))
    .map((key) => {
      const [x = 0, y = 0] = key.split(",").map(Number);
      return { x, y };
    });
}

const leastOf = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const mostOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
