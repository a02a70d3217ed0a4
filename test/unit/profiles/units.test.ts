import { expect, it } from "vitest";
import { hertz } from "../../../src/core/units.ts";
import { cyclesOf } from "../../../src/profiles/latency.ts";
import { toSi } from "../../../src/profiles/units.ts";

it("converts to SI units", () => {
  expect(toSi("power", { value: 75.2, unit: "mW" })).toBe(0.0752);
  expect(toSi("energy", { value: 8.3, unit: "pJ" })).toBeCloseTo(8.3e-12, 26);
  expect(toSi("size", { value: 128, unit: "KiB" })).toBe(131_072);
  expect(toSi("size", { value: 2, unit: "GiB" })).toBe(2 ** 31);
  expect(toSi("clock", { value: 150, unit: "MHz" })).toBe(150e6);
  expect(toSi("bandwidth", { value: 1, unit: "Gbit/s" })).toBe(125e6);
  expect(toSi("energyPerByte", { value: 8, unit: "pJ/bit" })).toBeCloseTo(64e-12, 26);
  expect(toSi("throughput", { value: 2, unit: "TOPS" })).toBe(1e12);
  expect(toSi("duration", { value: 2.5, unit: "us" })).toBe(2.5e-6);
  expect(toSi("duration", { value: 1, unit: "ms" })).toBe(1e-3);
});

it("rounds a latency in time up to whole cycles, but not for a figure's own rounding", () => {
  const inCycles = (value: number, unit: "ns" | "cycles") =>
    cyclesOf({ basis: "published", value, unit, source: "test" }, hertz(300e6));
  expect(inCycles(5, "cycles")).toBe(5);
  expect(inCycles(16.67, "ns")).toBe(5);
  expect(inCycles(17, "ns")).toBe(6);
  expect(inCycles(0.1, "ns")).toBe(1);
});
