import {
  chipsOf,
  type DeadLink,
  type HardwareProfile,
  type MeshPosition,
  type NocNode,
  type NocProfile,
  pesOfChip,
} from "../core/profile.ts";
import { alignColumns, REPORT_WIDTH, type Style, wrap } from "./layout.ts";
import { formatCount } from "./quantities.ts";

/** Larger meshes are too wide for a terminal anyway. */
const MOST_COLUMNS = 40;
const MOST_ROWS = 200;

/** What the legend says of routers. */
const ROUTERS: Readonly<Record<NocProfile["kind"], string>> = {
  "central-event-router": "R event router, ",
  "mesh-multicast": "each node has a router; ",
  "mesh-unicast": "",
};

/** A map of the mesh: PE numbers at their nodes, and where event router, host and DRAM are. y grows upwards. */
export function formatFloorPlan(profile: HardwareProfile, style: Style): string[] {
  const { noc } = profile;
  const { hostNode, dramNode } = noc;
  const nodes = nodesOfFirstChip(noc);
  const routerNodes = routerNodesOf(noc);
  const places = [...nodes, ...routerNodes, hostNode, ...(dramNode ? [dramNode] : [])];
  const columns = range(places.map(({ x }) => x));
  const rows = range(places.map(({ y }) => y)).reverse();
  const heading = [style.heading("Floor plan"), ...boardLines(profile)];
  const tooLarge = [
    ...heading,
    `  ${formatCount(nodes.length)} nodes with PEs on a mesh of ${formatCount(columns.length)} × ${formatCount(rows.length)}: too large to draw`,
  ];
  if (columns.length > MOST_COLUMNS || rows.length > MOST_ROWS) return tooLarge;
  const cells = cellsOf(profile);
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
    ...heading,
    style.faint(`  ${head}`),
    ...body.map((line) => `  ${line}`),
    `  Numbers are PEs as in reports, from 0; ${ROUTERS[noc.kind]}H host${dramNode ? ", D DRAM" : ""}.`,
    ...brokenLines(profile),
  ];
}

/** What is broken of the map that was drawn, and of the board. */
function brokenLines({ pe, noc, board }: HardwareProfile): string[] {
  const named = (what: string, links: readonly DeadLink[] | undefined) =>
    links ? wrap(`Dead links ${what}: ${links.map(linkText).join(", ")}.`, "  ") : [];
  const isHere = new Set(nodesOfFirstChip(noc).flatMap(({ pes }) => pes));
  return [
    ...(pe.dead?.some((own) => isHere.has(own)) ? ["  A dead PE is shown as x."] : []),
    ...named("of the mesh", noc.deadLinks),
    ...named("between chips", board?.deadLinks),
    ...(board?.deadChips ? wrap(`Dead chips: ${board.deadChips.join(", ")}.`, "  ") : []),
  ];
}

const linkText = ([one, other]: DeadLink): string => `(${one.x}, ${one.y})-(${other.x}, ${other.y})`;

/** All chips of a board are alike: its first stands for them. */
const nodesOfFirstChip = ({ nodes }: NocProfile): readonly NocNode[] =>
  nodes.filter(({ chip }) => chip === 0);

const routerNodesOf = (noc: NocProfile): readonly MeshPosition[] =>
  noc.kind === "central-event-router" ? noc.routerNodes : [];

function boardLines(profile: HardwareProfile): string[] {
  const { board } = profile;
  if (board === undefined) return [];
  const { neighbours, isTorus } = board.topology;
  const joined = `joined to up to ${neighbours} neighbours${isTorus ? " on a torus" : ""}`;
  return [
    `  ${formatCount(chipsOf(profile))} chips, ${joined}, the host to chip ${formatCount(board.hostChip)}.`,
    `  PEs of chip n begin at ${formatCount(pesOfChip(profile))} × n. This is chip 0:`,
  ];
}

/** Whole numbers from the least of the values to the greatest. */
function range(values: readonly number[]): number[] {
  const first = values.reduce((a, b) => Math.min(a, b));
  const last = values.reduce((a, b) => Math.max(a, b));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const keyOf = ({ x, y }: MeshPosition): string => `${x},${y}`;

function cellsOf({ pe, noc }: HardwareProfile): Map<string, string> {
  const { hostNode, dramNode } = noc;
  const dead = new Set(pe.dead);
  const cells = new Map(nodesOfFirstChip(noc).map((node) => [keyOf(node), pesOf(node, dead)]));
  const mark = (place: MeshPosition | undefined, letter: string): void => {
    if (place !== undefined) cells.set(keyOf(place), (cells.get(keyOf(place)) ?? "") + letter);
  };
  for (const node of routerNodesOf(noc)) mark(node, "R");
  mark(hostNode, "H");
  mark(dramNode, "D");
  return cells;
}

/** "0-3" where the numbers follow one another, else "0,2"; "0,x,2" where PE 1 is dead. */
function pesOf({ pes }: NocNode, dead: ReadonlySet<number>): string {
  const [first = 0] = pes;
  if (pes.some((pe) => dead.has(pe))) return pes.map((pe) => (dead.has(pe) ? "x" : pe)).join(",");
  if (pes.length > 1 && pes.every((pe, index) => pe === first + index))
    return `${first}-${first + pes.length - 1}`;
  return pes.join(",");
}
