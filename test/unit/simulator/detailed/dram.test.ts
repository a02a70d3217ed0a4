import { describe, expect, it } from "vitest";
import { createReplay } from "../../../../simulator/detailed/replay.ts";
import { loadMachine } from "../../../../simulator/engine/machine.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import { buildProgram } from "../build-program.ts";
import { PE_CYCLE, phaseCycles, quietChip, quietNet, runReplayed, SYNAPSES } from "./quiet-net.ts";

/** NoC cycles of the only layer's first timestep, with so many rows of two bursts, one for indices, one for weights. */
const time = (chip: HardwareProfile, rows: number, inDram = true) =>
  phaseCycles(runReplayed(quietNet(rows, [1], inDram ? { inDram: true } : {}), chip, 1), 0);

describe("a PE that waits for rows from DRAM", () => {
  it.each([
    ["the latency of two transfers at a time, through one port", { latency: 300, burst: 40, ports: 1 }],
    ["the bandwidth of the only port", { latency: 30, burst: 100, ports: 1 }],
  ])("is bound by %s", (_, dram) => {
    const chip = quietChip({ dram });
    const { latency: l, burst: s } = dram;
    // Two transfers are asked for; each that comes lets the next be asked for.
    const fetching = (rows: number) => l + 2 * s + (rows - 1) * Math.max(l + s, 2 * s);
    for (const rows of [4, 8]) {
      expect(time(chip, rows)).toBeCloseTo(time(chip, 1, false) + fetching(rows), 6);
    }
  });

  it("gets both transfers of a row at once from two ports, each at half the bandwidth", () => {
    const chip = quietChip({ dram: { latency: 300, burst: 40, ports: 2 } });
    for (const rows of [4, 8]) {
      expect(time(chip, rows)).toBeCloseTo(time(chip, 1, false) + rows * (300 + 2 * 40), 6);
    }
  });

  it("takes no longer than from SRAM but for its first row where its own work is longer", () => {
    const work = 500_000;
    const chip = quietChip({
      kernel: { synop: work / SYNAPSES },
      dram: { latency: 100, burst: 30, ports: 1 },
    });
    const inSram = time(chip, 8, false);
    expect(inSram).toBeGreaterThan(8 * work * PE_CYCLE);
    expect(time(chip, 8)).toBeCloseTo(inSram + 100 + 2 * 30, 6);
  });

  it("reports transfers and how long they waited for a port", () => {
    const run = (ports: number) =>
      runReplayed(
        quietNet(4, [1], { inDram: true }),
        quietChip({ dram: { latency: 30, burst: 100, ports } }),
        2,
      ).result.replays![0]!.dram!;
    expect(run(2)).toEqual({ transfers: 2 * 4 * 2, waitingSeconds: 0, longestWaitSeconds: 0 });
    const { transfers, longestWaitSeconds } = run(1);
    expect(transfers).toBe(16);
    // The second transfer of a row waits for the first one's data; later ones only for what is left of it.
    expect(longestWaitSeconds).toBeCloseTo(0.1, 9);
  });
});

describe("requests and answers on the NoC", () => {
  const dram = { latency: 300, burst: 40, ports: 2 };
  const near = quietChip({ dram });
  const far = { ...near, noc: { ...near.noc, dramNode: { x: 1, y: 0 } } };

  it("take their hops, the second request a flit behind the first", () => {
    const { hopCycles, flitCycles } = far.noc;
    // PE 0 is a hop from DRAM. In and out of the mesh takes a cycle each; a packet is known of a cycle after it came.
    const oneWay = 1 + hopCycles + 1;
    expect(time(far, 1) - time(near, 1)).toBeCloseTo(1 + oneWay + flitCycles + oneWay, 6);
  });

  it("occupy each link as often as is counted", () => {
    const flitsOf = (inDram: boolean) => {
      const net = quietNet(8, [1], inDram ? { inDram: true } : {});
      return runReplayed(net, far, 1).result.counts.links.map(({ flits }) => flits);
    };
    const counted = flitsOf(true);
    const events = flitsOf(false);
    const machine = loadMachine(buildProgram(quietNet(8, [1], { inDram: true }), far), far);
    const replay = createReplay(machine, { point: far.operatingPoints[0]! }, 1);
    const list = (count: number) => ({
      count,
      neurons: Uint32Array.from({ length: 8 }, (_, neuron) => neuron),
      payloads: new Float32Array(8),
    });
    replay.step([list(8), list(0)]);
    // Two requests a row over the one hop, and as many bursts back.
    expect(replay.dramFlits().filter((flits) => flits > 0)).toEqual([16, 16]);
    expect(replay.dramFlits()).toEqual(counted.map((flits, link) => flits - events[link]!));
  });

  it("are held back where DRAM is faster than its way into the mesh, and all arrive", () => {
    const quick = quietChip({ dram: { latency: 5, burst: 0.01, ports: 2 } });
    const chip = { ...quick, noc: { ...quick.noc, dramNode: { x: 1, y: 0 }, flitCycles: 9 } };
    const { result } = runReplayed(quietNet(8, [1], { inDram: true }), chip, 3);
    expect(result.replays![0]!.dram!.transfers).toBe(3 * 8 * 2);
  });

  it("get through to a PE whose FIFO is full and waits for them", () => {
    const chip = { ...far, pe: { ...far.pe, sram: { ...far.pe.sram, packetFifoEntries: 2 } } };
    const { result } = runReplayed(quietNet(24, [1], { inDram: true }), chip, 2);
    expect(result.replays![0]).toMatchObject({ largestFifo: 2, dram: { transfers: 2 * 24 * 2 } });
    expect(result.replays![0]!.refusedPackets).toBeGreaterThan(0);
  });
});
