import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ResultJson } from "../../../src/report/result-schema.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { run } from "./run-in-process.ts";

const EXAMPLE = join(ownPackage().root, "examples/egru-wt2-small");
const expected = JSON.parse(readFileSync(join(EXAMPLE, "expected.json"), "utf8"));
const text = join(EXAMPLE, "wikitext-2-test-slice.txt");
const PAIR = join(ownPackage().root, "examples/wikitext-2");

async function resultOf(...options: string[]) {
  const { code, stdout, stderr } = await run([
    "compare",
    EXAMPLE,
    "--text",
    text,
    "--steps",
    "2000",
    "--json",
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  const [found, ...others] = (JSON.parse(stdout) as ResultJson).runs;
  expect(others).toEqual([]);
  return found?.verdict === "fits" ? found : expect.fail("it does not fit");
}

/** Rounding in float32 may move a state over its threshold now and then: 0.1 % of events, no more. */
const expectNear = (actual: number, reference: number) =>
  expect(Math.abs(actual / reference - 1)).toBeLessThan(1e-3);

describe("the example that `npm start` shows, on the simulated chip", () => {
  it("reads as the reference does in windows of 70", async () => {
    const { windowed } = expected;
    const found = await resultOf("--window", "70", "--chips", "spinnaker2@150MHz,spinnaker2@300MHz");
    expect(found.quality!.tokens).toBe(windowed.tokens);
    expect(found.quality!.perplexity.toPrecision(4)).toBe(windowed.perplexity.toPrecision(4));
    const layers = found.layers.filter(({ isInput }) => !isInput);
    expect(layers).toHaveLength(windowed.events_per_layer.length);
    for (const [index, { events }] of layers.entries()) expectNear(events, windowed.events_per_layer[index]);
    const [slow, fast] = found.readings;
    expect(fast!.latencySecondsPerToken).toBeLessThan(slow!.latencySecondsPerToken);
  });

  it("does the reference's work when state is carried on", async () => {
    const { perplexity, synops } = expected.streaming_float64;
    const found = await resultOf("--chips", "spinnaker2@150MHz");
    expect(found.quality!.perplexity.toPrecision(4)).toBe(perplexity.toPrecision(4));
    const reference = ["l0", "l1", "l2"].flatMap((layer) => [
      synops[layer].input_synops,
      synops[layer].recurrent_synops,
    ]);
    expect(found.projections).toHaveLength(reference.length);
    for (const [index, projection] of found.projections.entries())
      expectNear(projection.synops, reference[index]);
  });
});

describe("the EGRU and the LSTM that were trained alike", () => {
  const pair = ["egru", "lstm"].map((cell) => join(PAIR, cell));

  it("give the figures of their README on the simulated chip", async () => {
    const window = ["--steps", "2000", "--window", "70"];
    const options = ["--text", text, "--chips", "spinnaker2@150MHz", "--json", ...window];
    const { code, stdout, stderr } = await run(["compare", ...pair, ...options]);
    expect(code, stderr).toBe(0);
    const found = (JSON.parse(stdout) as ResultJson).runs.map((one) =>
      one.verdict === "fits" ? one : expect.fail("it does not fit"),
    );
    const synops = found.map(({ projections }) => projections.reduce((sum, own) => sum + own.synops, 0));
    const readme = readFileSync(join(PAIR, "README.md"), "utf8");
    const cells = /^\| synaptic operations +\|([^|]+)\|([^|]+)\|/m.exec(readme)!.slice(1);
    for (const [index, cell] of cells.entries())
      expectNear(synops[index]! / 2000, Number(cell.replaceAll(",", "")));
    const perplexities = found.map(({ quality }) => quality!.perplexity.toFixed(1));
    expect(readme).toContain(`| ${perplexities[0]} (`);
    expect(readme).toContain(`| ${perplexities[1]} (`);
  });

  it("have 92 % of their recurrent weights pruned", async () => {
    for (const model of pair) {
      const { code, stdout, stderr } = await run(["inspect", model]);
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/weight sparsity +92\.00 %/);
    }
  });
});
