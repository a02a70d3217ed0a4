import { describe, expect, it } from "vitest";
import { rooflineOf } from "../../../src/compare/roofline.ts";
import { readRoofline } from "../../../src/profiles/roofline.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { fileText } from "../profiles/shipped.ts";

const m4 = (...overrides: string[]) => ({
  ...readRoofline(fileText("hw-profiles/cortex-m4.json"), "m4.json", overrides),
  overrides,
});
// 4·18 + 6·18 weights of egru0, 6·12 + 4·12 of egru1.
const WEIGHTS = 4 * 18 + 6 * 18 + 6 * 12 + 4 * 12;

describe("a model by roofline", () => {
  it("takes the longer of computing and fetching, and starting, as by hand", () => {
    const report = rooflineOf(tinyModel(), m4(), "int8");
    expect(report).toMatchObject({
      macsPerStep: WEIGHTS,
      weightBytes: WEIGHTS,
      layers: 2,
      memoryBytesPerStep: 0,
    });
    expect(report.secondsPerStep).toBeCloseTo(WEIGHTS / 0.336e9 + 2 * 10e-6, 15);
    expect(report.joulesPerStep).toBeCloseTo(2.7e-3 * report.secondsPerStep, 15);
    expect(report.idleJoulesPerStep).toBeUndefined();
  });

  it("fetches weights in every step that do not stay on the chip", () => {
    const report = rooflineOf(tinyModel(), m4("memory.onChip=100B", "memory.bandwidth=1MB/s"), "float32");
    expect(report.memoryBytesPerStep).toBe(4 * WEIGHTS);
    expect(report.secondsPerStep).toBeCloseTo((4 * WEIGHTS) / 1e6 + 2 * 10e-6, 12);
  });

  it("leaves out what is unknown", () => {
    const report = rooflineOf(tinyModel(), m4("launch=unknown"), "int8");
    expect(report.launchSeconds).toBeUndefined();
    expect(report.secondsPerStep).toBeCloseTo(WEIGHTS / 0.336e9, 15);
    expect(report.utilisation).toBe(1);
  });

  it("refuses a model that its memory cannot hold, and formats that it lacks", () => {
    expect(() => rooflineOf(tinyModel(), m4("memory.capacity=200B", "memory.onChip=100B"), "int8")).toThrow(
      /needs 300 memory bytes, but has 200/,
    );
    const lacking = { ...m4(), profile: { ...m4().profile, peak: { int8: 1e9 } } };
    expect(() => rooflineOf(tinyModel(), lacking, "float32")).toThrow("has no peak for float32");
  });

  it("names a fault's path", () => {
    expect(() => m4("memory.onChip=2MiB")).toThrow(
      "m4.json, memory.onChip: is 2097152 B of 1048576 B of memory",
    );
    expect(() => readRoofline('{"kind":"roofline","name":"x"}', "x.json")).toThrow(
      "x.json, title: is missing",
    );
  });
});
