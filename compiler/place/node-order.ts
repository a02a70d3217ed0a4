import type {
  CentralEventRouterNoc,
  HardwareProfile,
  MeshPosition,
  NocNode,
} from "../../src/core/profile.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";
import { distancesFrom, neighbourOf } from "../router-distances.ts";
import type { Adjacency } from "./graph-order.ts";
import { hilbertOrder } from "./hilbert.ts";

/**
 * What slices are laid out over: the chips of central event routers, the nodes of any other mesh. Within one it matters
 * only how far the event router is, so that its nodes are always filled nearest first.
 */
export interface Stations extends Adjacency {
  readonly places: readonly MeshPosition[];
  /** Where the host's events come from. */
  readonly start: number;
  /** PEs of a station, those to be filled first at the front. */
  pesOf(station: number): readonly number[];
}

export function stationsOf({ noc }: HardwareProfile, graph: RouterGraph): Stations {
  const joined = (router: number) =>
    graph.directions
      .map((_, direction) => neighbourOf(graph, router, direction))
      .filter((other) => other >= 0);
  const { routers: size, places, hostRouter: start } = graph;
  switch (noc.kind) {
    case "central-event-router": {
      const nodes = nearestFirst(noc);
      const ofChip = Array.from({ length: size }, (_, chip) => nodes.filter((node) => node.chip === chip));
      return { size, places, start, neighbours: joined, pesOf: (chip) => ofChip[chip]!.flatMap(pesOf) };
    }
    case "mesh-multicast":
      return { size, places, start, neighbours: joined, pesOf: (node) => noc.nodes[node]!.pes };
    case "mesh-unicast":
      return unicastStations(noc.nodes, noc.hostNode);
  }
}

const pesOf = ({ pes }: NocNode): readonly number[] => pes;

const hopsBetween = (a: MeshPosition, b: MeshPosition): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

/** Nodes of all chips, nearest to an event router first. */
function nearestFirst({ nodes, routerNodes }: CentralEventRouterNoc): NocNode[] {
  const hopsOf = (node: NocNode) =>
    routerNodes.reduce((least, router) => Math.min(least, hopsBetween(router, node)), Infinity);
  const hops = new Map(nodes.map((node) => [node, hopsOf(node)]));
  return [...nodes].sort((a, b) => hops.get(a)! - hops.get(b)!);
}

function unicastStations(nodes: readonly NocNode[], host: MeshPosition): Stations {
  const indexOf = new Map(nodes.map(({ x, y }, index) => [`${x},${y}`, index]));
  const around = ({ x, y }: MeshPosition) => [
    `${x + 1},${y}`,
    `${x},${y + 1}`,
    `${x - 1},${y}`,
    `${x},${y - 1}`,
  ];
  const indices = [...nodes.keys()];
  return {
    size: nodes.length,
    places: nodes,
    start: indices.reduce((a, b) => (hopsBetween(nodes[b]!, host) < hopsBetween(nodes[a]!, host) ? b : a), 0),
    neighbours: (node) =>
      around(nodes[node]!)
        .map((place) => indexOf.get(place))
        .filter((other) => other !== undefined),
    pesOf: (node) => nodes[node]!.pes,
  };
}

/** Chips each beside the one before, from the host's on; nodes row by row, every other row backwards. */
export const walkStations = (profile: HardwareProfile, graph: RouterGraph, stations: Stations): number[] =>
  profile.noc.kind === "central-event-router" ? walkOver(graph) : rows(stations);

/** Along a Hilbert curve, on which those that stand near in the order are near in the grid. */
export const hilbertStations = ({ places }: Stations): number[] => hilbertOrder(places);

/**
 * All routers in an order in which each stands beside the one before it wherever one beside it is left, from the host's
 * on; of several the one nearest to the host, then the one that would be hardest to come to later.
 */
function walkOver(graph: RouterGraph): number[] {
  const toHost = distancesFrom(graph, graph.hostRouter);
  const left = new Set(toHost.keys());
  const walk: number[] = [];
  for (let here = graph.hostRouter; ;) {
    walk.push(here);
    left.delete(here);
    if (left.size === 0) return walk;
    const distance = distancesFrom(graph, here);
    const waysOn = (router: number) =>
      graph.directions.filter((_, direction) => left.has(neighbourOf(graph, router, direction))).length;
    const isBetter = (a: number, b: number) =>
      (distance[a]! - distance[b]! || toHost[a]! - toHost[b]! || waysOn(a) - waysOn(b)) < 0;
    here = [...left].reduce((a, b) => (isBetter(b, a) ? b : a));
  }
}

function rows({ places }: Stations): number[] {
  const isBackwards = ({ y }: MeshPosition) => y % 2 !== 0;
  const along = (a: MeshPosition, b: MeshPosition) => a.y - b.y || (isBackwards(a) ? b.x - a.x : a.x - b.x);
  return [...places.keys()].sort((a, b) => along(places[a]!, places[b]!));
}
