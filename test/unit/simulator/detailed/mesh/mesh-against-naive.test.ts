import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMeshNetwork } from "../../../../../simulator/detailed/mesh/mesh-network.ts";
import type { MeshOptions } from "../../../../../simulator/detailed/mesh/mesh-options.ts";
import { randomNumbers } from "../../../../../src/core/random.ts";
import { createNaiveMesh } from "./naive-mesh.ts";

const timing = fc.record({
  cycles: fc.integer({ min: 1, max: 7 }),
  creditCycles: fc.integer({ min: 1, max: 5 }),
  bufferFlits: fc.integer({ min: 1, max: 6 }),
});

const options: fc.Arbitrary<MeshOptions> = fc.record({
  width: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 4 }),
  localPorts: fc.integer({ min: 1, max: 3 }),
  link: timing,
  injection: timing,
  ejection: timing,
  flitCycles: fc.integer({ min: 1, max: 3 }),
  sourceQueueFlits: fc.integer({ min: 1, max: 5 }),
});

const traffic = fc.record({
  load: fc.constantFrom(0.02, 0.2, 0.9),
  /** Chance that a receiver takes a packet in a cycle in which it is offered. */
  willing: fc.constantFrom(0.1, 0.7, 1),
  /** All packets go to the first ports, or to any. */
  destinations: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
  seed: fc.nat(),
});

/** A receiver's mood, the same for whoever asks. */
const isWilling = (port: number, cycle: number, seed: number, willing: number): boolean =>
  randomNumbers(seed + 7919 * port + 104_729 * cycle)() < willing;

/** Everything seen from outside: packets refused at the source, and when and where packets arrive. */
function observe(
  options: MeshOptions,
  run: { load: number; willing: number; destinations: number; seed: number },
) {
  const ports = options.width * options.height * options.localPorts;
  const logs = [0, 1].map(() => [] as string[]);
  const receiver = (log: string[]) => (port: number, payload: number, cycle: number) => {
    const takes = isWilling(port, cycle, run.seed, run.willing);
    log.push(`${cycle}: ${payload} ${takes ? "taken" : "refused"} at ${port}`);
    return takes;
  };
  const fast = createMeshNetwork({ ...options, receive: receiver(logs[0]!) });
  const naive = createNaiveMesh(options, receiver(logs[1]!));
  const random = randomNumbers(run.seed);
  for (let cycle = 0; cycle < 120; cycle += 1) {
    for (let port = 0; port < ports; port += 1) {
      fast.resume(port);
      if (cycle >= 80 || random() >= run.load) continue;
      const to = Math.floor(random() * Math.min(ports, run.destinations));
      const payload = 1000 * cycle + port;
      logs[0]!.push(`${cycle}: ${port} to ${to} ${fast.inject(port, to, payload)}`);
      logs[1]!.push(`${cycle}: ${port} to ${to} ${naive.inject(port, to, payload)}`);
    }
    fast.advance(cycle + 1);
    naive.step();
  }
  // Within a cycle receivers are asked in no particular order.
  return {
    fast: logs[0]!.sort(),
    naive: logs[1]!.sort(),
    inFlight: [fast.figures().inFlight, naive.inFlight()],
  };
}

describe("the mesh network", () => {
  it("does in every cycle what a simulator that looks at everything does", () => {
    fc.assert(
      fc.property(options, traffic, (mesh, run) => {
        const { fast, naive, inFlight } = observe(mesh, run);
        expect(fast).toEqual(naive);
        expect(inFlight[0]).toBe(inFlight[1]);
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});
