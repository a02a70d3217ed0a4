import { describe, expect, it } from "vitest";
import { replayedTimeOf } from "../../../../simulator/time-of.ts";
import { type DvfsWish, dvfsPolicyOf } from "../../../../src/core/run-policy.ts";
import { phaseCycles, quietChip, quietNet, runReplayed } from "./quiet-net.ts";

/** A timestep of 40 NoC cycles, 10 a neuron, at the slow point; half of that at the quick one. */
const switchTime = 0.003;
const chip = {
  ...quietChip({ kernel: { timestep: 40_000, neuronUpdate: 10_000 } }),
  dvfs: { switchTime },
};
const net = quietNet(2, [8, 3]);
const run = (wish: DvfsWish, schedule: "sequential" | "pipelined" = "sequential") => {
  const dvfs = dvfsPolicyOf(chip, wish, ["l1", "l2"])!;
  const ran = runReplayed(net, chip, 5, [{ dvfs, schedule }], { dvfs: [dvfs] });
  return { ...ran, dvfs };
};

describe("a policy's replay", () => {
  it("runs each named layer's PEs at its point", () => {
    const free = runReplayed(net, chip, 5);
    const layers = run({ kind: "layers", points: { l2: "quick" } });
    expect(phaseCycles(layers, 0, 1)).toBeCloseTo(phaseCycles(free, 0, 1), 6);
    expect(phaseCycles(free, 1, 1)).toBeCloseTo(70, 6);
    expect(phaseCycles(layers, 1, 1)).toBeCloseTo(35, 6);
    const timing = replayedTimeOf(layers.result, chip, layers.replays[0]!);
    expect(timing).toMatchObject({ dvfs: "layers:l2=quick", operatingPoint: "slow" });
    expect(layers.result.dvfs![0]!.switches.every((count) => count === 0)).toBe(true);
  });

  it("stands still for the switching time where a queue's level changes", () => {
    // The first layer receives two packets in each step and is quick throughout; it begins at the low point.
    const queue = run({ kind: "queue", packets: 1 });
    const slow = phaseCycles(runReplayed(net, chip, 5), 0, 1);
    const updates = 40 + 8 * 10;
    const quick = phaseCycles(queue, 0, 1);
    expect(slow - quick).toBeGreaterThan(updates / 2 - 1e-6);
    expect(slow - quick).toBeLessThan(updates / 2 + 0.1);
    // Packets wait for the core where they come before it is ready.
    const arrival = slow - updates - 0.014;
    expect(phaseCycles(queue, 0, 0)).toBeCloseTo(quick + Math.max(0, switchTime * 1000 - arrival), 6);
    expect(phaseCycles(queue, 1, 1)).toBeCloseTo(70, 6);
    expect(queue.result.dvfs![0]!.switches[0]).toBe(1);
  });

  it("goes with the timestep that a layer of a pipeline works on", () => {
    const layers = run({ kind: "layers", points: { l1: "quick" } }, "pipelined");
    const { intervals } = layers.result.replays![0]!;
    // 40 and 8 · 10 at twice the clock; the other layer takes 70.
    for (const seconds of intervals!) expect(seconds * 1000).toBeCloseTo(70, 6);
  });
});
