import {
  createMeshNetwork,
  type MeshNetworkOptions,
} from "../../../../../simulator/detailed/mesh/mesh-network.ts";

export interface Arrival {
  readonly port: number;
  readonly payload: number;
  readonly cycle: number;
}

export const BIG = { cycles: 1, creditCycles: 1, bufferFlits: 64 };

/** A mesh whose receivers take everything and write it down. */
export function makeMesh(options: Partial<MeshNetworkOptions> = {}) {
  const arrivals: Arrival[] = [];
  const mesh = createMeshNetwork({
    width: 4,
    height: 3,
    localPorts: 1,
    link: { cycles: 5, creditCycles: 2, bufferFlits: 8 },
    injection: { cycles: 1, creditCycles: 1, bufferFlits: 8 },
    ejection: { cycles: 2, creditCycles: 1, bufferFlits: 8 },
    flitCycles: 1,
    sourceQueueFlits: 64,
    receive(port, payload, cycle) {
      arrivals.push({ port, payload, cycle });
      return true;
    },
    ...options,
  });
  return { mesh, arrivals };
}

export const gaps = (arrivals: readonly Arrival[]): number[] =>
  arrivals.slice(1).map(({ cycle }, index) => cycle - arrivals[index]!.cycle);

/** Offers a packet at each of the ports whenever their queues have room, for a number of cycles. */
export function keepBusy(
  mesh: ReturnType<typeof makeMesh>["mesh"],
  flows: readonly (readonly [number, number])[],
  cycles: number,
) {
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (const [from, to] of flows) if (mesh.sourceRoom(from) > 0) mesh.inject(from, to, from);
    mesh.advance(cycle + 1);
  }
}
