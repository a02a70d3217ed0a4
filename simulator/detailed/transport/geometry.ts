import { boundsOf } from "../../../src/core/grid-bounds.ts";
import type { MeshPosition, NocProfile } from "../../../src/core/profile.ts";
import { placesOf } from "../../components/mesh.ts";
import type { MeshOptions } from "../mesh/mesh-options.ts";

/** A chip's mesh as the network numbers it: node (x, y) is y · width + x from the lowest corner. */
export interface MeshShape {
  readonly width: number;
  readonly height: number;
  readonly nodes: number;
  nodeAt(place: MeshPosition): number;
  placeOf(node: number): MeshPosition;
}

export function meshShapeOf(noc: NocProfile): MeshShape {
  const places = placesOf(noc);
  const { left, bottom, width, height } = boundsOf(places);
  return {
    width,
    height,
    nodes: width * height,
    nodeAt: ({ x, y }) => (y - bottom) * width + (x - left),
    placeOf: (node) => ({ x: left + (node % width), y: bottom + Math.floor(node / width) }),
  };
}

/** One chip's mesh with the times and buffers of the profile. Into a local port and out of it takes a cycle each. */
export function meshOptionsOf(
  { hopCycles, flitCycles, buffers }: NocProfile,
  { width, height }: MeshShape,
  localPorts: number,
): MeshOptions {
  const local = { cycles: 1, creditCycles: 1, bufferFlits: buffers.localFlits };
  return {
    width,
    height,
    localPorts,
    link: { cycles: hopCycles, creditCycles: buffers.creditCycles, bufferFlits: buffers.linkFlits },
    injection: local,
    ejection: local,
    flitCycles,
    sourceQueueFlits: buffers.sourcePackets,
  };
}
