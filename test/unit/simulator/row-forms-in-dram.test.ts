import { describe, expect, it } from "vitest";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { ROW_FORMS } from "../../../src/core/row-form.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, type Net } from "./build-program.ts";
import { allForms, cornerChip, FORM_CYCLES } from "./corner-chip.ts";
import { phaseCycles, quietChip, quietNet, runReplayed } from "./detailed/quiet-net.ts";
import { firingNet } from "./firing-net.ts";

const chip = allForms(cornerChip());
const STEPS = 3;
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * STEPS).fill(1),
  origin: "ones",
  synthetic: true,
};

/** The firing net in one form, with the rows of PE 6, which holds layer b, in DRAM. */
const netOf = (form: (typeof ROW_FORMS)[number]): Net => {
  const net = firingNet();
  return {
    ...net,
    projections: net.projections.map((projection) => ({ ...projection, form })),
    slices: net.slices.map((slice) => (slice.pe === 6 ? { ...slice, inDram: true as const } : slice)),
  };
};

/**
 * In each step a's neurons 0 and 1 send an event. Of 3 rows of 6 columns, row 0 has 3 synapses, in 2 blocks, the
 * others none. Indices begin at byte 0, weights behind them at the next multiple of 4; bursts are 16 B.
 */
const STEP = {
  // 3 B of indices; weights at 4 … 15.
  csr: { bytes: 16 + 16, transfers: 2 },
  // 2 B of gaps; weights at 4 … 15.
  "delta-csr": { bytes: 16 + 16, transfers: 2 },
  // A word at 0 … 3 of 12 B; weights at 12 … 23.
  bitmap: { bytes: 16 + 32, transfers: 2 },
  // 2 B of numbers; weights at 4 … 35.
  block: { bytes: 16 + 48, transfers: 2 },
  // Both neurons' rows, at 0 … 23 and 24 … 47.
  dense: { bytes: 32 + 32, transfers: 2 },
} as const;

describe.each(ROW_FORMS)("%s rows in DRAM", (form) => {
  const [point] = chip.operatingPoints as [HardwareProfile["operatingPoints"][number]];
  const result = simulate(buildProgram(netOf(form), chip), chip, input, { replays: [{ point }] });
  const { bytes, transfers } = STEP[form];

  it("are fetched in whole bursts, one transfer a part", () => {
    expect(result.counts.dram.byteRead).toBe(STEPS * bytes);
    expect(result.counts.sram.rowsWritten[6]).toBe(STEPS * bytes);
    expect([...result.phases[1]!.dramBytes]).toEqual([bytes, bytes, bytes]);
    expect([...result.phases[1]!.dramTransfers]).toEqual([transfers, transfers, transfers]);
  });

  it("are fetched in as many transfers packet by packet", () => {
    expect(result.replays![0]!.dram!.transfers).toBe(STEPS * transfers);
  });

  it("give the counts that rows in SRAM give", () => {
    const inSram = simulate(buildProgram({ ...netOf(form), slices: firingNet().slices }, chip), chip, input);
    expect(result.counts.kernel).toEqual(inSram.counts.kernel);
    expect(result.populations).toEqual(inSram.populations);
  });
});

describe("a dense row packet by packet", () => {
  it("waits for its weights only", () => {
    const quiet = quietChip({ dram: { latency: 300, burst: 40, ports: 1 } });
    const float32 = { csr: quiet.pe.rowForms.float32!.csr!, dense: FORM_CYCLES.dense };
    const dense = { ...quiet, pe: { ...quiet.pe, rowForms: { float32 } } };
    const time = (inDram: boolean): number => {
      const net = quietNet(1, [1], inDram ? { inDram: true } : {});
      const projections = net.projections.map((projection) => ({ ...projection, form: "dense" as const }));
      return phaseCycles(runReplayed({ ...net, projections }, dense, 1), 0);
    };
    // One transfer of one burst: four weights of 4 B.
    expect(time(true)).toBeCloseTo(time(false) + 300 + 40, 6);
  });
});
