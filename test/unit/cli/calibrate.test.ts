import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomNumbers } from "../../../src/core/random.ts";
import { type CalibrationJson, CalibrationSchema } from "../../../src/report/calibration-schema.ts";
import { run } from "./run-in-process.ts";

const TOKENS = "synthetic:9x6,8,6@0.5";
const VECTORS = "synthetic:6,8,6@0.5";

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
  const random = randomNumbers(1);
  const ids = Array.from({ length: 301 }, () => Math.floor(9 * random()));
  writeFileSync(at("ids.json"), JSON.stringify(ids));
  const rows = Array.from({ length: 300 }, () =>
    Array.from({ length: 6 }, () => (2 * random() - 1).toFixed(3)),
  );
  writeFileSync(at("vectors.csv"), rows.map((row) => row.join(",")).join("\n"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const compileWith = (model: string, ...options: string[]) =>
  run(["compile", model, "--out", at("a.loom"), ...options]);

const validate = new Ajv2020({ strict: true }).compile(CalibrationSchema);

function calibrationOf(text: string): CalibrationJson {
  const { calibration } = JSON.parse(text) as { calibration: unknown };
  if (!validate(calibration)) expect.fail(JSON.stringify(validate.errors));
  return calibration as CalibrationJson;
}

describe("compile --calibrate", () => {
  it("prints what the sample showed, and writes the program", async () => {
    const options = ["--calibrate", at("ids.json"), "--format", "int8", "--window", "70"];
    const { code, stdout, stderr } = await compileWith(TOKENS, ...options);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(
      /^synthetic:9x6,8,6@0.5: 300 timesteps of token ids ids\.json, state restarts every 70\n/,
    );
    expect(stdout).toMatch(
      /\n {2}float32 +perplexity [\d.]+ over 300 tokens\n {2}program +perplexity [\d.]+ over 300 tokens \([+−]?[\d.]+ %\)\n/,
    );
    expect(stdout).toContain("\nEvents beside float32\n");
    expect(stdout).toMatch(/\n {2}egru0 -> egru0 \(recurrent\) +96 +9\d B +192 B +[\d.]+ +[+−]?[\d.]+ %\n/);
    expect(stderr).toContain("calibrating on 300 steps of token ids ids.json\n");
    expect(stderr).toMatch(/ {2}done in 9 runs, /);
    expect(readFileSync(at("a.loom")).length).toBeGreaterThan(1000);
    expect(await compileWith(TOKENS, ...options), "the same each time").toMatchObject({ stdout });
  });

  it("gives the same as JSON, of a form that is written down", async () => {
    const { stdout } = await compileWith(
      VECTORS,
      "--calibrate",
      at("vectors.csv"),
      "--calibrate-steps",
      "250",
      "--streams",
      "5",
      "--format",
      "int16",
      "--formats",
      "egru0:egru1=int8",
      "--json",
    );
    const { sample, program, layers, sensitivity, budget } = calibrationOf(stdout);
    expect(sample).toEqual({
      origin: "vectors vectors.csv",
      synthetic: false,
      stepIs: "vector",
      steps: 250,
      streams: 5,
    });
    expect(program).toMatchObject({ format: "int16", formats: { "egru0 -> egru1": "int8" }, scales: "row" });
    expect(program.quality).toHaveProperty("rmsError", program.lossShare);
    expect(layers.map(({ name }) => name)).toEqual(["egru0", "egru1"]);
    const alone = sensitivity!.projections.find(({ name }) => name === "egru0 -> egru1")!;
    expect(alone.quality, "this very choice was tried").toEqual(program.quality);
    expect(budget).toBeUndefined();
  });

  it("has nothing to be sensitive in float32", async () => {
    const { stdout } = await compileWith(VECTORS, "--calibrate", at("vectors.csv"), "--json");
    const { sensitivity, layers, program } = calibrationOf(stdout);
    expect(sensitivity).toBeUndefined();
    expect(program).toMatchObject({ format: "float32", formats: {} });
    expect(layers.every(({ oneStepAgreement }) => oneStepAgreement === undefined)).toBe(true);
  });

  it("leaves standard output to what asked for it, and notes a short sample", async () => {
    const { stdout, stderr } = await compileWith(
      VECTORS,
      "--calibrate",
      at("vectors.csv"),
      "--calibrate-steps",
      "150",
      "--explain",
    );
    expect(stdout).toContain("What limits\n");
    expect(stdout).not.toContain("Events beside float32");
    expect(stderr).toContain("\nEvents beside float32\n");
    expect(stderr).toContain("note: 150 timesteps say little of a model; small differences are chance.\n");
  });
});

describe("compile --budget", () => {
  it("chooses formats and says what they cost", async () => {
    const { code, stdout, stderr } = await compileWith(
      VECTORS,
      "--calibrate",
      at("vectors.csv"),
      "--budget",
      "50%",
      "--json",
    );
    expect(code, stderr).toBe(0);
    const { budget, program } = calibrationOf(stdout);
    expect(budget).toMatchObject({
      lossShare: 0.5,
      int16: [],
      tried: [{ int16: [], lossShare: program.lossShare }],
    });
    expect(program).toMatchObject({ format: "int8", weightBytes: budget!.int8Bytes });
    const page = await compileWith(VECTORS, "--calibrate", at("vectors.csv"), "--budget", "50%");
    expect(page.stdout).toMatch(/\nBudget: at most 50 % worse than float32\n {2}Chosen: all in int8: /);
  });

  it("fails where it is out of reach, and writes nothing", async () => {
    const { code, stderr } = await compileWith(VECTORS, "--calibrate", at("vectors.csv"), "--budget", "0%");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: No choice of int8 and int16 that was tried keeps to the budget of 0 %: the best is an output error of /,
    );
    expect(stderr).toContain("hint: Allow a larger --budget, choose another --scales, or use float32.\n");
    expect(() => readFileSync(at("a.loom"))).toThrow("ENOENT");
  });
});

describe("a calibration that makes no sense", () => {
  const sample = () => ["--calibrate", at("vectors.csv")];

  it.each([
    [["--budget", "1%"], "--budget has no meaning without --calibrate.", "Name a sample with --calibrate."],
    [["--calibrate-steps", "5"], "--calibrate-steps has no meaning without --calibrate.", "Name a sample"],
    [["--window", "5"], "--window has no meaning without --calibrate.", "Name a sample"],
  ])("is refused: %j", async (options, problem, hint) => {
    const { code, stderr } = await compileWith(VECTORS, ...options);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${problem}\nhint: ${hint}`);
  });

  it.each([
    [["--budget", "1%", "--format", "int8"], "--budget chooses the formats, so --format cannot."],
    [
      ["--budget", "1%", "--formats", "egru0:egru1=int8"],
      "--budget chooses the formats, so --formats cannot.",
    ],
    [["--stop-after", "lower"], "--stop-after leaves no program to calibrate."],
    [["--budget", "1"], "It must be a percentage, such as 1% or 0.5%."],
  ])("is refused with a sample, too: %j", async (options, problem) => {
    const { code, stderr } = await compileWith(VECTORS, ...sample(), ...options);
    expect(code).toBe(2);
    expect(stderr).toContain(problem);
  });

  it("names a sample that does not go with the model", async () => {
    writeFileSync(at("empty.txt"), "");
    writeFileSync(at("text.txt"), "the cat sat\n");
    const said = async (model: string, ...options: string[]) => {
      const { code, stderr } = await compileWith(model, "--calibrate", ...options);
      expect(code).toBe(1);
      return stderr;
    };
    expect(await said(TOKENS, at("text.txt"))).toContain(
      "text.txt: is text, but there is no vocabulary to read it with\n",
    );
    writeFileSync(at("one.json"), "[4]");
    expect(await said(TOKENS, at("one.json"))).toContain(
      "one.json: holds one token, and nothing that it should predict\n",
    );
    expect(await said(VECTORS, at("empty.txt"))).toContain("empty.txt: ");
    expect(await said(VECTORS, at("missing.csv"))).toContain("missing.csv");
    expect(await said(VECTORS, at("vectors.csv"), "--streams", "301")).toContain(
      "the input holds 300 timesteps, too few for 301 streams (vectors vectors.csv)\n",
    );
    expect(
      await said(VECTORS, at("vectors.csv"), "--format", "int8", "--formats", "egru0:egru9=int16"),
    ).toContain('has no projection "egru0 -> egru9" on the chip.\nhint: Name one of: ');
  });
});
