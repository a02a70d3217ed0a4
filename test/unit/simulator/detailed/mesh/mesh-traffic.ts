import { createMeshNetwork, type MeshNetwork } from "../../../../../simulator/detailed/mesh/mesh-network.ts";
import type { MeshOptions } from "../../../../../simulator/detailed/mesh/mesh-options.ts";
import { randomNumbers } from "../../../../../src/core/random.ts";

/** Who sends to whom, in a square mesh with one port a node. */
export interface TrafficPattern {
  readonly kind: "uniform" | "transpose" | "hotspot" | "neighbour" | "nearest-neighbour";
  /** For a hotspot: nodes of which each receives `hotShare` of all packets; the others share the rest evenly. */
  readonly hotNodes?: readonly number[];
  readonly hotShare?: number;
}

/** Draws the destination of a packet from `source`. */
export function destinationOf(
  { kind, hotNodes = [], hotShare = 0 }: TrafficPattern,
  width: number,
  source: number,
  random: () => number,
): number {
  const nodes = width * width;
  const [x, y] = [source % width, Math.floor(source / width)];
  switch (kind) {
    case "uniform":
      return Math.floor(random() * nodes);
    case "transpose":
      return x * width + y;
    case "neighbour":
      return ((y + 1) % width) * width + ((x + 1) % width);
    case "nearest-neighbour": {
      const around = [
        ...(x + 1 < width ? [source + 1] : []),
        ...(x > 0 ? [source - 1] : []),
        ...(y + 1 < width ? [source + width] : []),
        ...(y > 0 ? [source - width] : []),
      ];
      return around[Math.floor(random() * around.length)]!;
    }
    case "hotspot": {
      const hot = Math.floor(random() / hotShare);
      if (hot < hotNodes.length) return hotNodes[hot]!;
      for (;;) {
        const cold = Math.floor(random() * nodes);
        if (!hotNodes.includes(cold)) return cold;
      }
    }
  }
}

export interface OpenLoop {
  readonly pattern: TrafficPattern;
  /** Packets a node and cycle: each node draws in each cycle whether it generates one. */
  readonly load: number;
  readonly warmUpCycles: number;
  readonly measuredCycles: number;
  readonly seed: number;
}

export interface OpenLoopLatency {
  readonly packets: number;
  /** From generation to delivery, the wait at the source included. */
  readonly meanCycles: number;
  /** How much of that was waiting for others. */
  readonly meanWaitCycles: number;
}

/** Offers packets at a constant rate, whatever the network does, and measures those of one stretch of time. */
export function measureLatency(options: MeshOptions, run: OpenLoop): OpenLoopLatency {
  const { pattern, load, warmUpCycles, measuredCycles, seed } = run;
  const { width, height } = options;
  const random = randomNumbers(seed);
  const end = warmUpCycles + measuredCycles;
  let [outstanding, packets, sum, unhindered] = [0, 0, 0, 0];
  const mesh: MeshNetwork = createMeshNetwork({
    ...options,
    receive(_, generated, cycle) {
      if (generated >= warmUpCycles && generated < end) {
        outstanding -= 1;
        packets += 1;
        sum += cycle - generated;
      }
      return true;
    },
  });
  for (let cycle = 0; cycle < end || outstanding > 0; cycle += 1) {
    mesh.advance(cycle);
    for (let node = 0; node < width * height; node += 1) {
      if (random() >= load) continue;
      const to = destinationOf(pattern, width, node, random);
      if (!mesh.inject(node, to, cycle))
        throw new Error(`Node ${node}: source queue full in cycle ${cycle}.`);
      if (cycle < warmUpCycles || cycle >= end) continue;
      outstanding += 1;
      unhindered += mesh.zeroLoadCycles(node, to);
    }
  }
  return { packets, meanCycles: sum / packets, meanWaitCycles: (sum - unhindered) / packets };
}
