import type { Placement } from "../../src/core/mapping.ts";
import type { HardwareProfile, MeshPosition } from "../../src/core/profile.ts";
import type { PlacementProblem } from "./problem.ts";
import { senderTable } from "./sender-table.ts";
import { type Move, nodesByPe } from "./traffic.ts";

/** PEs that exchange what is on them. */
export interface Proposal {
  readonly pes: readonly (readonly [number, number])[];
  /** What that means for slices and nodes. */
  readonly moves: readonly Move[];
}

/** Which slice is on which PE, and what could be changed about it. */
export interface Layout {
  readonly peOf: Int32Array;
  /** Largest distance of nodes along one dimension. */
  readonly span: number;
  /** A random exchange that reaches no farther than `range` along either dimension; undefined where it would change nothing. */
  propose(random: () => number, range: number): Proposal | undefined;
  apply(proposal: Proposal): void;
}

/** Share of proposals that exchange whole nodes: slices that belong together would have to part to move one by one. */
const WHOLE_NODES = 0.25;

export function createLayout(problem: PlacementProblem, pes: readonly number[], start: Placement): Layout {
  const { profile } = problem;
  const { flowFrom, flowsInto, events } = senderTable(problem);
  const nodeOfPe = nodesByPe(profile);
  const { places, nodeAt, span } = gridOf(profile);
  const usable = profile.noc.nodes.map((): number[] => []);
  for (const pe of pes) usable[nodeOfPe[pe]!]!.push(pe);
  const peOf = Int32Array.from(start);
  const sliceOn = new Int32Array(profile.pe.count).fill(-1);
  for (const [slice, pe] of peOf.entries()) sliceOn[pe] = slice;

  const offset = (random: () => number, range: number) => Math.floor(random() * (2 * range + 1)) - range;
  const isAlike = (a: number, b: number) =>
    a === b ||
    (a >= 0 &&
      b >= 0 &&
      flowFrom[a] === flowFrom[b] &&
      flowsInto[a] === flowsInto[b] &&
      events[a] === events[b]);
  const movesOf = (one: number, other: number): Move[] => {
    const [here, there] = [sliceOn[one]!, sliceOn[other]!];
    const moves = here < 0 ? [] : [{ slice: here, node: nodeOfPe[other]! }];
    return there < 0 ? moves : [...moves, { slice: there, node: nodeOfPe[one]! }];
  };

  return {
    peOf,
    span,
    propose(random, range) {
      const pe = peOf[Math.floor(random() * peOf.length)]!;
      const from = nodeOfPe[pe]!;
      const { x, y } = places[from]!;
      const to = nodeAt(x + offset(random, range), y + offset(random, range));
      if (to < 0 || to === from) return undefined;
      const others = usable[to]!;
      const pairs =
        random() < WHOLE_NODES
          ? usable[from]!.slice(0, others.length).map((own, index) => [own, others[index]!] as const)
          : others.slice(0, 1).map(() => [pe, others[Math.floor(random() * others.length)]!] as const);
      const unlike = pairs.filter(([one, other]) => !isAlike(sliceOn[one]!, sliceOn[other]!));
      if (unlike.length === 0) return undefined;
      return { pes: unlike, moves: unlike.flatMap(([one, other]) => movesOf(one, other)) };
    },
    apply(proposal) {
      for (const [one, other] of proposal.pes) {
        const [here, there] = [sliceOn[one]!, sliceOn[other]!];
        sliceOn[one] = there;
        sliceOn[other] = here;
        if (here >= 0) peOf[here] = other;
        if (there >= 0) peOf[there] = one;
      }
    },
  };
}

/** All nodes in one grid: chips stand beside one another as their places say, each as wide and high as its mesh. */
function gridOf({ noc, board }: HardwareProfile) {
  const extent = (values: readonly number[]) => {
    const first = values.reduce((a, b) => Math.min(a, b));
    return { first, size: values.reduce((a, b) => Math.max(a, b)) - first + 1 };
  };
  const width = extent(noc.nodes.map(({ x }) => x)).size;
  const height = extent(noc.nodes.map(({ y }) => y)).size;
  const places = noc.nodes.map(({ x, y, chip }): MeshPosition => {
    const at = board?.chips[chip] ?? { x: 0, y: 0 };
    return { x: at.x * width + x, y: at.y * height + y };
  });
  const columns = extent(places.map(({ x }) => x));
  const rows = extent(places.map(({ y }) => y));
  const grid = new Int32Array(columns.size * rows.size).fill(-1);
  const cell = (x: number, y: number) => (y - rows.first) * columns.size + x - columns.first;
  for (const [node, { x, y }] of places.entries()) grid[cell(x, y)] = node;
  /** The node at a place; −1 where there is none. */
  const nodeAt = (x: number, y: number): number => {
    const isInside =
      x >= columns.first && x < columns.first + columns.size && y >= rows.first && y < rows.first + rows.size;
    return isInside ? grid[cell(x, y)]! : -1;
  };
  return { places, nodeAt, span: Math.max(columns.size, rows.size) - 1 };
}
