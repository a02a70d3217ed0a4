import { InputError } from "../../src/core/errors.ts";
import type { KeyRange, RoutingEntry } from "../../src/core/mapping.ts";
import type { Program } from "../../src/core/program.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";
import { RECOMPILE } from "../functional/image-reader.ts";
import { firstMatches } from "./event-router.ts";

/** One link that a packet takes from router to router. */
export interface RouterHop {
  readonly from: number;
  readonly direction: number;
  readonly to: number;
}

/** Where a packet ends: at a mesh node's PEs, or at the host. */
export interface TreeLeaf {
  /** Router that hands it over. */
  readonly router: number;
  /** Index in `noc.nodes`; −1 for the host. */
  readonly node: number;
  readonly pes: readonly number[];
  /** Links from the first router on. */
  readonly hops: readonly RouterHop[];
}

/** The way of a packet as the tables say: from its first router over links to all its leaves. */
export interface RouteTree {
  readonly origin: number;
  readonly leaves: readonly TreeLeaf[];
  /** Routers that match its key, in the order of the walk. */
  readonly visits: readonly TreeVisit[];
}

export interface TreeVisit {
  readonly router: number;
  /** Links taken to come here. */
  readonly hops: readonly RouterHop[];
  /** Directions in which a copy leaves for another router. */
  readonly links: readonly number[];
}

/** Follows keys of one population through the tables. */
export interface TreeWalker {
  /** Same text, same tree. */
  signature(origin: number, neuron: number): string;
  tree(origin: number, neuron: number): RouteTree;
}

/** A packet that came straight on has no entry of its own. */
const NO_ENTRY = -1;

/**
 * @param defaultRoute Whether a packet that came over a link and matches nothing goes on in the same direction.
 */
export function createTreeWalker(
  { routing }: Pick<Program, "routing">,
  graph: RouterGraph,
  { keys, size }: { readonly keys: KeyRange; readonly size: number },
  defaultRoute: boolean,
): TreeWalker {
  const entriesOf = new Map(routing.map(({ router, entries }) => [router, entries]));
  const matches = new Map<number, Int32Array>();
  const matchAt = (router: number, neuron: number): number => {
    let found = matches.get(router);
    if (found === undefined) {
      found = firstMatches(keys, size, entriesOf.get(router) ?? []);
      matches.set(router, found);
    }
    return found[neuron]!;
  };
  const walk = (origin: number, neuron: number) =>
    walkFrom(graph, defaultRoute, origin, (r) => matchAt(r, neuron), entriesOf);
  return {
    signature: (origin, neuron) =>
      `${origin}:${walk(origin, neuron)
        .map(({ router, entry }) => `${router}=${entry}`)
        .join()}`,
    tree: (origin, neuron) => treeOf(origin, walk(origin, neuron), entriesOf, graph),
  };
}

interface Step {
  readonly router: number;
  readonly entry: number;
  readonly links: readonly number[];
  /** Index of the step before; −1 for the first. */
  readonly parent: number;
  /** Direction taken from there. */
  readonly direction: number;
}

/** Breadth first. A packet that comes to a router twice would be delivered twice: the tables are refused. */
function walkFrom(
  { neighbour, directions }: RouterGraph,
  defaultRoute: boolean,
  origin: number,
  matchAt: (router: number) => number,
  entriesOf: ReadonlyMap<number, readonly RoutingEntry[]>,
): Step[] {
  const steps: Step[] = [];
  const visited = new Set<number>();
  const visit = (router: number, parent: number, direction: number): void => {
    if (visited.has(router)) {
      throw new InputError({ field: "routing" }, `a packet comes to router ${router} twice`, RECOMPILE);
    }
    visited.add(router);
    const entry = matchAt(router);
    const straightOn =
      entry === NO_ENTRY &&
      defaultRoute &&
      parent >= 0 &&
      neighbour[router * directions.length + direction]! >= 0;
    const links = entry !== NO_ENTRY ? entriesOf.get(router)![entry]!.links : straightOn ? [direction] : [];
    steps.push({ router, entry, links, parent, direction });
  };
  visit(origin, -1, -1);
  for (let index = 0; index < steps.length; index += 1) {
    const { router, links } = steps[index]!;
    for (const direction of links)
      visit(neighbour[router * directions.length + direction]!, index, direction);
  }
  return steps;
}

function treeOf(
  origin: number,
  steps: readonly Step[],
  entriesOf: ReadonlyMap<number, readonly RoutingEntry[]>,
  graph: RouterGraph,
): RouteTree {
  const hopsTo: RouterHop[][] = [];
  const leaves: TreeLeaf[] = [];
  const isUnicast = graph.directions.length === 0;
  for (const { router, entry, parent, direction } of steps) {
    const hops =
      parent < 0 ? [] : [...hopsTo[parent]!, { from: steps[parent]!.router, direction, to: router }];
    hopsTo.push(hops);
    if (entry === NO_ENTRY) continue;
    const { destinations, toHost } = entriesOf.get(router)![entry]!;
    for (const { node, pes } of destinations) {
      for (const group of isUnicast ? pes.map((pe) => [pe]) : [pes])
        leaves.push({ router, node, pes: group, hops });
    }
    if (toHost) leaves.push({ router, node: -1, pes: [], hops });
  }
  return {
    origin,
    leaves,
    visits: steps.map(({ router, links }, index) => ({ router, hops: hopsTo[index]!, links })),
  };
}
