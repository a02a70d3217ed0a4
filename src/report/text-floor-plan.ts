import type { HardwareProfile, MeshPosition, NocNode } from "../core/profile.ts";
import { alignColumns, REPORT_WIDTH, type Style } from "./layout.ts";
import { formatCount } from "./quantities.ts";

/** Larger meshes are too wide for a terminal anyway. */
const MOST_COLUMNS = 40;
const MOST_ROWS = 200;

/** A map of the mesh: PE numbers at their nodes, and where event router, host and DRAM are. y grows upwards. */
export function formatFloorPlan({ noc }: HardwareProfile, style: Style): string[] {
  const { nodes, routerNodes, hostNode, dramNode } = noc;
  const places = [...nodes, ...routerNodes, hostNode, ...(dramNode ? [dramNode] : [])];
  const columns = range(places.map(({ x }) => x));
  const rows = range(places.map(({ y }) => y)).reverse();
  const heading = style.heading("Floor plan");
  const tooLarge = [
    heading,
    `  ${formatCount(nodes.length)} nodes with PEs on a mesh of ${formatCount(columns.length)} × ${formatCount(rows.length)}: too large to draw`,
  ];
  if (columns.length > MOST_COLUMNS || rows.length > MOST_ROWS) return tooLarge;
  const cells = cellsOf(noc);
  const table = [
    ["y \\ x", ...columns.map(String)],
    ...rows.map((y) => [String(y), ...columns.map((x) => cells.get(keyOf({ x, y })) ?? "·")]),
  ];
  const [head = "", ...body] = alignColumns(
    table,
    table[0]!.map(() => "right" as const),
  );
  if (Math.max(...[head, ...body].map((line) => line.length)) > REPORT_WIDTH - 2) return tooLarge;
  return [
    heading,
    style.faint(`  ${head}`),
    ...body.map((line) => `  ${line}`),
    `  Numbers are PEs as in reports, from 0; R event router, H host${dramNode ? ", D DRAM" : ""}.`,
  ];
}

/** Whole numbers from the least of the values to the greatest. */
function range(values: readonly number[]): number[] {
  const first = values.reduce((a, b) => Math.min(a, b));
  const last = values.reduce((a, b) => Math.max(a, b));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const keyOf = ({ x, y }: MeshPosition): string => `${x},${y}`;

function cellsOf({ nodes, routerNodes, hostNode, dramNode }: HardwareProfile["noc"]): Map<string, string> {
  const cells = new Map(nodes.map((node) => [keyOf(node), pesOf(node)]));
  const mark = (place: MeshPosition | undefined, letter: string): void => {
    if (place !== undefined) cells.set(keyOf(place), (cells.get(keyOf(place)) ?? "") + letter);
  };
  for (const node of routerNodes) mark(node, "R");
  mark(hostNode, "H");
  mark(dramNode, "D");
  return cells;
}

/** "0-3" where the numbers follow one another, else "0,2". */
function pesOf({ pes }: NocNode): string {
  const [first = 0] = pes;
  if (pes.length > 1 && pes.every((pe, index) => pe === first + index))
    return `${first}-${first + pes.length - 1}`;
  return pes.join(",");
}
