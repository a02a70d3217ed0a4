import { describe, expect, it } from "vitest";
import { PLAIN_STYLE, REPORT_WIDTH } from "../../../src/report/layout.ts";
import { formatResult } from "../../../src/report/text.ts";
import { formatOverview } from "../../../src/report/text-overview.ts";
import { sampleReading, sampleRefusal, sampleResult, sampleRun } from "./sample-result.ts";

const named = (name: string, changes: Parameters<typeof sampleRun>[0] = {}) =>
  sampleRun({ model: { name, sha256: "" }, ...changes });
const overview = (...runs: Parameters<typeof sampleResult>) =>
  formatOverview(sampleResult(...runs), PLAIN_STYLE);

describe("the table of all runs", () => {
  it("has a line for each reading: format, schedule, rate and perplexity too", () => {
    const int8 = { ...sampleRun().program, format: "int8" as const };
    const pipelined = sampleReading({
      schedule: "pipelined",
      tokensPerSecond: 11_242.4,
      energyIsLowerBound: true,
    });
    expect(overview(named("a"), named("b", { program: int8, readings: [pipelined] }))).toEqual([
      "All runs",
      "  model  chip  format   point   schedule    latency  tokens/s     energy      power  perplexity",
      "  a      chip  float32  150MHz  sequential  2.43 ms       412    45.6 µJ    18.8 mW       91.64",
      "  b      chip  int8     150MHz  pipelined   2.43 ms    11,242  ≥ 45.6 µJ  ≥ 18.8 mW       91.64",
      "  Latency and energy per token. ≥: some costs are unknown.",
    ]);
  });

  it("is there for one model on one chip with several readings, and not for a single one", () => {
    const readings = [sampleReading(), sampleReading({ operatingPoint: "300MHz" })];
    expect(formatResult(sampleResult(sampleRun({ readings })))).toContain("\nAll runs");
    expect(formatResult(sampleResult(sampleRun()))).not.toContain("All runs");
  });

  it("has no perplexity where there is none, and counts what the models read", () => {
    const { quality: _, ...plain } = named("a", { input: { ...sampleRun().input, stepIs: "vector" } });
    const lines = overview(plain, plain);
    expect(lines[1]).toMatch(/vectors\/s +energy +power$/);
    expect(lines.at(-1)).toBe("  Latency and energy per vector.");
    expect(overview(plain, named("b"))[1]).toMatch(/steps\/s +energy +power +perplexity$/);
  });

  it("keeps names whole while they fit, and says above the table what all rows share", () => {
    const [caption, head, first] = overview(named("a-rather-long-name-of-a-model"), named("b"));
    expect(caption).toBe("All runs (chip chip, sequential)");
    expect(head).toMatch(/^ {2}model +format +point +latency/);
    expect(first).toMatch(/^ {2}a-rather-long-name-of-a-model +float32 /);
  });

  it("cuts names in the middle where they do not fit", () => {
    const long = ["x", "y"].map((end) => named(`${"n".repeat(200)}${end}`));
    const lines = overview(...long, sampleRefusal);
    expect(Math.max(...lines.map((line) => line.length))).toBe(REPORT_WIDTH);
    expect(lines[2]).toMatch(/^ {2}n+…n+x /);
    expect(lines[3]).toMatch(/^ {2}n+…n+y /);
    expect(lines[4]).toMatch(/^ {2}too-large .*does not fit$/);
  });
});
