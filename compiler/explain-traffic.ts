import type { HardwareProfile, MeshPosition } from "../src/core/profile.ts";
import type { Program, ProgramPopulation } from "../src/core/program.ts";
import type { RouterGraph } from "../src/core/router-graph.ts";
import { type ExplainedLink, explainedLinks } from "./explain-links.ts";
import { meshLinksOf } from "./place/mesh-links.ts";
import type { Flow } from "./place/problem.ts";
import { nodesByPe } from "./place/traffic.ts";
import { waysOf } from "./place/ways.ts";
import { neighbourOf } from "./router-distances.ts";
import { type MatchRun, matchRuns, runOf } from "./verify/match-runs.ts";

/** Where the events of a timestep are expected to travel, along the program's tables as they are. */
export interface TrafficFacts {
  /** Events × links that they cross. */
  readonly eventHops: number;
  /** Of those, on links between chips. */
  readonly chipEventHops: number;
  /** Every link of the chip or board, used or not, with the events that cross it. */
  readonly links: readonly LinkLoad[];
  /** Absent where no event crosses a link. */
  readonly busiest?: LinkLoad;
  /** The longest route of each population, longest first. */
  readonly routes: readonly RouteFacts[];
}

export interface LinkLoad extends ExplainedLink {
  readonly events: number;
}

export interface RouteFacts {
  readonly population: string;
  /** −1 for the host. */
  readonly fromPe: number;
  /** A PE of the mesh node that is furthest away; −1 for the host. */
  readonly toPe: number;
  /** Links between routers: between chips, or of a mesh whose nodes are routers. */
  readonly routerLinks: number;
  /** Links of the mesh between nodes and event routers, or from node to node. */
  readonly meshHops: number;
}

const HOST = -1;

/** Events of neurons first … end − 1 of one sender, on their way. */
interface Packet {
  readonly first: number;
  readonly end: number;
  readonly router: number;
  /** Direction of the link they came over; −1 where they begin. */
  readonly arrival: number;
  readonly routerLinks: number;
}

interface Sender {
  readonly population: string;
  readonly pe: number;
  readonly first: number;
  readonly end: number;
}

/** Fixed ways between PEs, routers and host, in the numbering of the links. */
interface Roads {
  /** Router graph's link 0 in that numbering. */
  readonly treeLinks: number;
  toRouter(pe: number): Int32Array;
  /** From the router that serves a mesh node (−1: the host) to it; with lists of destinations from the sender. */
  toNode(sender: number, node: number): Int32Array;
}

/**
 * Walks the events of every sender through the tables.
 * @param flows Events of each population in a timestep, in the program's numbering.
 * @throws Error where the tables lead events round in circles, which `verify` would have found.
 */
export function trafficFacts(
  program: Program,
  profile: HardwareProfile,
  graph: RouterGraph,
  flows: readonly Flow[],
): TrafficFacts {
  const sentBefore = new Map(flows.map(({ source, events }) => [source, runningSum(events)]));
  const roads = roadsOf(profile, graph);
  const known = explainedLinks(profile, graph, roads.treeLinks);
  const events = new Float64Array(known.reduce((most, { index }) => Math.max(most, index), -1) + 1);
  const routes: RouteFacts[] = [];
  for (const population of program.populations) {
    const runsAt = matchedRuns(program, population);
    const own = sendersOf(population, program).flatMap(
      (sender) =>
        walk(sender, { graph, roads, events, sentBefore: sentBefore.get(population.name)!, runsAt }) ?? [],
    );
    routes.push(...[...own].sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, 1));
  }
  const links = known.map(({ index, link }): LinkLoad => ({ ...link, events: events[index]! }));
  const sum = (some: readonly LinkLoad[]) => some.reduce((total, link) => total + link.events, 0);
  const busiest = links.reduce<LinkLoad | undefined>(
    (most, link) => (link.events > (most?.events ?? 0) ? link : most),
    undefined,
  );
  return {
    eventHops: sum(links),
    chipEventHops: sum(links.filter(({ isBetweenChips }) => isBetweenChips)),
    links,
    ...(busiest && { busiest }),
    routes: routes.sort((a, b) => lengthOf(b) - lengthOf(a) || a.fromPe - b.fromPe),
  };
}

const lengthOf = ({ routerLinks, meshHops }: RouteFacts): number => routerLinks + meshHops;

/** An input comes from the host, the events of a layer from each PE that holds a part of it. */
const sendersOf = ({ name, kind, size }: ProgramPopulation, { pes }: Program): Sender[] =>
  kind === "input"
    ? [{ population: name, pe: HOST, first: 0, end: size }]
    : pes
        .filter(({ population }) => population === name)
        .map(({ pe, firstNeuron: first, neurons }) => ({
          population: name,
          pe,
          first,
          end: first + neurons,
        }));

interface Walk {
  readonly graph: RouterGraph;
  readonly roads: Roads;
  /** By link, added to. */
  readonly events: Float64Array;
  /** Events of neurons below n of the sender's population in a timestep. Shape [neurons + 1]. */
  readonly sentBefore: Float64Array;
  readonly runsAt: (router: number) => Matched;
}

interface Matched {
  readonly entries: Program["routing"][number]["entries"];
  readonly runs: readonly MatchRun[];
}

/** Which entries apply to a population's neurons at each router, looked up once. */
function matchedRuns({ routing }: Program, { keys, size }: ProgramPopulation): (router: number) => Matched {
  const tables = new Map(routing.map(({ router, entries }) => [router, entries]));
  const known = new Map<number, Matched>();
  return (router) => {
    const found = known.get(router);
    if (found) return found;
    const entries = tables.get(router) ?? [];
    const fresh = { entries, runs: matchRuns(entries, keys.base, size) };
    known.set(router, fresh);
    return fresh;
  };
}

/** Loads the links that one sender's events cross, and returns the longest of their routes. */
function walk(sender: Sender, { graph, roads, events, sentBefore, runsAt }: Walk): RouteFacts | undefined {
  const { population, pe, first: begin, end: limit } = sender;
  const up = roads.toRouter(pe);
  let longest: RouteFacts | undefined;
  const load = (path: Int32Array, count: number) => {
    for (const link of path) events[link]! += count;
  };
  const deliver = (packet: Packet, node: number, toPe: number, packets: number) => {
    const down = roads.toNode(pe, node);
    load(down, packets);
    const route = {
      population,
      fromPe: pe,
      toPe,
      routerLinks: packet.routerLinks,
      meshHops: up.length + down.length,
    };
    if (longest === undefined || lengthOf(route) > lengthOf(longest)) longest = route;
  };
  load(up, sentBefore[limit]! - sentBefore[begin]!);
  const router = pe === HOST ? graph.hostRouter : graph.routerOfPe[pe]!;
  const packets: Packet[] = [{ first: begin, end: limit, router, arrival: -1, routerLinks: 0 }];
  for (let packet = packets.pop(); packet; packet = packets.pop()) {
    if (packet.routerLinks > graph.routers) throw new Error(`events of ${population} go round in circles`);
    for (const { entry, ...part } of partsOf(packet, runsAt(packet.router))) {
      const count = sentBefore[part.end]! - sentBefore[part.first]!;
      // A packet for a node is one for all of its PEs, but with lists of destinations, which name each.
      for (const { node, pes } of entry?.destinations ?? [])
        deliver(packet, node, pes[0]!, graph.directions.length === 0 ? count * pes.length : count);
      if (entry?.toHost) deliver(packet, HOST, HOST, count);
      for (const direction of entry?.links ?? (packet.arrival < 0 ? [] : [packet.arrival])) {
        const next = neighbourOf(graph, packet.router, direction);
        if (next < 0) continue;
        events[roads.treeLinks + packet.router * graph.directions.length + direction]! += count;
        packets.push({ ...part, router: next, arrival: direction, routerLinks: packet.routerLinks + 1 });
      }
    }
  }
  return longest;
}

/** The neurons of a packet, apart where another entry applies. */
function partsOf({ first, end }: Packet, { entries, runs }: Matched) {
  const parts: { first: number; end: number; entry: Matched["entries"][number] | undefined }[] = [];
  for (let index = runOf(runs, first); (runs[index]?.first ?? end) < end; index += 1) {
    const run = runs[index]!;
    parts.push({
      first: Math.max(first, run.first),
      end: Math.min(end, run.end),
      entry: entries[run.entry],
    });
  }
  return parts;
}

function runningSum(values: Float64Array): Float64Array {
  const before = new Float64Array(values.length + 1);
  for (const [i, value] of values.entries()) before[i + 1] = before[i]! + value;
  return before;
}

const NO_WAY = new Int32Array(0);

function roadsOf(profile: HardwareProfile, graph: RouterGraph): Roads {
  const { noc } = profile;
  const nodeOfPe = nodesByPe(profile);
  if (noc.kind === "mesh-unicast") {
    const mesh = meshLinksOf(noc);
    const placeOf = (node: number): MeshPosition => (node < 0 ? noc.hostNode : noc.nodes[node]!);
    return {
      treeLinks: 0,
      toRouter: () => NO_WAY,
      toNode: (sender, node) => mesh.path(0, placeOf(sender < 0 ? HOST : nodeOfPe[sender]!), placeOf(node)),
    };
  }
  const ways = waysOf(profile, graph);
  return {
    treeLinks: ways.treeLinks,
    toRouter: (pe) => (pe === HOST ? ways.hostToRouter : ways.toRouter[nodeOfPe[pe]!]!),
    toNode: (_, node) => (node === HOST ? ways.routerToHost : ways.fromRouter[node]!),
  };
}
