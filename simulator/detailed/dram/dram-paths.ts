import type { Machine } from "../../engine/machine.ts";
import { createMeshNetwork, type MeshNetwork } from "../mesh/mesh-network.ts";
import { meshOptionsOf, meshShapeOf } from "../transport/geometry.ts";
import { createMeshSet } from "../transport/mesh-set.ts";

/**
 * The ways between PEs and their chip's DRAM: meshes like those that packets take, with buffers of their own. A PE
 * whose FIFO is full for want of a row would otherwise hold up the row behind the packets that it refuses, for ever.
 */
export interface DramPaths {
  nextEventCycle(): number;
  /** Simulates all that happens before `cycle`. */
  advance(cycle: number): void;
  /** A request leaves its PE now. False: no room; `roomForRequest` follows when that may have changed. */
  request(worker: number, slot: number): boolean;
  /** A flit of the answer leaves DRAM now. False: no room; `roomForAnswer` follows. */
  answer(worker: number, slot: number): boolean;
  /** Flits so far by link, memory by memory. */
  linkFlits(): number[];
}

export interface DramPathEnds {
  requested(worker: number, slot: number, cycle: number): void;
  answered(worker: number, slot: number, cycle: number): void;
  /** Says so to all workers that share the way in. */
  roomForRequest(worker: number, cycle: number): void;
  roomForAnswer(memory: number, cycle: number): void;
}

/**
 * Undefined where requests and answers take no way that is known: the profile names no place for DRAM, or each node
 * has its own.
 */
export function createDramPaths(
  { profile, workers }: Machine,
  memoryOf: Int32Array,
  memories: number,
  ends: DramPathEnds,
): DramPaths | undefined {
  const { noc } = profile;
  const { dramNode } = noc;
  if (noc.kind === "mesh-multicast" || dramNode === undefined) return undefined;
  const shape = meshShapeOf(noc);
  const portAt = shape.nodeAt;
  const dramPort = portAt(dramNode);
  const portOfPe = new Map(noc.nodes.flatMap((node) => node.pes.map((pe) => [pe, portAt(node)] as const)));
  const portOf = Int32Array.from(workers, ({ pe }) => portOfPe.get(pe)!);
  const workersAt = new Map<number, number[]>();
  for (const [worker, port] of portOf.entries()) {
    const key = memoryOf[worker]! * shape.nodes + port;
    workersAt.set(key, [...(workersAt.get(key) ?? []), worker]);
  }

  // A payload: 8 · worker + 2 · slot, and 1 more for an answer.
  const receive = (_port: number, payload: number, cycle: number): boolean => {
    const to = (payload & 1) === 0 ? ends.requested : ends.answered;
    to(payload >> 3, (payload >> 1) & 3, cycle);
    return true;
  };
  const options = meshOptionsOf(noc, shape, 1);
  const meshOf = (memory: number): MeshNetwork => {
    const mesh = createMeshNetwork({
      ...options,
      receive,
      sourceFree(port) {
        const cycle = mesh.cycle();
        for (const worker of workersAt.get(memory * shape.nodes + port) ?? [])
          ends.roomForRequest(worker, cycle);
        if (port === dramPort) ends.roomForAnswer(memory, cycle);
      },
    });
    return mesh;
  };
  const networks = Array.from({ length: memories }, (_, memory) => meshOf(memory));
  const meshes = createMeshSet(networks);
  const inject = (worker: number, from: number, to: number, payload: number): boolean =>
    meshes.at(memoryOf[worker]!).inject(from, to, payload);
  return {
    nextEventCycle: meshes.nextEventCycle,
    advance: meshes.advance,
    request: (worker, slot) => inject(worker, portOf[worker]!, dramPort, 8 * worker + 2 * slot),
    linkFlits: () => networks.flatMap((mesh) => mesh.figures().links.map(({ flits }) => flits)),
    answer: (worker, slot) => inject(worker, dramPort, portOf[worker]!, 8 * worker + 2 * slot + 1),
  };
}
