import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { createReplay } from "../../../../simulator/detailed/replay.ts";
import { loadMachine } from "../../../../simulator/engine/machine.ts";
import { createSimulation } from "../../../../simulator/simulate.ts";
import { timeOf } from "../../../../simulator/time-of.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import { randomNumbers } from "../../../../src/core/random.ts";
import type { DenseStimulus } from "../../../../src/core/stimulus.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const inputs = 6;
const model = tinyModel({ inputs, layers: [10, 8], density: 0.5 });

const noise = (steps: number): DenseStimulus => {
  const random = randomNumbers(5);
  const values = Float32Array.from({ length: steps * inputs }, () => 2 * random() - 1);
  return { kind: "dense", width: inputs, values, origin: "noise", synthetic: true };
};

/** Runs a model and replays it; seconds by step of both. */
function bothTimings(profile: HardwareProfile, steps: number, options = {}) {
  const { program } = compile(model, profile, options);
  const stimulus = noise(steps);
  const simulation = createSimulation(program, profile, stimulus);
  const point = profile.operatingPoints[0]!;
  const replay = createReplay(loadMachine(program, profile), { point }, steps);
  for (let step = 0; step < steps; step += 1) {
    const view = simulation.step();
    replay.step(
      program.populations.map(({ name }) => {
        const neurons = view.events(name);
        return { count: neurons.length, neurons, payloads: new Float32Array(neurons.length) };
      }),
    );
  }
  const detailed = replay.timing();
  return {
    fast: timeOf(simulation.result(), profile, point, "sequential").latencyPerStep,
    detailed:
      detailed.phases.reduce((sum, { seconds }) => sum + seconds.reduce((a, b) => a + b, 0), 0) / steps,
    figures: detailed,
    program,
    result: simulation.result(),
  };
}

describe("replay", () => {
  it("takes one step of a lone neuron that stays silent as long as its closed form says", () => {
    const chip = tinyChip();
    const lone = tinyModel({ inputs: 1, layers: [1], density: 1 });
    const silent = lone.populations.map((population) =>
      population.kind === "egru" ? { ...population, threshold: new Float32Array([1]) } : population,
    );
    const { program } = compile({ ...lone, populations: silent }, chip);
    const point = chip.operatingPoints[0]!;
    const replay = createReplay(loadMachine(program, chip), { point }, 1);
    const none = { count: 0, neurons: new Uint32Array(1), payloads: new Float32Array(1) };
    replay.step([{ ...none, count: 1 }, none]);

    const k = chip.pe.kernels.float32!;
    const peCycles = k.packetReceive + k.rowLookup + k.rowFetch + 3 * k.synop + k.timestep + k.neuronUpdate;
    // From the host's node (1, 0) to the router at (1, 1), through its pipeline, and on to the PE's node:
    // a cycle in, the hops, a cycle out, each way; a packet moves on in whole NoC cycles.
    const { noc, eventRouter } = chip;
    const node = noc.nodes.find(({ pes }) => pes.includes(program.pes[0]!.pe))!;
    const hops = Math.abs(node.x - 1) + Math.abs(node.y - 1);
    const pipeline = (eventRouter.pipelineCycles * noc.clock) / eventRouter.clock;
    const arrival = Math.ceil(1 + noc.hopCycles + 1 + pipeline) + 1 + hops * noc.hopCycles + 1;
    const expected = arrival + (peCycles * noc.clock) / point.peClock;
    expect(replay.timing().phases[0]!.seconds[0]! * noc.clock).toBeCloseTo(expected, 6);
  });

  it("is never longer than the closed-form time, which lets nothing overlap, by more than its own ports and queues", () => {
    const { fast, detailed } = bothTimings(tinyChip(), 40);
    expect(detailed).toBeLessThan(fast * 1.1);
    expect(detailed).toBeGreaterThan(fast * 0.3);
  });

  it("holds packets back, and loses none, where FIFOs are short", () => {
    const roomy = bothTimings(tinyChip(), 20);
    const chip = tinyChip();
    const tight = bothTimings(
      { ...chip, hash: "tight", pe: { ...chip.pe, sram: { ...chip.pe.sram, packetFifoEntries: 1 } } },
      20,
    );
    expect(roomy.figures.refusedPackets).toBe(0);
    expect(tight.figures.refusedPackets).toBeGreaterThan(0);
    expect(tight.figures.largestFifo).toBe(1);
    expect(tight.result.counts.kernel.synop).toEqual(roomy.result.counts.kernel.synop);
  });

  it("gives the same times for the same run", () => {
    expect(bothTimings(tinyChip(), 12).figures).toEqual(bothTimings(tinyChip(), 12).figures);
  });
});
