import type { CentralEventRouterNoc } from "../../../src/core/profile.ts";
import { nearestOf } from "../../components/mesh.ts";
import type { RouteTree } from "../../components/route-tree.ts";
import { type MeshShape, meshShapeOf } from "./geometry.ts";
import type { TransportPlan } from "./transport.ts";

/**
 * One chip's mesh and the ports at which PEs, host and event router are joined to it; those of a board are alike.
 * A node's PEs share its first local port; the host has the last one of its node; the event router's ports are
 * spread over the nodes that it occupies. Port p of node n is n · localPorts + p.
 */
export interface CentralPorts {
  readonly shape: MeshShape;
  readonly localPorts: number;
  readonly ofHost: number;
  readonly ofRouter: readonly number[];
  /** Port of a mesh node's PEs, by index in `noc.nodes`. */
  readonly ofPlace: Int32Array;
  /** Router node that packets of a node go to, and come from. Shape [nodes of the mesh]. */
  readonly routerNear: Int32Array;
}

export function centralPorts(noc: CentralEventRouterNoc, routerPorts: number): CentralPorts {
  const shape = meshShapeOf(noc);
  const localPorts = Math.max(2, Math.ceil(routerPorts / noc.routerNodes.length));
  return {
    shape,
    localPorts,
    ofHost: shape.nodeAt(noc.hostNode) * localPorts + (localPorts - 1),
    ofRouter: noc.routerNodes.flatMap((node) =>
      Array.from({ length: localPorts }, (_, port) => shape.nodeAt(node) * localPorts + port),
    ),
    ofPlace: Int32Array.from(noc.nodes, (node) => shape.nodeAt(node) * localPorts),
    routerNear: Int32Array.from({ length: shape.nodes }, (_, node) =>
      shape.nodeAt(nearestOf(noc.routerNodes, shape.placeOf(node))),
    ),
  };
}

/** The copies that one chip's event router makes of a packet, one after the other. */
export interface CentralCopies {
  /** A port of the router, or from `ports of the mesh` on a direction towards another chip. */
  readonly outputs: Int32Array;
  /** Port that a copy goes to; −1 over links. */
  readonly to: Int32Array;
}

/** By route · chips + chip; undefined where a route's packets do not come to a chip. Those for other chips leave first. */
export function planCentralCopies({ plan }: Pick<TransportPlan, "plan">, ports: CentralPorts, chips: number) {
  const { localPorts, shape, routerNear } = ports;
  /** One of the router's ports for each direction in which copies leave it. */
  const leavingBy = (to: number): number => {
    const node = (to / localPorts) | 0;
    const from = routerNear[node]!;
    const dx = (node % shape.width) - (from % shape.width);
    return from * localPorts + ((dx < 0 ? 0 : dx > 0 ? 1 : 2) % localPorts);
  };
  const copiesAt = ({ leaves }: RouteTree, chip: number, links: readonly number[]): CentralCopies => {
    const own = leaves
      .filter(({ router }) => router === chip)
      .map(({ node }) => (node < 0 ? ports.ofHost : ports.ofPlace[node]!));
    return {
      outputs: Int32Array.from([
        ...links.map((direction) => shape.nodes * localPorts + direction),
        ...own.map(leavingBy),
      ]),
      to: Int32Array.from([...links.map(() => -1), ...own]),
    };
  };
  const copies = new Array<CentralCopies | undefined>(plan.routes.length * chips);
  for (const [route, { tree }] of plan.routes.entries()) {
    for (const { router, links } of tree.visits) {
      copies[route * chips + router] = copiesAt(tree, router, links);
    }
  }
  return copies;
}
