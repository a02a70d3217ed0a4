import { describe, expect, it } from "vitest";
import type { ChipDecoder } from "../../../src/core/program.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { loadDecoder, runDecoder } from "../../../simulator/functional/chip-decoder.ts";
import { createEventList, setEvents } from "../../../simulator/functional/event-list.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, routingOf } from "./build-program.ts";
import { cornerChip, KERNEL_CYCLES } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const decoder: ChipDecoder = {
  name: "decoder",
  inputs: 2,
  outputs: 5,
  weights: Int8Array.from([10, 1, 20, 2, 30, 3, 40, 4, 127, 127]),
  scale: Float32Array.from([1, 1, 0.5, 1, 1]),
  bias: Float32Array.from([0, 1, 0, 0, 0]),
  pes: [3, 6],
  bufferBytes: 128,
};

describe("runDecoder", () => {
  const all = { first: 0, end: 5, hears: Uint8Array.of(1, 1) };
  const logitsOf = (payloads: number[], bits: 24 | 32 = 32, shares = [all], one = 1) => {
    const events = createEventList(2, false);
    setEvents(events, payloads);
    const logits = new Float64Array(5);
    const saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
    runDecoder(loadDecoder(decoder, shares), events, one, bits, logits, saturations);
    return { logits: [...logits], saturations };
  };

  it("scales inputs by the largest of the step to int8, and sums by both scales", () => {
    const scale = 0.5 / 127;
    // 0.25 becomes ⌊63.5⌉ = 64.
    const sums = [
      10 * 127 + 64,
      20 * 127 + 2 * 64,
      30 * 127 + 3 * 64,
      40 * 127 + 4 * 64,
      127 * 127 + 127 * 64,
    ];
    const expected = sums.map((sum, output) => sum * decoder.scale[output]! * scale + decoder.bias[output]!);
    expect(logitsOf([0.5, 0.25]).logits).toEqual(expected);
    expect(logitsOf([5, 2.5], 32, [all], 10).logits, "payloads in units of `one`").toEqual(expected);
  });

  it("gives the biases without events", () => {
    expect(logitsOf([0, 0]).logits).toEqual([0, 1, 0, 0, 0]);
  });

  it("uses only the events that reach the PE of an output", () => {
    const shares = [
      { first: 0, end: 2, hears: Uint8Array.of(1, 0) },
      { first: 2, end: 5, hears: Uint8Array.of(0, 1) },
    ];
    const { logits } = logitsOf([0.5, 0.25], 32, shares);
    expect(logits[0]).toBeCloseTo(10 * 0.5, 12);
    expect(logits[3]).toBeCloseTo(4 * 0.25, 12);
  });

  it("saturates after each product in ascending order of sources", () => {
    const inputs = 600;
    const wide: ChipDecoder = {
      ...decoder,
      inputs,
      outputs: 1,
      weights: Int8Array.from({ length: inputs }, (_, i) => (i < 599 ? 127 : -127)),
      scale: Float32Array.of(1),
      bias: Float32Array.of(0),
    };
    const events = createEventList(inputs, false);
    setEvents(events, Array<number>(inputs).fill(127));
    const share = { first: 0, end: 1, hears: new Uint8Array(inputs).fill(1) };
    const logits = new Float64Array(1);
    const saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
    runDecoder(loadDecoder(wide, [share]), events, 1, 24, logits, saturations);
    const fitting = Math.floor((2 ** 23 - 1) / 127 ** 2);
    expect(logits[0]).toBe(2 ** 23 - 1 - 127 ** 2);
    expect(saturations.accumulator).toBe(599 - fitting);
  });
});

describe("a decoder on the chip", () => {
  const chip = cornerChip();
  const net = { ...firingNet(), chipDecoder: decoder };
  const stimulus: Stimulus = {
    kind: "dense",
    width: 2,
    values: new Float32Array(6),
    origin: "",
    synthetic: true,
  };
  const result = simulate(buildProgram(net, chip), chip, stimulus);
  const { counts, phases } = result;

  it("shares its outputs and counts MACs, cycles and whole bursts of DRAM", () => {
    // PE 3 has outputs 0 and 1, PE 6 (which holds layer b as well) outputs 2 to 4.
    expect([counts.macArray.mac[3], counts.macArray.mac[6]]).toEqual([3 * 4, 3 * 6]);
    // Set-up 5; two steps of (4 + 2) B through a port of 3 B; two, and three, sums of 4 B out of it.
    expect([result.macArrayCycles[3], result.macArrayCycles[6]]).toEqual([3 * (5 + 4 + 3), 3 * (5 + 4 + 4)]);
    // 2 · 2 weights and 2 · 8 B make two bursts of 16 B; 3 · 2 and 3 · 8 make two as well.
    expect(counts.dram).toEqual({ byteRead: 3 * (32 + 32), byteWritten: 0 });
    expect(counts.sram.weightsRead[3]).toBe(3 * 4);
    expect(result.usedPes).toEqual([0, 2, 3, 6]);
  });

  it("has a phase of its own, with the reception of its input before the MACs", () => {
    const { packetReceive, timestep } = KERNEL_CYCLES;
    const phase = phases.at(-1)!;
    expect(phase).toMatchObject({ name: "decoder", latency: { noc: 4 * 5, eventRouter: 4 } });
    expect([...phase.peCycles], "PE 3: one event a step").toEqual(
      Array(3).fill(timestep + packetReceive + 12),
    );
    expect([...phase.dramBytes]).toEqual([64, 64, 64]);
    expect(counts.kernel.packetReceive[6], "two events of a and one of b in each step").toBe(3 * 3);
    expect(counts.kernel.timestep[6]).toBe(3);
    expect(counts.kernel.rowLookup[3]).toBe(0);
    expect(counts.host.eventOut).toBe(0);
  });

  it("hears nothing without a routing entry", () => {
    const seen: number[][] = [];
    const deaf = buildProgram(net, chip, routingOf(net, chip).slice(0, 2));
    simulate(deaf, chip, stimulus, { observe: (_, { logits }) => seen.push([...logits!]) });
    expect(seen[2]).toEqual([...decoder.bias]);
  });
});
