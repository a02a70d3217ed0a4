import type { EventGraph } from "../../src/core/event-graph.ts";
import type {
  Allocation,
  KeyRange,
  NodeDestination,
  Partition,
  Placement,
  RoutingEntry,
  RoutingTable,
} from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { type TargetedRange, targetedRanges } from "../source-ranges.ts";
import { coverKeys, type KeyPiece } from "./cover-keys.ts";
import { dimensionOrder } from "./dimension-order.ts";
import { type MinimiseChoice, minimiseTables } from "./minimise/minimise.ts";
import type { KnownKeys } from "./minimise/minimiser.ts";
import { neighbourExploring, neighbourExploringStraight } from "./neighbour-exploring.ts";
import type { RoutingAlgorithm, RoutingTree } from "./routing-tree.ts";
import { verifyLength } from "./verify-length.ts";

/** The first is the default. */
export const ROUTERS: readonly RoutingAlgorithm[] = [
  neighbourExploring,
  neighbourExploringStraight,
  dimensionOrder,
];

export interface RouteOptions {
  readonly algorithm?: RoutingAlgorithm;
  /** Which tables to minimise; those that are too long where absent. */
  readonly minimise?: MinimiseChoice;
  /** Receives what became of minimised tables. */
  readonly remark?: (text: string) => void;
}

/**
 * Fills the routers' tables. Events of one population that begin at one router share a tree to all routers that
 * serve a destination PE: every PE with a slice that holds rows for them. Events of the output population go
 * to the host as well, or to the PEs of a decoder on the chip. A router tells origins apart only where their trees
 * disagree there: in most places one entry covers a whole population. Tables that are too long even so are minimised.
 *
 * @throws CapacityError where a table is too short.
 */
export function route(
  graph: EventGraph,
  slices: Partition,
  placement: Placement,
  allocation: Allocation,
  profile: HardwareProfile,
  decoderPes: readonly number[],
  { algorithm = ROUTERS[0]!, minimise = "auto", remark }: RouteOptions = {},
): readonly RoutingTable[] {
  const routers = routerGraphOf(profile);
  const output = graph.populations.at(-1)!.name;
  const tables = new Map<number, RoutingEntry[]>();
  const keysAt = new Map<number, KnownKeys[]>();
  for (const { name, size, kind } of graph.populations) {
    const ranges = targetedRanges(graph, slices, name);
    const services = ranges.map((range) => {
      const pes = new Set(range.slices.map((slice) => placement[slice]!));
      if (name === output) for (const pe of decoderPes) pes.add(pe);
      return serviceOf(profile, routers, pes, name === output && decoderPes.length === 0);
    });
    const whole =
      kind === "input"
        ? [{ first: 0, end: size, origin: routers.hostRouter }]
        : runsOf(routers, slices, placement, name);
    const runs = cutRuns(whole, ranges);
    const pieces = piecesByRouter(runs, plantTrees(routers, runs, services, algorithm));
    const keys = allocation.keys.get(name)!;
    for (const [router, arrivals] of pieces) {
      const entries = entriesOf(keys, arrivals, (service) => services[service]!.at(router), profile);
      tables.set(router, [...(tables.get(router) ?? []), ...entries]);
      keysAt.set(router, [...(keysAt.get(router) ?? []), ...knownKeysOf(keys, arrivals, profile)]);
    }
  }
  const full = [...tables].sort(([a], [b]) => a - b).map(([router, entries]) => ({ router, entries }));
  const routing = minimiseTables(full, keysAt, profile, minimise, remark).filter(
    ({ entries }) => entries.length > 0,
  );
  for (const table of routing) verifyLength(table, graph.name, profile, routers, minimise);
  return routing;
}

/** What routers do for one population beside sending copies to each other. */
interface Service {
  /** Routers that a tree must reach, ascending. */
  readonly destinations: readonly number[];
  at(router: number): Pick<RoutingEntry, "destinations" | "toHost">;
}

function serviceOf(
  { noc }: HardwareProfile,
  { routerOfNode, hostRouter }: RouterGraph,
  pes: ReadonlySet<number>,
  toHost: boolean,
): Service {
  const served = noc.nodes
    .map((node, index): NodeDestination => ({ node: index, pes: node.pes.filter((pe) => pes.has(pe)) }))
    .filter((destination) => destination.pes.length > 0);
  // A list of destinations holds them all where the event begins.
  if (noc.kind === "mesh-unicast") return { destinations: [], at: () => ({ destinations: served, toHost }) };
  const byRouter = new Map<number, NodeDestination[]>();
  for (const destination of served) {
    const router = routerOfNode[destination.node]!;
    byRouter.set(router, [...(byRouter.get(router) ?? []), destination]);
  }
  return {
    destinations: [...new Set([...byRouter.keys(), ...(toHost ? [hostRouter] : [])])].sort((a, b) => a - b),
    at: (router) => ({ destinations: byRouter.get(router) ?? [], toHost: toHost && router === hostRouter }),
  };
}

/** Neurons first … end − 1, whose events begin at one router. */
interface Run {
  readonly first: number;
  readonly end: number;
  readonly origin: number;
}

function runsOf(
  { routerOfPe }: RouterGraph,
  slices: Partition,
  placement: Placement,
  population: string,
): readonly Run[] {
  const runs: Run[] = [];
  for (const [index, slice] of slices.entries()) {
    if (slice.population !== population) continue;
    const run = {
      first: slice.first,
      end: slice.first + slice.count,
      origin: routerOfPe[placement[index]!]!,
    };
    const last = runs.at(-1);
    if (last?.origin === run.origin) runs[runs.length - 1] = { ...last, end: run.end };
    else runs.push(run);
  }
  return runs;
}

/** A run's neurons that the same PEs receive. */
interface ServedRun extends Run {
  /** Index of their service. */
  readonly service: number;
}

const cutRuns = (runs: readonly Run[], ranges: readonly TargetedRange[]): ServedRun[] =>
  runs.flatMap(({ first, end, origin }) =>
    ranges.flatMap((range, service) =>
      range.first < end && range.end > first
        ? [{ first: Math.max(first, range.first), end: Math.min(end, range.end), origin, service }]
        : [],
    ),
  );

const treeName = ({ origin, service }: ServedRun): string => `${origin} ${service}`;

function plantTrees(
  routers: RouterGraph,
  runs: readonly ServedRun[],
  services: readonly Service[],
  algorithm: RoutingAlgorithm,
): ReadonlyMap<string, RoutingTree> {
  const trees = new Map<string, RoutingTree>();
  for (const run of runs) {
    if (trees.has(treeName(run))) continue;
    trees.set(treeName(run), algorithm.tree(routers, run.origin, services[run.service]!.destinations));
  }
  return trees;
}

/** Keys that arrive at a router: where from, and where their tree leads on. */
interface Arrival extends Omit<ServedRun, "origin"> {
  readonly arrival: number;
  readonly links: number;
}

function piecesByRouter(
  runs: readonly ServedRun[],
  trees: ReadonlyMap<string, RoutingTree>,
): ReadonlyMap<number, readonly Arrival[]> {
  const pieces = new Map<number, Arrival[]>();
  for (const run of runs) {
    const { first, end, service } = run;
    for (const [router, { arrival, links }] of trees.get(treeName(run))!) {
      const known = pieces.get(router);
      const piece = { first, end, service, arrival, links };
      if (known) known.push(piece);
      else pieces.set(router, [piece]);
    }
  }
  return pieces;
}

/** One population's entries at one router. */
function entriesOf(
  { base, mask }: KeyRange,
  arrivals: readonly Arrival[],
  serviceAt: (service: number) => Pick<RoutingEntry, "destinations" | "toHost">,
  { eventRouter }: HardwareProfile,
): RoutingEntry[] {
  const outputs = new Map<string, Output>();
  const pieces: KeyPiece[] = [];
  for (const { first, end, service: index, arrival, links } of arrivals) {
    const service = serviceAt(index);
    const isServed = service.destinations.length > 0 || service.toHost;
    const name = outputName(links, service);
    const known = outputs.get(name) ?? { index: outputs.size, links, service };
    outputs.set(name, known);
    const goesStraight = arrival >= 0 && links === 1 << arrival && !isServed;
    const piece = {
      first,
      end,
      output: known.index,
      mayPass: eventRouter.defaultRoute && goesStraight,
    };
    const last = pieces.at(-1);
    const continues = last?.end === first && last.output === piece.output && last.mayPass === piece.mayPass;
    if (continues) pieces[pieces.length - 1] = { ...last, end };
    else pieces.push(piece);
  }
  const keys = 2 ** eventRouter.keyBits;
  const all = [...outputs.values()];
  return coverKeys(pieces, keys - mask, all.length).map(({ first, span, output }) => ({
    key: (base + first) >>> 0,
    mask: (keys - span) >>> 0,
    ...all[output]!.service,
    links: directionsIn(all[output]!.links),
  }));
}

/** What a router does with some of a population's events. */
interface Output {
  readonly index: number;
  readonly links: number;
  readonly service: Pick<RoutingEntry, "destinations" | "toHost">;
}

const outputName = (links: number, { destinations, toHost }: Output["service"]): string =>
  `${links} ${toHost} ${destinations.map(({ node, pes }) => `${node}:${pes.join()}`).join(" ")}`;

/** One population's keys that come to a router. */
const knownKeysOf = (
  { base }: KeyRange,
  arrivals: readonly Arrival[],
  { eventRouter }: HardwareProfile,
): KnownKeys[] =>
  arrivals.map(({ first, end, arrival }) => ({
    first: base + first,
    end: base + end,
    straight: eventRouter.defaultRoute ? arrival : -1,
  }));

/** Directions whose bits are set, ascending. */
function directionsIn(links: number): number[] {
  const directions: number[] = [];
  for (let direction = 0; links >> direction !== 0; direction += 1)
    if ((links >> direction) & 1) directions.push(direction);
  return directions;
}
