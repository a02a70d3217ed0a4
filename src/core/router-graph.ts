import { boundsOf } from "./grid-bounds.ts";
import type { DeadLink, HardwareProfile, LinkTopology, MeshPosition } from "./profile.ts";

/**
 * The routers that hold tables, and the links between them, whatever the kind of NoC:
 *
 * - central-event-router: one router a chip; links join chips, so that a single chip has none;
 * - mesh-multicast: one router a mesh node; links join nodes;
 * - mesh-unicast: one list of destinations a PE, and one for the host; no links, as packets carry their destination.
 *
 * Dead links, and those of dead routers, are not there; a dead router is.
 */
export interface RouterGraph {
  readonly routers: number;
  /** Steps in the grid that links lead along; a link's direction is an index here. */
  readonly directions: readonly MeshPosition[];
  /** Router at the other end for router · directions + direction; −1 where there is no link. */
  readonly neighbour: Int32Array;
  /** Where each router stands in the grid of routers. */
  readonly places: readonly MeshPosition[];
  /** Router that a PE's events go to first. Shape [PEs]. */
  readonly routerOfPe: Int32Array;
  /** Router that the host's events go to first, and that sends to the host. */
  readonly hostRouter: number;
  /** Router that hands packets to a mesh node's PEs, by index in `noc.nodes`. With mesh-unicast every router does: −1. */
  readonly routerOfNode: Int32Array;
}

/** East, north east, north, west, south west, south, as SpiNNaker numbers its links; without the diagonals for four. */
export function directionsOf({ neighbours }: LinkTopology): readonly MeshPosition[] {
  return neighbours === 6
    ? [at(1, 0), at(1, 1), at(0, 1), at(-1, 0), at(-1, -1), at(0, -1)]
    : [at(1, 0), at(0, 1), at(-1, 0), at(0, -1)];
}

/** The direction that leads back. */
export const oppositeOf = ({ directions }: Pick<RouterGraph, "directions">, direction: number): number =>
  (direction + directions.length / 2) % directions.length;

/** Whether any router is joined to another. */
export const hasLinks = ({ neighbour }: Pick<RouterGraph, "neighbour">): boolean =>
  neighbour.some((router) => router >= 0);

export function routerGraphOf(profile: HardwareProfile): RouterGraph {
  const { noc, board, pe } = profile;
  const nodeOfPe = new Int32Array(pe.count).fill(-1);
  for (const [index, { pes }] of noc.nodes.entries()) for (const own of pes) nodeOfPe[own] = index;
  switch (noc.kind) {
    case "central-event-router": {
      const chipOfNode = Int32Array.from(noc.nodes, ({ chip }) => chip);
      return {
        ...grid(board?.chips ?? [at(0, 0)], board?.topology ?? { neighbours: 4, isTorus: false }, {
          places: (board?.deadChips ?? []).flatMap((chip) => board?.chips[chip] ?? []),
          links: board?.deadLinks ?? [],
        }),
        routerOfPe: nodeOfPe.map((node) => chipOfNode[node]!),
        hostRouter: board?.hostChip ?? 0,
        routerOfNode: chipOfNode,
      };
    }
    case "mesh-multicast": {
      const { x, y } = noc.hostNode;
      return {
        ...grid(noc.nodes, noc.topology, { places: noc.deadNodes ?? [], links: noc.deadLinks ?? [] }),
        routerOfPe: nodeOfPe,
        hostRouter: noc.nodes.findIndex((node) => node.x === x && node.y === y),
        routerOfNode: Int32Array.from(noc.nodes.keys()),
      };
    }
    case "mesh-unicast":
      return {
        routers: pe.count + 1,
        directions: [],
        neighbour: new Int32Array(0),
        places: [...Array.from(nodeOfPe, (node) => place(noc.nodes[node]!)), noc.hostNode],
        routerOfPe: Int32Array.from({ length: pe.count }, (_, own) => own),
        hostRouter: pe.count,
        routerOfNode: new Int32Array(noc.nodes.length).fill(-1),
      };
  }
}

interface Faults {
  readonly places: readonly MeshPosition[];
  readonly links: readonly DeadLink[];
}

/** Routers at these places, each joined to those of its neighbours that exist and live, over links that live. */
function grid(places: readonly MeshPosition[], topology: LinkTopology, faults: Faults) {
  const directions = directionsOf(topology);
  const indexOf = new Map(places.map((own, index) => [keyOf(own), index]));
  const dead = new Set(faults.places.map(keyOf));
  const cut = new Set(faults.links.flatMap(([a, b]) => [between(a, b), between(b, a)]));
  const isSound = dead.size === 0 && cut.size === 0;
  const isJoined = (router: number, other: number) => {
    if (router === other || isSound) return router !== other;
    const [from, to] = [places[router]!, places[other]!];
    return !dead.has(keyOf(from)) && !dead.has(keyOf(to)) && !cut.has(between(from, to));
  };
  const { left, bottom, width, height } = boundsOf(places);
  const wrapped = (value: number, first: number, size: number) =>
    topology.isTorus ? first + ((value - first + size) % size) : value;
  const neighbour = new Int32Array(places.length * directions.length).fill(-1);
  for (const [router, { x, y }] of places.entries()) {
    for (const [direction, step] of directions.entries()) {
      const to = at(wrapped(x + step.x, left, width), wrapped(y + step.y, bottom, height));
      const found = indexOf.get(keyOf(to));
      if (found !== undefined && isJoined(router, found))
        neighbour[router * directions.length + direction] = found;
    }
  }
  return { routers: places.length, directions, neighbour, places: places.map(place) };
}

const at = (x: number, y: number): MeshPosition => ({ x, y });
const keyOf = ({ x, y }: MeshPosition): string => `${x},${y}`;
const between = (from: MeshPosition, to: MeshPosition): string => `${keyOf(from)} ${keyOf(to)}`;
const place = ({ x, y }: MeshPosition): MeshPosition => ({ x, y });
