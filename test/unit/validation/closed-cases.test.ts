import { describe, expect, it } from "vitest";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { loadBaseText, loadProfileText } from "../../../src/runtime/profile-files.ts";
import { macLayer, rates, synopPeak } from "../../../src/validation/closed-cases.ts";

function chip(name: string, overrides: readonly string[] = []) {
  const { text, fileName } = loadProfileText(name);
  const { profile } = readProfile(text, fileName, overrides, loadBaseText);
  return { profile, point: profile.operatingPoints.at(-1)! };
}

describe("workloads in closed form", () => {
  it("take a dense layer's core work beside its tiles, without the set-up", () => {
    const { profile } = chip("spinnaker2", [
      "pe.macArray.kernel.macOperand=50cycles",
      "pe.macArray.kernel.macResult=10cycles",
    ]);
    const { values } = macLayer({ kind: "mac-layer", chip: "spinnaker2", inputs: 256, outputs: 33 }, profile);
    // Three tiles of 16 columns: 256 · 20 B through a port of 16 B, then 16 sums of 4 B.
    expect(values["cycles-beyond-setup"]).toBe(3 * (320 + 4) + 256 * 50 + 33 * 10);
  });

  it("have no dense layer where there is no array", () => {
    const { profile } = chip("spinnaker1");
    const workload = { kind: "mac-layer", chip: "spinnaker1", inputs: 1, outputs: 1 } as const;
    expect(() => macLayer(workload, profile)).toThrow("has no MAC arrays with a kernel for layers");
  });

  it("leave synops the time that neurons and rows do not take", () => {
    const { profile, point } = chip("spinnaker2", [
      "pe.kernels.int8.timestep=1000cycles",
      "pe.kernels.int8.lifUpdate=40cycles",
      "pe.kernels.int8.packetReceive=20cycles",
      "pe.kernels.int8.rowLookup=10cycles",
      "pe.kernels.int8.rowFetch=30cycles",
      "pe.kernels.int8.synop=6cycles",
    ]);
    const peak = (beside?: { lifNeurons: number; stepsPerSecond: number; synopsPerRow?: number }) =>
      synopPeak(
        { kind: "synop-peak", chip: "spinnaker2", format: "int8", ...(beside && { beside }) },
        profile,
        point,
      ).values["synops-per-pe"]!;
    expect(peak()).toBe(300e6 / 6);
    expect(peak({ lifNeurons: 1000, stepsPerSecond: 1000 })).toBeCloseTo((300e6 - 41e6) / 6, 3);
    const rows = peak({ lifNeurons: 1000, stepsPerSecond: 1000, synopsPerRow: 10 });
    expect(rows).toBeCloseTo((300e6 - 41e6) / 12, 3);
    expect(peak({ lifNeurons: 10_000, stepsPerSecond: 1000 })).toBe(0);
  });

  it("count every copy's idle power, and memory without a price as a gap", () => {
    const { profile, point } = chip("spinnaker1");
    const priced = (more: { copies?: number; dramBytes?: number }) =>
      rates(
        {
          kind: "rates",
          chip: "spinnaker1",
          format: "int16",
          perSecond: { synop: 1e6 },
          per: "synop",
          ...more,
        },
        profile,
        point,
      );
    // 20 cycles of 170 pJ a synop; a chip idles at 0.35 W.
    expect(priced({}).values.power).toBeCloseTo(0.35 + 3.4e-3, 12);
    expect(priced({ copies: 3 }).values.power).toBeCloseTo(3 * 0.35 + 3.4e-3, 12);
    expect(priced({ copies: 3 }).values["energy-per-action"]).toBeCloseTo(3.4e-9, 18);
    expect(priced({ dramBytes: 1 }).unpriced).toEqual(["byteRead"]);
  });
});
