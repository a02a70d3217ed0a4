import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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
