import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatMean,
  formatPercent,
  formatShare,
  formatSi,
  plural,
} from "../../../src/report/quantities.ts";

describe("quantities", () => {
  it.each([
    [0, "0 s"],
    [2.43e-3, "2.43 ms"],
    [0.9994e-3, "999 µs"],
    [0.99996e-3, "1.00 ms"],
    [45.64e-6, "45.6 µs"],
    [1, "1.00 s"],
    [170.25, "170 s"],
    [1234, "1.23 ks"],
    [1.59e-15, "1.59 fs"],
    [3.2e-12, "3.20 ps"],
    [3.2e-18, "3.20e-18 s"],
    [4e15, "4.00e+15 s"],
  ])("writes %d s as %s", (value, text) => {
    expect(formatSi(value, "s")).toBe(text);
  });

  it.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.99999, "> 99.99 %"],
    [0.9996, "99.96 %"],
    [0.797, "79.70 %"],
    [0.0493, "4.93 %"],
    [0.02, "2.00 %"],
    [0.000123, "0.01 %"],
    [0.00004, "< 0.01 %"],
  ])("writes the share %d as %s", (value, text) => {
    expect(formatShare(value)).toBe(text);
  });

  it.each([
    [0, 8, "0 %"],
    [0.03, 8, "<1 %"],
    [0.04, 8, "1 %"],
    [8, 8, "100 %"],
    [0, 0, ""],
  ])("writes %d of a total of %d as %s", (part, whole, text) => {
    expect(formatPercent(part, whole)).toBe(text);
  });

  it.each([
    [0, "0"],
    [0.02134, "0.0213"],
    [27.74, "27.7"],
    [99.96, "100"],
    [24_165_000.4, "24,165,000"],
    [0.0001, "1.0e-4"],
  ])("writes the mean %d as %s", (value, text) => {
    expect(formatMean(value)).toBe(text);
  });

  it.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1024, "1.0 KiB"],
    [90_419, "88.3 KiB"],
    [2 ** 20, "1.0 MiB"],
    [3 * 2 ** 30, "3.0 GiB"],
  ])("writes %d bytes as %s", (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  it("counts", () => {
    expect(formatCount(1234567)).toBe("1,234,567");
    expect(plural(1, "PE")).toBe("1 PE");
    expect(plural(0, "PE")).toBe("0 PEs");
  });
});
