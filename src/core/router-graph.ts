import { boundsOf } from "./grid-bounds.ts";
import type { HardwareProfile, LinkTopology, MeshPosition } from "./profile.ts";

/**
 * The routers that hold tables, and the links between them, whatever the kind of NoC:
 *
 * - central-event-router: one router a chip; links join chips, so that a single chip has none;
 * - mesh-multicast: one router a mesh node; links join nodes;
 * - mesh-unicast: one list of destinations a PE, and one for the host; no links, as packets carry their destination.
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

export function routerGraphOf(profile: HardwareProfile): RouterGraph {
  const { noc, board, pe } = profile;
  const nodeOfPe = new Int32Array(pe.count).fill(-1);
  for (const [index, { pes }] of noc.nodes.entries()) for (const own of pes) nodeOfPe[own] = index;
  switch (noc.kind) {
    case "central-event-router": {
      const chipOfNode = Int32Array.from(noc.nodes, ({ chip }) => chip);
      return {
        ...grid(board?.chips ?? [at(0, 0)], board?.topology ?? { neighbours: 4, isTorus: false }),
        routerOfPe: nodeOfPe.map((node) => chipOfNode[node]!),
        hostRouter: board?.hostChip ?? 0,
        routerOfNode: chipOfNode,
      };
    }
    case "mesh-multicast": {
      const { x, y } = noc.hostNode;
      return {
        ...grid(noc.nodes, noc.topology),
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

/** Routers at these places, each joined to those of its neighbours that exist. */
function grid(places: readonly MeshPosition[], topology: LinkTopology) {
  const directions = directionsOf(topology);
  const indexOf = new Map(places.map(({ x, y }, index) => [`${x},${y}`, index]));
  const { left, bottom, width, height } = boundsOf(places);
  const wrapped = (value: number, first: number, size: number) =>
    topology.isTorus ? first + ((value - first + size) % size) : value;
  const neighbour = new Int32Array(places.length * directions.length).fill(-1);
  for (const [router, { x, y }] of places.entries()) {
    for (const [direction, step] of directions.entries()) {
      const to = `${wrapped(x + step.x, left, width)},${wrapped(y + step.y, bottom, height)}`;
      const found = indexOf.get(to) ?? -1;
      neighbour[router * directions.length + direction] = found === router ? -1 : found;
    }
  }
  return { routers: places.length, directions, neighbour, places: places.map(place) };
}

const at = (x: number, y: number): MeshPosition => ({ x, y });
const place = ({ x, y }: MeshPosition): MeshPosition => ({ x, y });
