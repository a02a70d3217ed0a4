import { describe, expect, it } from "vitest";
import { PLAIN_STYLE, REPORT_WIDTH } from "../../../src/report/layout.ts";
import { formatAccuracy, formatAgainst, formatPerplexity } from "../../../src/report/text-accuracy.ts";
import { formatRepeats } from "../../../src/report/text-repeats.ts";
import { sampleResult, sampleRun } from "./sample-result.ts";

const growth = {
  float32Perplexity: 100,
  perplexityGrowth: 0.0052,
  growthInterval: { low: -0.0001, high: 0.0105 },
};

describe("what is said of accuracy", () => {
  it("has intervals where there are enough tokens", () => {
    const quality = { tokens: 10, negativeLogLikelihoodNats: 1, perplexity: 116.784 };
    expect(formatPerplexity(quality)).toBe("116.78");
    expect(formatPerplexity({ ...quality, perplexityInterval: { low: 114.91, high: 118.7 } })).toBe(
      "116.78 (95 %: 114.9 to 118.7)",
    );
    expect(formatAgainst(growth)).toBe("+0.52 % (−0.01 to +1.05 %)");
    expect(formatAgainst({ float32Perplexity: 100, perplexityGrowth: -0.2 })).toBe("−20.00 %");
    expect(formatAgainst({ rmsError: 0.0123, largestError: 0.2 })).toBe("RMS error 1.23 %");
  });

  it("is a table where something was held against float32, and nothing elsewhere", () => {
    const int8 = sampleRun({
      program: { ...sampleRun().program, format: "int8" },
      againstFloat32: growth,
    });
    const lines = formatAccuracy(sampleResult(sampleRun(), int8), PLAIN_STYLE);
    expect(lines[2]).toMatch(/ float32 +91\.\d+ +- +float32$/);
    expect(lines[3]).toMatch(/ int8 +91\.\d+ +- +\+0\.52 % \(−0\.01 to \+1\.05 %\)$/);
    expect(formatAccuracy(sampleResult(sampleRun()), PLAIN_STYLE)).toEqual([]);
  });

  it("shows spreads over seeds in the means' own units", () => {
    const repeat = {
      model: "m".repeat(120),
      chip: "chip",
      operatingPoint: "150MHz sequential",
      seeds: 3,
      activity: { mean: 0.133, halfWidth: 0.025 },
      latencySecondsPerToken: { mean: 61.8e-6, halfWidth: 3.5e-6 },
      energyJoulesPerToken: { mean: 2e-6 },
      meanPowerWatts: { mean: 0.3 },
      energyIsLowerBound: true,
    };
    const lines = formatRepeats([repeat], PLAIN_STYLE);
    expect(lines[2]).toMatch(/ 150MHz sequential +3 +13\.3 ± 2\.5 % +61\.8 ± 3\.5 µs +≥ 2\.00 µJ$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(REPORT_WIDTH);
  });
});
