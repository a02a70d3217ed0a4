import { describe, expect, it } from "vitest";
import { sumOf } from "../../../src/core/counts.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { neuroBenchMetrics } from "../../../simulator/metrics.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, type Net } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

/** The corner chip with its DRAM beside the host. */
const chip: HardwareProfile = {
  ...cornerChip(),
  noc: { ...cornerChip().noc, dramNode: { x: 1, y: 0 } },
};
const STEPS = 3;
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * STEPS).fill(1),
  origin: "ones",
  synthetic: true,
};

/** The firing net, with the rows of these PEs in DRAM. */
const netWith = (...pes: number[]): Net => {
  const net = firingNet();
  const slices = net.slices.map((slice) =>
    pes.includes(slice.pe) ? { ...slice, inDram: true as const } : slice,
  );
  return { ...net, slices };
};
const run = (...pes: number[]) => simulate(buildProgram(netWith(...pes), chip), chip, input);

describe("rows in DRAM", () => {
  const inSram = run();
  const inDram = run(6);

  it("give the numbers and the PE work that rows in SRAM give", () => {
    expect(inDram.populations).toEqual(inSram.populations);
    expect(inDram.counts.kernel).toEqual(inSram.counts.kernel);
    expect(inDram.busyCycles).toEqual(inSram.busyCycles);
  });

  it("are fetched for each event that has one: indices and weights, in whole bursts", () => {
    // a's neuron 0 fires in each step and has 3 synapses on PE 6: 3 B of indices, 12 B of weights at byte 4.
    const bytes = STEPS * (16 + 16);
    expect(inDram.counts.dram.byteRead).toBe(bytes);
    expect(inDram.counts.sram.rowsWritten[6]).toBe(bytes);
    expect(sumOf(inDram.counts.sram.rowsWritten)).toBe(bytes);
    expect(inSram.counts.dram.byteRead).toBe(0);
  });

  it("belong to the footprint as rows in SRAM do", () => {
    const program = buildProgram(netWith(6), chip);
    const bytes = (part: "image" | "dramImage") => sumOf(program.pes.map((pe) => pe[part].length));
    // Three synapses of PE 6: 3 B of indices, 12 B of weights at byte 4.
    expect(bytes("dramImage")).toBe(16);
    expect(neuroBenchMetrics(inDram, program).footprintBytes).toBe(bytes("image") + 16);
  });

  it("count every burst that they touch", () => {
    // PE 0 holds both sources' rows: weights of "in" at 4 … 7, then a's: indices at 8, 9, weights at 12 … 19.
    const { counts } = run(0);
    const input = STEPS * (16 + 16);
    const recurrent = (STEPS - 1) * (16 + 16);
    expect(counts.dram.byteRead).toBe(input + recurrent);
  });

  it("travel from DRAM's node in flits, and their requests to it", () => {
    const extra = (from: number[], to: number[]) => {
      const flits = ({ counts }: typeof inSram) =>
        counts.links.find((link) => `${link.from} ${link.to}` === `${from} ${to}`)!.flits;
      return flits(inDram) - flits(inSram);
    };
    // PE 6 is at (2, 2), DRAM at (1, 0). Two requests a row, and a flit a burst of 16 B.
    expect(extra([2, 2], [1, 2])).toBe(STEPS * 2);
    expect(extra([1, 1], [1, 0])).toBe(STEPS * 2);
    expect(extra([1, 0], [2, 0])).toBe(STEPS * 2);
    expect(extra([2, 1], [2, 2])).toBe(STEPS * 2);
    expect(inDram.counts.noc.flitHop - inSram.counts.noc.flitHop).toBe(STEPS * (2 * 3 + 2 * 3));
  });

  it("are in their phase: bytes, busiest link, transfers of the busiest PE", () => {
    const [a, b] = inDram.phases;
    expect([...a!.dramBytes]).toEqual([0, 0, 0]);
    expect([...b!.dramBytes]).toEqual([32, 32, 32]);
    expect([...b!.dramLinkCycles]).toEqual([2 * 3, 2 * 3, 2 * 3]);
    expect([...b!.dramTransfers]).toEqual([2, 2, 2]);
    const elsewhere = ({ dramBytes: _, dramLinkCycles: __, dramTransfers: ___, ...phase }: typeof b & {}) =>
      phase;
    expect(elsewhere(b!)).toEqual(elsewhere(inSram.phases[1]!));
  });
});
