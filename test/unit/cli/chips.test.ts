import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { extendingSchema } from "../../../src/profiles/editor-schema.ts";
import { ResultSchema, type ResultJson } from "../../../src/report/result-schema.ts";
import { run } from "./run-in-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-chips-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = "synthetic:6,8,6@0.5";
const validate = new Ajv2020({ strict: true }).compile(ResultSchema);

async function compared(...options: string[]): Promise<ResultJson> {
  const outcome = await run(["compare", MODEL, "--steps", "4", "--json", ...options]);
  expect(outcome.code, outcome.stderr).toBe(0);
  const value: unknown = JSON.parse(outcome.stdout);
  if (!validate(value)) expect.fail(JSON.stringify(validate.errors));
  return value as ResultJson;
}

describe("compare over unlike chips", () => {
  it("has a row for each, and says of those that cannot run why", async () => {
    const { runs, comparison } = await compared(
      "--chips",
      "spinnaker2@150MHz,loihi1,truenorth,a100,cortex-m4",
    );
    expect(runs.map(({ verdict }) => verdict)).toEqual([
      "fits",
      "refused",
      "refused",
      "roofline",
      "roofline",
    ]);
    const [, loihi] = runs;
    if (loihi?.verdict !== "refused") return expect.fail("it ran");
    expect(loihi.problem).toMatchObject({ code: "unsupported" });
    expect(loihi.problem.message).toContain("its neurons are egru, the chip's lif");
    expect(comparison!.map(({ chip, energyDelayRank }) => [chip, energyDelayRank]).length).toBe(3);
    const ranks = comparison!.map(({ energyDelayRank }) => energyDelayRank!).toSorted((a, b) => a - b);
    expect(ranks).toEqual([1, 2, 3]);
  });

  it("codes events only for chips that need it, and overrides only the chip that is named", async () => {
    const { runs } = await compared(
      ...[
        "--chips",
        "spinnaker2@150MHz,loihi1-silicon",
        "--coding",
        "bits:4",
        "--set",
        "loihi1-silicon:capabilities.neurons=egru",
      ],
    );
    const [spinnaker, loihi] = runs;
    if (spinnaker?.verdict !== "fits" || loihi?.verdict !== "fits") return expect.fail("refused");
    expect(spinnaker.program.options["coding"]).toBeUndefined();
    expect(spinnaker.program.format).toBe("float32");
    expect(loihi.program.options["coding"]).toBe("bits:4");
    expect(loihi.assumptions.join()).toMatch(/sent as --coding bits:4 says, [\d.]+ packets an event/);
  });

  it("sweeps figures, every value with every other", async () => {
    const { runs } = await compared(
      ...[
        "--chips",
        "spinnaker2@150MHz",
        "--sweep",
        "noc.hopLatency=3cycles,9cycles",
        "--sweep",
        "pe.clock=100MHz,200MHz",
      ],
    );
    const seen = runs.map((found) =>
      found.verdict === "fits" ? [found.chip.variant, found.readings[0]!.latencySecondsPerToken] : [],
    );
    expect(seen.map(([variant]) => variant)).toEqual([
      "hopLatency=3cycles peClock=100MHz",
      "hopLatency=3cycles peClock=200MHz",
      "hopLatency=9cycles peClock=100MHz",
      "hopLatency=9cycles peClock=200MHz",
    ]);
    expect(seen[0]![1]).toBeLessThan(seen[2]![1] as number);
    expect(seen[1]![1]).toBeLessThan(seen[0]![1] as number);
  });

  it("tells no time where none is known", async () => {
    const outcome = await run(["compare", MODEL, "--steps", "4", "--chips", "loihi2"]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/latency +unknown/);
    expect(outcome.stdout).toMatch(/vectors a second +-/);
  });

  it("holds other formats against float32, which counts as itself", async () => {
    const { runs, comparison } = await compared("--chips", "spinnaker2@150MHz,spinnaker1");
    const [own, int16] = runs;
    if (own?.verdict !== "fits" || int16?.verdict !== "fits") return expect.fail("refused");
    expect(own.againstFloat32).toBeUndefined();
    const against = int16.againstFloat32;
    if (against === undefined || !("rmsError" in against)) return expect.fail("no output error");
    expect(against.rmsError).toBeGreaterThan(0);
    expect(against.rmsError).toBeLessThan(0.01);
    expect(comparison![1]!.againstFloat32).toEqual(against);
    const without = await compared("--chips", "spinnaker1", "--no-float32");
    expect(without.runs[0]).not.toHaveProperty("againstFloat32");
  });

  it("shows growth and intervals of perplexities in a text, those of a float32 run among them", async () => {
    const words = join(folder, "words.csv");
    writeFileSync(words, Array.from({ length: 41 }, (_, step) => (step * 7) % 11).join("\n"));
    const models = ["synthetic:12x6,8,6@0.5", "--tokens", words, "--json"];
    const both = await run(["compare", ...models, "--chips", "spinnaker2@150MHz,spinnaker1"]);
    const alone = await run(["compare", ...models, "--chips", "spinnaker1"]);
    expect(both.code, both.stderr).toBe(0);
    const [float32, int16] = (JSON.parse(both.stdout) as ResultJson).runs;
    if (float32?.verdict !== "fits" || int16?.verdict !== "fits") return expect.fail("refused");
    const { perplexity, perplexityInterval } = float32.quality!;
    expect(perplexityInterval!.low).toBeLessThan(perplexity);
    expect(perplexityInterval!.high).toBeGreaterThan(perplexity);
    const growth = int16.quality!.perplexity / perplexity - 1;
    const against = int16.againstFloat32;
    if (against === undefined || !("perplexityGrowth" in against)) return expect.fail("no growth");
    expect(against.float32Perplexity).toBe(perplexity);
    expect(against.perplexityGrowth).toBeCloseTo(growth, 12);
    // A run of its own in float32 says nearly the same: sums are taken in another order.
    const [only] = (JSON.parse(alone.stdout) as ResultJson).runs;
    if (only?.verdict !== "fits") return expect.fail("refused");
    expect(only.againstFloat32).toMatchObject({ float32Perplexity: expect.closeTo(perplexity, 3) as number });
  });

  it("repeats with several seeds, and says so where nothing is made up", async () => {
    const { repeats, runs } = await compared("--chips", "spinnaker2@150MHz,loihi1", "--seeds", "3");
    expect(repeats).toHaveLength(1);
    expect(repeats![0]).toMatchObject({ chip: "spinnaker2", seeds: 3 });
    const [first] = runs;
    if (first?.verdict !== "fits") return expect.fail("refused");
    const latencies = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const [ran] = (await compared("--chips", "spinnaker2@150MHz", "--seed", String(seed))).runs;
        return ran?.verdict === "fits" ? ran.readings[0]!.latencySecondsPerToken : 0;
      }),
    );
    expect(latencies[0]).toBe(first.readings[0]!.latencySecondsPerToken);
    const mean = (latencies[0]! + latencies[1]! + latencies[2]!) / 3;
    expect(repeats![0]!.latencySecondsPerToken!.mean).toBeCloseTo(mean, 12);
    const fixed = ["compare", "examples/egru-wt2-small", "--text", "README.md", "--seeds", "2"];
    const refused = await run(fixed);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("all of these come from files");
  });

  it("fails where no chip can run any model, when all has been said", async () => {
    const outcome = await run(["compare", MODEL, "--steps", "4", "--chips", "loihi1,truenorth"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("cannot run");
    expect(outcome.stderr).toContain("None of the 2 pairs of model and chip goes together");
  });

  it("calls an energy unknown of which nothing is priced, and ranks it nowhere", async () => {
    const { runs, comparison } = await compared("--chips", "loihi2", "--format", "int8");
    const [entry] = comparison ?? [];
    const energy = runs.flatMap((own) => (own.verdict === "fits" ? own.readings : []));
    expect(energy.map(({ energyJoulesPerToken }) => energyJoulesPerToken)).toEqual([0]);
    expect(entry?.energyDelayJouleSeconds).toBeUndefined();
    const { stdout } = await run(["compare", MODEL, "--steps", "4", "--chips", "loihi2", "--format", "int8"]);
    expect(stdout).toMatch(/^ {2}energy +unknown$/m);
    expect(stdout).not.toMatch(/(≥|at least) 0 [JW]/);
  });

  it.each(["compile", "simulate"])("%s says of a dense baseline who takes it", async (command) => {
    const { code, stderr } = await run([command, MODEL, "--chip", "a100", "--out", join(folder, "x")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/a100\.json describes a dense baseline by roofline, not a chip with PEs\.$/m);
    expect(stderr).toContain("Only `eventloom compare` sets models beside one");
    expect(existsSync(join(folder, "x"))).toBe(false);
  });

  it("says which figures matter", async () => {
    const { sensitivity } = await compared("--chips", "spinnaker2@150MHz", "--sensitivity");
    const [first] = sensitivity!;
    expect(first!.derivatives[0]!.path).toMatch(/peClock|allAsleep/);
    expect(first!.energyJoules.low).toBeLessThan(first!.energyJoules.high);
  });

  it.each([
    [["--sweep", "noc.hopLatency"], "Write path=value,value"],
    [["--coding", "morse"], 'coding: "morse" is none of bits:1 … bits:16'],
    [["--chips", "a100@fast"], "a100 is a dense baseline and has no operating points"],
  ])("refuses %j", async (options, message) => {
    const outcome = await run(["compare", MODEL, ...options]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain(message);
  });
});

describe("profile new", () => {
  it("writes what differs, in a form that editors and eventloom read", async () => {
    const out = join(folder, "mine.json");
    const options = [
      "--from",
      "spinnaker2",
      "--name",
      "mine",
      "--set",
      "pe.sram=256kB",
      "--set",
      "noc.hopLatency=3cycles",
    ];
    const outcome = await run(["profile", "new", ...options, "--out", out]);
    expect(outcome.code, outcome.stderr).toBe(0);
    const json = JSON.parse(readFileSync(out, "utf8"));
    expect(json).toMatchObject({ extends: "spinnaker2", name: "mine" });
    expect(json.pe.sram.bytes).toMatchObject({ value: 256, unit: "KiB", note: "kB is read as KiB" });
    expect(json.noc).toEqual({
      hopLatency: { basis: "estimated", source: "override", value: 3, unit: "cycles" },
    });
    expect(existsSync(join(folder, json.$schema))).toBe(true);
    expect(new Ajv2020({ discriminator: true }).compile(extendingSchema())(json)).toBe(true);
    expect((await run(["profile", "check", out])).code).toBe(0);
    const again = await run(["profile", "new", ...options, "--out", out]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("exists already");
  });

  it("writes nothing where a change is wrong", async () => {
    const out = join(folder, "mine.json");
    const outcome = await run(["profile", "new", "--set", "pe.sram.bytez=1KiB", "--out", out]);
    expect(outcome.code).toBe(1);
    expect(existsSync(out)).toBe(false);
  });
});

describe("profile diff", () => {
  it("shows the figures that differ, values alone where asked", async () => {
    const { stdout } = await run(["profile", "diff", "loihi1", "loihi1-silicon", "--values"]);
    expect(stdout).toMatch(/pe\.kernels\.int8\.synop +3\.5 ns \(publ\.\) +4\.7 ns \(publ\.\)/);
    const json = JSON.parse((await run(["profile", "diff", "spinnaker2", "spinnaker2", "--json"])).stdout);
    expect(json.differences).toEqual([]);
  });
});
