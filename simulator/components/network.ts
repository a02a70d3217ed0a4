import type { LinkCount } from "../../src/core/counts.ts";
import { chipsOf, type HardwareProfile, type MeshPosition, type NocProfile } from "../../src/core/profile.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { createMesh, nearestOf } from "./mesh.ts";
import type { RouterHop } from "./route-tree.ts";

/** A directed link of the NoC, or between two chips. */
export type NetworkLink = Omit<LinkCount, "flits">;

/** Sender of events from outside the chip. */
export const HOST = -1;

/** Every link of the machine, and which of them a packet crosses, whatever the kind of NoC. */
export interface Network {
  readonly routers: number;
  /** Links of the NoC first, chip by chip, then `chipLinks` links between chips. */
  readonly links: readonly NetworkLink[];
  readonly nocLinks: number;
  /** From a PE, or the host, to its first router. */
  toRouter(pe: number): readonly number[];
  /** From a router to the PEs of a mesh node, or to the host (node −1). */
  fromRouter(router: number, node: number): readonly number[];
  /** From router to router. */
  over(hop: RouterHop): number;
  /** Between a PE and its chip's DRAM. Empty where the mesh has no place for DRAM. */
  toDram(pe: number): readonly number[];
  fromDram(pe: number): readonly number[];
}

export function createNetwork(profile: HardwareProfile): Network {
  const graph = routerGraphOf(profile);
  const { noc } = profile;
  switch (noc.kind) {
    case "central-event-router":
      return centralNetwork(profile, graph, (from) => nearestOf(noc.routerNodes, from));
    case "mesh-unicast":
      return unicastNetwork(profile, graph);
    case "mesh-multicast":
      return multicastNetwork(graph);
  }
}

/** Up to the router node that is nearest, and down from the one that is nearest to the destination. */
function centralNetwork(
  profile: HardwareProfile,
  graph: RouterGraph,
  routerNear: (place: MeshPosition) => MeshPosition,
): Network {
  const { noc, board } = profile;
  const chips = chipMeshes(profile);
  const hostChip = board?.hostChip ?? 0;
  const placeOf = (node: number): MeshPosition => (node < 0 ? noc.hostNode : noc.nodes[node]!);
  const chipOf = (node: number): number => (node < 0 ? hostChip : noc.nodes[node]!.chip);
  const nodeOf = (pe: number): number => (pe === HOST ? -1 : chips.nodeOfPe[pe]!);
  const between = linksBetweenRouters(graph);
  return {
    routers: graph.routers,
    links: [...chips.links, ...between.links.map((link) => ({ ...link, isBetweenChips: true }))],
    nocLinks: chips.links.length,
    toRouter(pe) {
      const place = placeOf(nodeOf(pe));
      return chips.path(chipOf(nodeOf(pe)), place, routerNear(place));
    },
    fromRouter: (router, node) => chips.path(router, routerNear(placeOf(node)), placeOf(node)),
    over: (hop) => chips.links.length + between.indexOf(hop),
    ...dramPaths(noc, chips),
  };
}

/** Packets carry their destination: from node to node at once. A PE's list is its router. */
function unicastNetwork(profile: HardwareProfile, graph: RouterGraph): Network {
  const { noc } = profile;
  const chips = chipMeshes(profile);
  const placeOf = (node: number): MeshPosition => (node < 0 ? noc.hostNode : noc.nodes[node]!);
  const sentFrom = (router: number) => placeOf(router === graph.hostRouter ? -1 : chips.nodeOfPe[router]!);
  return {
    routers: graph.routers,
    links: chips.links,
    nocLinks: chips.links.length,
    toRouter: () => [],
    fromRouter: (router, node) => chips.path(0, sentFrom(router), placeOf(node)),
    over: () => {
      throw new Error("no packet goes from list to list");
    },
    ...dramPaths(noc, chips),
  };
}

/** Every node is a router: links join routers, and a node's PEs are at hand. */
function multicastNetwork(graph: RouterGraph): Network {
  const { links, indexOf } = linksBetweenRouters(graph);
  return {
    routers: graph.routers,
    links,
    nocLinks: links.length,
    toRouter: () => [],
    fromRouter: () => [],
    over: indexOf,
    // Each node is a chip with DRAM of its own.
    toDram: () => [],
    fromDram: () => [],
  };
}

/** The meshes of all chips, one after the other. */
function chipMeshes(profile: HardwareProfile) {
  const { noc } = profile;
  const mesh = createMesh(noc);
  const nodeOfPe = new Int32Array(profile.pe.count);
  for (const [node, { pes }] of noc.nodes.entries()) for (const pe of pes) nodeOfPe[pe] = node;
  const links = Array.from({ length: chipsOf(profile) }, (_, chip) =>
    mesh.links.map(({ from, to }): NetworkLink => ({
      chip,
      from: [from.x, from.y],
      to: [to.x, to.y],
      isBetweenChips: false,
    })),
  ).flat();
  return {
    links,
    nodeOfPe,
    path: (chip: number, from: MeshPosition, to: MeshPosition) =>
      mesh.path(from, to).map((link) => chip * mesh.links.length + link),
  };
}

/** Links of the router graph in the order of routers and directions. */
function linksBetweenRouters({ routers, directions, neighbour, places }: RouterGraph) {
  const links: NetworkLink[] = [];
  const index = new Int32Array(routers * directions.length).fill(-1);
  for (let at = 0; at < index.length; at += 1) {
    if (neighbour[at]! < 0) continue;
    index[at] = links.length;
    const [from, to] = [places[Math.floor(at / directions.length)]!, places[neighbour[at]!]!];
    links.push({ chip: 0, from: [from.x, from.y], to: [to.x, to.y], isBetweenChips: false });
  }
  return { links, indexOf: ({ from, direction }: RouterHop) => index[from * directions.length + direction]! };
}

function dramPaths({ nodes, dramNode }: NocProfile, { nodeOfPe, path }: ReturnType<typeof chipMeshes>) {
  const between = (pe: number, towards: boolean) => {
    if (dramNode === undefined) return [];
    const node = nodes[nodeOfPe[pe]!]!;
    return towards ? path(node.chip, node, dramNode) : path(node.chip, dramNode, node);
  };
  return {
    toDram: (pe: number) => between(pe, true),
    fromDram: (pe: number) => between(pe, false),
  };
}
