import type { MeshPosition } from "../../src/core/profile.ts";
import { nearestOf, placesOf } from "../components/mesh.ts";
import type { Machine } from "../engine/machine.ts";

/** The mesh and the event router as the network numbers them: node (x, y) is y · width + x from the lowest corner. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly nodes: number;
  readonly localPorts: number;
  nodeAt(place: MeshPosition): number;
  nodeOfPe(pe: number): number;
  /** Router node that a node's packets go to. */
  readonly routerNear: Int32Array;
  readonly slicesAtNode: readonly (readonly number[])[];
}

/** The mesh as numbered nodes. The event router's ports are spread over its nodes as local ports. */
export function geometryOf({ profile, slices }: Machine): Geometry {
  const { noc } = profile;
  const { nodes } = noc;
  const routerNodes = noc.kind === "central-event-router" ? noc.routerNodes : [];
  const places = placesOf(noc);
  const left = Math.min(...places.map(({ x }) => x));
  const bottom = Math.min(...places.map(({ y }) => y));
  const width = Math.max(...places.map(({ x }) => x)) - left + 1;
  const height = Math.max(...places.map(({ y }) => y)) - bottom + 1;
  const nodeAt = ({ x, y }: MeshPosition) => (y - bottom) * width + (x - left);
  const nodeByPe = new Map(nodes.flatMap((node) => node.pes.map((pe) => [pe, nodeAt(node)] as const)));
  const nodeOfPe = (pe: number) => nodeByPe.get(pe)!;
  const slicesAtNode = Array.from({ length: width * height }, () => [] as number[]);
  for (const [slice, { pe }] of slices.entries()) slicesAtNode[nodeOfPe(pe)]!.push(slice);
  return {
    width,
    height,
    nodes: width * height,
    localPorts: Math.max(2, Math.ceil(profile.eventRouter.ports / routerNodes.length)),
    nodeAt,
    nodeOfPe,
    routerNear: Int32Array.from({ length: width * height }, (_, node) => {
      const place = { x: left + (node % width), y: bottom + Math.floor(node / width) };
      return nodeAt(nearestOf(routerNodes, place));
    }),
    slicesAtNode,
  };
}

/** By route, the ports that its copies go to, and the router's ports that they leave by: one for each direction. */
export function copiesOf({ plan, profile }: Machine, geometry: Geometry, hostPort: number) {
  const { localPorts, width } = geometry;
  const leavingBy = (to: number): number => {
    const node = (to / localPorts) | 0;
    const from = geometry.routerNear[node]!;
    const dx = (node % width) - (from % width);
    return from * localPorts + ((dx < 0 ? 0 : dx > 0 ? 1 : 2) % localPorts);
  };
  return plan.routes.map(({ tree }) => {
    const to = tree.leaves.map(({ node }) =>
      node < 0 ? hostPort : geometry.nodeAt(profile.noc.nodes[node]!) * localPorts,
    );
    return { to, from: to.map(leavingBy) };
  });
}
