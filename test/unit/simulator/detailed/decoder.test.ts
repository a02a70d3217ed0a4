import { describe, expect, it } from "vitest";
import type { ChipDecoder } from "../../../../src/core/program.ts";
import { simulate } from "../../../../simulator/simulate.ts";
import { buildProgram } from "../build-program.ts";
import { cornerChip } from "../corner-chip.ts";
import { firingNet } from "../firing-net.ts";
import { PE_CYCLE, phaseCycles, quietChip, quietNet, runReplayed } from "./quiet-net.ts";

/** Four tiles of one output, each with 8 weights, a scale and a bias: one burst. */
const decoder: ChipDecoder = {
  name: "decoder",
  inputs: 8,
  outputs: 4,
  weights: new Int8Array(32).fill(1),
  scale: new Float32Array(4).fill(1),
  bias: new Float32Array(4),
  pes: [6],
  bufferBytes: 8 + 2 * 8 + 4 * 4,
};
/** Set-up 5; eight steps of (4 + 2) B through a port of 3 B; four sums of 4 B out of it. */
const MULTIPLYING = 8 * 2 + 6;
const net = quietNet(1, [8], { decoder });

describe("a decoder on the chip, replayed", () => {
  const timestep = 1000;

  it("is bound by DRAM where tiles come more slowly than they are worked off", () => {
    const chip = quietChip({ kernel: { timestep }, dram: { latency: 30, burst: 100, ports: 1 } });
    const expected = timestep * PE_CYCLE + 30 + 4 * 100 + (MULTIPLYING / 4) * PE_CYCLE;
    expect(phaseCycles(runReplayed(net, chip, 2), 1, 1)).toBeCloseTo(expected, 6);
  });

  it("is bound by the MAC array where it is slower", () => {
    const chip = quietChip({ kernel: { timestep }, dram: { latency: 0.001, burst: 0.001, ports: 1 } });
    // The first tile must come; the others come while it is worked off.
    const expected = (timestep + 5 + MULTIPLYING) * PE_CYCLE + 0.002;
    expect(phaseCycles(runReplayed(net, chip, 2), 1, 1)).toBeCloseTo(expected, 6);
  });

  it("waits for the packets of the last layer, which share FIFO and core with a slice's", () => {
    const shared: ChipDecoder = {
      ...decoder,
      inputs: 2,
      weights: new Int8Array(8).fill(1),
      pes: [3, 6],
      bufferBytes: 64,
    };
    const chip = cornerChip();
    const firing = { ...firingNet(), chipDecoder: shared };
    const stimulus = {
      kind: "dense",
      width: 2,
      values: new Float32Array(10).fill(1),
      origin: "ones",
      synthetic: true,
    } as const;
    const program = buildProgram(firing, chip);
    const [point] = chip.operatingPoints as [(typeof chip.operatingPoints)[number]];
    const { replays, ...result } = simulate(program, chip, stimulus, {
      replays: [{ point }, { point, schedule: "pipelined" }],
    });
    expect(result).toEqual(simulate(program, chip, stimulus, {}));
    const [sequential] = replays!;
    expect(sequential!.phases.map(({ name }) => name)).toEqual(["a", "b", "decoder"]);
    // PE 3 waits for its packet and begins a timestep of its own; PE 6 did so before its neurons.
    const peSeconds = (17_000_000 + 2) / point.peClock;
    expect(sequential!.phases[2]!.seconds[1]).toBeGreaterThan(peSeconds);
    expect(sequential!.phases[2]!.seconds[1]).toBeLessThan(peSeconds + 0.15);
  });
});
