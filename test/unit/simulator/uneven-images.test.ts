import { describe, expect, it } from "vitest";
import type { PeProgram, Program } from "../../../src/core/program.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, type Net } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { createOracle } from "./oracle.ts";

const chip = cornerChip();

/** One int8 layer of two neurons, on PE 0 and PE 2, that a single input and the layer itself feed. */
const netWith = (multiplier: number, shift: number): Net => ({
  quantisation: { format: "int8", scales: "matrix", accumulatorBits: 32 },
  populations: [
    { name: "in", size: 1, payloadFractionBits: 0, start: [], threshold: [] },
    { name: "a", size: 2, payloadFractionBits: 23, start: Array<number>(8).fill(0), threshold: [100, 100] },
  ],
  projections: [
    { source: "in", target: "a", delay: 0, weights: [[0, 0, 0, 0, 50, 50, 0, 0]] },
    { source: "a", target: "a", delay: 1, weights: [[0, 0, 0, 0, 3, 4, 0, 0], Array<number>(8).fill(5)] },
  ].map((projection) => ({
    ...projection,
    delay: projection.delay as 0 | 1,
    multiplier: [multiplier],
    shift,
  })),
  slices: [
    { population: "a", first: 0, count: 1, pe: 0 },
    { population: "a", first: 1, count: 1, pe: 2 },
  ],
});

const INPUT = 8_000_000;
const inputs = (steps: number): Stimulus => ({
  kind: "dense",
  width: 1,
  values: new Float32Array(steps).fill(INPUT),
  origin: "",
  synthetic: true,
});

/** Rewrites the second PE. */
const withSecondPe = (program: Program, change: (pe: PeProgram) => PeProgram): Program => ({
  ...program,
  pes: program.pes.map((pe, index) => (index === 1 ? change(pe) : pe)),
});

function edited(
  pe: PeProgram,
  edit: (view: DataView, at: (kind: string, source?: string) => number) => void,
) {
  const image = pe.image.slice();
  edit(new DataView(image.buffer), (kind, source = "") => {
    const section = pe.sections.find((candidate) => candidate.kind === kind && candidate.source === source)!;
    return section.offset - pe.imageOffset;
  });
  return { ...pe, image };
}

const statesOf = (program: Program, steps: number) => {
  const states: number[][] = [];
  const observe = (_: number, view: { population(name: string): { state: ArrayLike<number> } }) =>
    states.push(Array.from(view.population("a").state));
  const result = simulate(program, chip, inputs(steps), { observe });
  return { states, result };
};

const expectedOf = (net: Net) => createOracle(net).step([INPUT]).get("a")!;

describe("PEs that hold different images", () => {
  it("each scale payloads as their own image says", () => {
    const program = withSecondPe(buildProgram(netWith(1000, 14), chip), (pe) =>
      edited(pe, (view, at) => view.setUint32(at("scales", "in"), 2000, true)),
    );
    const payloads: number[][] = [];
    simulate(program, chip, inputs(1), {
      observe: (_, view) => payloads.push([...view.population("a").output]),
    });
    expect(payloads[0]).toEqual([expectedOf(netWith(1000, 14))[0], expectedOf(netWith(2000, 14))[1]]);
    expect(payloads[0]![0]).not.toBe(payloads[0]![1]);
  });

  it("each read their own tables", () => {
    const program = withSecondPe(buildProgram(netWith(1000, 14), chip), (pe) =>
      edited(pe, (view, at) => {
        for (let i = 0; i <= 512; i += 1) view.setUint16(at("tables") + 2 * (513 + i), 0, true);
      }),
    );
    const { states } = statesOf(program, 1);
    expect(states[0]![0]).toBeGreaterThan(0);
    expect(states[0]![1], "its tanh is 0 everywhere").toBe(0);
  });

  it("count a clamped payload once for each of them", () => {
    const { result } = statesOf(buildProgram(netWith(2 ** 24 - 1, 0), chip), 3);
    // Three inputs, and two events of a in the two steps that follow one; each at both PEs.
    expect(result.counts.saturations.scaledPayload).toBe(2 * (3 + 2 * 2));
    expect(result.counts.saturations.input).toBe(0);
  });

  it("match only the keys of their own records", () => {
    const narrow = { base: 256, mask: 0xffffffff };
    const program = withSecondPe(buildProgram(netWith(1000, 14), chip), (pe) => ({
      ...edited(pe, (view, at) => {
        view.setUint32(at("population-table") + 36, narrow.base, true);
        view.setUint32(at("population-table") + 40, narrow.mask, true);
      }),
      sources: pe.sources.map((source) => (source.delay === 1 ? { ...source, keys: narrow } : source)),
    }));
    const { result } = statesOf(program, 2);
    const { kernel, sram } = result.counts;
    // PE 2 gets two inputs; a's neuron 0 in step 1, from step 0; and neuron 1 in both steps, of no use to it.
    expect(kernel.packetReceive[2]).toBe(2 + 1 + 2);
    expect(kernel.rowLookup[2]).toBe(2 + 1 + 2);
    expect(kernel.synop[2], "two of the input and row 0 of a").toBe(2 + 1);
    expect(sram.rowPointersRead[2]).toBe(3 * (36 + 4) + 2 * 36);
    expect(kernel.packetReceive[0]).toBe(2 + 2);
    expect(kernel.synop[0], "row 0 has one weight there, row 1 four").toBe(2 + 1 + 4);
  });

  it("are refused where their order of sources gives no order of additions", () => {
    const program = withSecondPe(buildProgram(netWith(1000, 14), chip), (pe) => ({
      ...edited(pe, (view, at) => {
        const table = at("population-table");
        for (let word = 0; word < 9; word += 1) {
          const first = view.getUint32(table + 4 * word, true);
          view.setUint32(table + 4 * word, view.getUint32(table + 36 + 4 * word, true), true);
          view.setUint32(table + 36 + 4 * word, first, true);
        }
      }),
      sources: [...pe.sources].reverse(),
    }));
    expect(() => statesOf(program, 1)).toThrow("a: its PEs list their source blocks in different orders");
  });
});
