import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseEventGraph } from "../../../src/core/event-graph-text.ts";
import { decodeProgram } from "../../../src/core/program-codec.ts";
import { type ResultJson, ResultSchema, type RunJson } from "../../../src/report/result-schema.ts";
import { run } from "./run-in-process.ts";

const TOKENS = "synthetic:9x6,8,6@0.5";
const VECTORS = "synthetic:6,8,6@0.5";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const validate = new Ajv2020({ strict: true }).compile(ResultSchema);

/** Parses a result and holds it against its schema. */
function resultOf(text: string): ResultJson {
  const value: unknown = JSON.parse(text);
  if (!validate(value)) expect.fail(JSON.stringify(validate.errors));
  return value as ResultJson;
}

function runsOf(text: string): RunJson[] {
  return resultOf(text).runs.map((found) => (found.verdict === "fits" ? found : expect.fail("refused")));
}

/** Runs a command that must succeed. */
async function good(...commandLine: string[]) {
  const outcome = await run(commandLine);
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
}

describe("inspect", () => {
  it("shows layers and matrices as text", async () => {
    const { stdout, stderr } = await good("inspect", TOKENS);
    expect(stdout).toMatch(/egru0 +egru +8 /);
    expect(stdout).toMatch(/egru0 -> egru0 \(t-1\) +8 x 24 +96 +50\.00 %/);
    expect(stdout).toMatch(/egru1 -> decoder +6 x 9 +54 +0 % +tied to tokens -> embedding/);
    expect(stderr).toBe("");
  });

  it("gives the same as JSON", async () => {
    const summary = JSON.parse((await good("inspect", TOKENS, "--json")).stdout);
    expect(summary).toMatchObject({
      name: TOKENS,
      denseMacs: { recurrent: 6 * 24 + 8 * 24 + 8 * 18 + 6 * 18 },
    });
  });
});

describe("compile", () => {
  it("writes a program that decodes, the same for the same seed", async () => {
    const { stdout, stderr } = await good(
      "compile",
      VECTORS,
      "--out",
      at("a.loom"),
      "--seed",
      "5",
      "--format",
      "int8",
    );
    expect(stdout).toBe("");
    expect(stderr).toMatch(/a\.loom: \d+ PEs? of \d+, fullest .* of .*, \d+ routing entries\n$/);
    const program = decodeProgram(readFileSync(at("a.loom")));
    expect(program.manifest).toMatchObject({ modelName: VECTORS, seed: 5, profileName: "spinnaker2" });
    expect(program.manifest.quantisation.format).toBe("int8");
    await good("compile", VECTORS, "--out", at("b.loom"), "--seed", "5", "--format", "int8");
    expect(readFileSync(at("b.loom")).equals(readFileSync(at("a.loom")))).toBe(true);
  });

  it("says which rows went to DRAM, and how many bytes they take there", async () => {
    const large = "synthetic:64,600@1";
    const { stderr } = await good("compile", large, "--pes", "4", "--out", at("m.loom"));
    expect(stderr).toMatch(
      /^egru0 -> egru0 \(recurrent\): [\d,]+ synapses lie in DRAM, \d+ rows for [\d.]+ % of the events$/m,
    );
    expect(stderr).toMatch(
      /^rows in DRAM: about [\d,]+ bytes are fetched a timestep, if 20 % of the neurons/m,
    );
    expect(stderr).toMatch(/m\.loom: .*, [\d.]+ MiB of rows in DRAM, 2 routing entries\n$/);
    const { pes, manifest } = decodeProgram(readFileSync(at("m.loom")));
    expect(manifest.options).toMatchObject({ rows: "auto" });
    expect(pes.every(({ dramImage }) => dramImage.length > 0)).toBe(true);
    const json = await good("compile", large, "--pes", "4", "--out", at("m.loom"), "--json");
    const dram = pes.reduce((sum, { dramImage }) => sum + dramImage.length, 0);
    expect(JSON.parse(json.stdout)).toMatchObject({ fit: { dramBytesInAll: dram, routingTables: 1 } });
  });

  it("puts neurons into another order where it is asked to, and says so", async () => {
    const { stderr } = await good(
      "compile",
      VECTORS,
      "--order",
      "balanced",
      "--pes",
      "3",
      "--out",
      at("m.loom"),
    );
    expect(stderr).toMatch(
      /^egru0: neurons in another order; the busiest PE is expected to work [\d.]+ % longer than the mean \([\d.]+ % in the model's order\)$/m,
    );
    const { populations, manifest } = decodeProgram(readFileSync(at("m.loom")));
    expect(manifest.options).toMatchObject({ order: "balanced" });
    expect(populations.map(({ order }) => order !== undefined)).toContain(true);
    const { stdout } = await good("disassemble", at("m.loom"));
    expect(stdout).toMatch(/^ {2}egru0: egru, \d+ neurons, .*, in another order than the model's$/m);
  });

  it("writes the bytes alone to standard output with --out -", async () => {
    const { stdoutBytes } = await good("compile", VECTORS, "--out", "-");
    expect(decodeProgram(stdoutBytes).manifest.modelName).toBe(VECTORS);
  });

  it("gives fit and passes as JSON", async () => {
    const { stdout } = await good("compile", VECTORS, "--out", at("a.loom"), "--json", "--pes", "3");
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      model: { name: VECTORS },
      chip: { name: "spinnaker2" },
      program: { file: at("a.loom"), bytes: readFileSync(at("a.loom")).length, options: { pes: "3" } },
    });
    expect(report.fit.pesUsed).toBeLessThanOrEqual(3);
    expect(report.passes.map(({ name }: { name: string }) => name)).toContain("drop-zero-synapses");
  });

  it("prints a pass's graph and goes on, or stops there", async () => {
    const print = await good("compile", VECTORS, "--out", at("a.loom"), "--print-after", "quantise-weights");
    expect(parseEventGraph(print.stdout).populations.map(({ name }) => name)).toEqual([
      "input",
      "egru0",
      "egru1",
    ]);
    expect(decodeProgram(readFileSync(at("a.loom"))).manifest.modelName).toBe(VECTORS);
    const stop = await good("compile", VECTORS, "--out", at("b.loom"), "--stop-after", "quantise-weights");
    expect(stop.stdout).toBe(print.stdout);
    expect(() => readFileSync(at("b.loom"))).toThrow("ENOENT");
  });
});

describe("simulate", () => {
  it("takes a model or its program, to the same result", async () => {
    await good("compile", TOKENS, "--out", at("a.loom"));
    const options = ["--steps", "7", "--window", "3", "--chip", "spinnaker2@300MHz", "--json"];
    const fromModel = await good("simulate", TOKENS, ...options);
    const fromProgram = await good("simulate", at("a.loom"), ...options);
    expect(fromProgram.stdout).toBe(fromModel.stdout);
    const [result] = runsOf(fromModel.stdout);
    expect(result!.input).toMatchObject({ synthetic: true, stepIs: "token", steps: 7, windowSteps: 3 });
    expect(result!.readings.map(({ operatingPoint }) => operatingPoint)).toEqual(["300MHz"]);
  });

  it("recognises a program by its content, whatever its name", async () => {
    await good("compile", VECTORS, "--out", at("program.bin"));
    const { stdout } = await good("simulate", at("program.bin"), "--steps", "2", "--json");
    expect(runsOf(stdout)[0]!.model.name).toBe(VECTORS);
  });

  it("says loudly that nobody gave an input", async () => {
    const { stdout } = await good("simulate", VECTORS, "--steps", "2");
    expect(stdout).toContain("SYNTHETIC INPUT: nobody gave an input, so it was made up by seed.");
    expect(stdout).toContain("synthetic vectors, seed 1");
  });

  it("reads tokens and predicts the next ones", async () => {
    writeFileSync(at("ids.json"), "[0,1,2,3,4,5,6,7,8,0]");
    const { stdout } = await good("simulate", TOKENS, "--tokens", at("ids.json"), "--json");
    const [result] = runsOf(stdout);
    expect(result!.input.synthetic).toBe(false);
    expect(result!.quality!.tokens).toBe(9);
    expect(result!.quality!.perplexity).toBeCloseTo(
      Math.exp(result!.quality!.negativeLogLikelihoodNats / 9),
      9,
    );
  });

  it("reads text with a vocabulary, for a program too", async () => {
    writeFileSync(at("words.txt"), "<unk>\n<eos>\na\nb\nc\nd\ne\nf\ng\n");
    writeFileSync(at("text.txt"), "a b c\nd x\n");
    await good("compile", TOKENS, "--out", at("a.loom"));
    const options = ["--text", at("text.txt"), "--vocab", at("words.txt"), "--json"];
    const { stdout } = await good("simulate", at("a.loom"), ...options);
    // Seven tokens with both line ends; the last one only predicts nothing.
    expect(runsOf(stdout)[0]!.input).toMatchObject({ steps: 6, synthetic: false });
  });

  it("takes the option's word for what a file of tokens holds, not its name's", async () => {
    writeFileSync(at("words.txt"), "<unk>\n<eos>\n0\n1\nc\nd\ne\nf\ng\n");
    writeFileSync(at("t.csv"), "0\n1\n0\n");
    await good("compile", TOKENS, "--out", at("a.loom"));
    const stepsOf = async (option: string) => {
      const line = ["simulate", at("a.loom"), option, at("t.csv"), "--vocab", at("words.txt"), "--json"];
      return runsOf((await good(...line)).stdout)[0]!.input;
    };
    // As text each line ends in a token of its own.
    expect(await stepsOf("--text")).toMatchObject({ steps: 5, origin: "text t.csv" });
    expect(await stepsOf("--tokens")).toMatchObject({ steps: 2, origin: "token ids t.csv" });
  });

  it("reads vectors, and no more of them than asked for", async () => {
    const rows = ["0,0,0,0,0,1", "1,0,0,0,0,0", "0,1,0,0,0,0"];
    writeFileSync(at("v.csv"), rows.join("\n"));
    const { stdout } = await good("simulate", VECTORS, "--input", at("v.csv"), "--steps", "2", "--json");
    expect(runsOf(stdout)[0]!.input).toMatchObject({ stepIs: "vector", steps: 2 });
  });

  it("prices waiting and unused PEs as told", async () => {
    const base = ["simulate", VECTORS, "--steps", "3", "--json"];
    const [sleeping] = runsOf((await good(...base, "--waiting", "sleep", "--unused", "off")).stdout);
    const [spinning] = runsOf((await good(...base, "--waiting", "spin", "--unused", "off")).stdout);
    expect(sleeping!.readings[0]).toMatchObject({ whileWaiting: "sleep", whileUnused: "off" });
    expect(spinning!.readings[0]!.energyJoulesPerToken).toBeGreaterThan(
      sleeping!.readings[0]!.energyJoulesPerToken,
    );
    expect(spinning!.traffic).toEqual(sleeping!.traffic);
  });
});

describe("compare", () => {
  it("sets operating points side by side, and writes what it shows", async () => {
    const line = ["compare", VECTORS, "--steps", "4", "--chips", "spinnaker2@150MHz,spinnaker2@300MHz"];
    const { stdout, stderr } = await good(...line, "--out", at("result.json"));
    expect(stdout).toMatch(/150MHz sequential +300MHz sequential/);
    const text = readFileSync(at("result.json"), "utf8");
    const [result, ...others] = runsOf(text);
    expect(others).toEqual([]);
    expect(result!.readings.map(({ operatingPoint }) => operatingPoint)).toEqual(["150MHz", "300MHz"]);
    // One profile, one simulation.
    expect(stderr.match(/^simulating /gm)).toHaveLength(1);
    expect(stderr).toContain(`wrote ${at("result.json")}`);
    expect((await good(...line, "--json")).stdout).toBe(text);
    expect((await good(...line, "--out", "-")).stdout).toBe(text);
  });

  it("takes every operating point where none is named, under each schedule", async () => {
    const { stdout } = await good(
      "compare",
      VECTORS,
      "--steps",
      "2",
      "--schedule",
      "pipelined,sequential",
      "--json",
    );
    expect(runsOf(stdout)[0]!.readings.map((reading) => [reading.operatingPoint, reading.schedule])).toEqual([
      ["150MHz", "sequential"],
      ["150MHz", "pipelined"],
      ["300MHz", "sequential"],
      ["300MHz", "pipelined"],
    ]);
  });

  it("sets several models side by side; one that does not fit is a row, not a crash", async () => {
    const { stdout, stderr } = await good(
      "compare",
      VECTORS,
      "synthetic:64,600@1",
      "--steps",
      "2",
      "--pes",
      "4",
      "--rows",
      "sram",
    );
    expect(stdout).toContain("does not fit");
    expect(stdout).toMatch(/All runs \(chip spinnaker2.*\)\n.*\n +synthetic:6,8,6@0\.5 .*150MHz/);
    expect(stderr.match(/^simulating /gm)).toHaveLength(1);
  });

  it("gives the same bytes each time", async () => {
    const line = ["compare", TOKENS, "--steps", "5", "--window", "2", "--json"];
    expect((await good(...line)).stdout).toBe((await good(...line)).stdout);
  });
});

describe("profile", () => {
  it("lists what comes with eventloom", async () => {
    expect((await good("profile", "list")).stdout).toMatch(/spinnaker2 +.* 152 +150MHz, 300MHz/);
    const { profiles } = JSON.parse((await good("profile", "list", "--json")).stdout);
    expect(profiles).toContainEqual(expect.objectContaining({ name: "spinnaker2", pes: 152 }));
  });

  it("shows figures with basis and source, overrides too", async () => {
    const { stdout } = await good("profile", "show", "spinnaker2", "--set", "pe.sram.stackBytes=8KiB");
    const [, number] = /pe\.sram\.stackBytes +8 KiB +estimated +\[(\d+)\]\n/.exec(stdout)!;
    expect(stdout).toContain(`\n${`[${number}]`.padStart(6)} override\n`);
    // Each source once, however many figures rest on it.
    expect(
      stdout.match(/IEEE OJCAS 2026, DOI\n +10\.1109\/OJCAS\.2026\.3714974 \(secondary note\)/g),
    ).toHaveLength(1);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("gives the profile back as JSON that can be read and checked", async () => {
    const { stdout } = await good("profile", "show", "spinnaker2", "--json");
    writeFileSync(at("mine.json"), stdout);
    const check = await good("profile", "check", at("mine.json"));
    expect(check.stderr).toContain("spinnaker2 is sound");
    const json = JSON.parse((await good("profile", "check", at("mine.json"), "--json")).stdout);
    expect(json).toMatchObject({ name: "spinnaker2", findings: [] });
  });

  it("fails a profile with a key that nobody knows", async () => {
    const profile = JSON.parse((await good("profile", "show", "spinnaker2", "--json")).stdout);
    writeFileSync(at("bad.json"), JSON.stringify({ ...profile, colour: "red" }));
    const { code, stderr } = await run(["profile", "check", at("bad.json")]);
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${at("bad.json")}`);
    expect(stderr).toContain("colour");
  });

  it("gives the findings of a bad profile as JSON too", async () => {
    const profile = JSON.parse((await good("profile", "show", "spinnaker2", "--json")).stdout);
    writeFileSync(at("bad.json"), JSON.stringify({ ...profile, colour: "red", title: "" }));
    const bad = await run(["profile", "check", at("bad.json"), "--json"]);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain(`error: ${at("bad.json")}`);
    expect(JSON.parse(bad.stdout)).toEqual({
      name: at("bad.json"),
      findings: [
        { severity: "error", path: "colour", problem: "unknown key" },
        {
          severity: "error",
          path: "title",
          problem: 'must NOT have fewer than 1 characters, but is ""',
        },
      ],
    });
    writeFileSync(at("broken.json"), '{"a":1');
    const broken = await run(["profile", "check", at("broken.json"), "--json"]);
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout).findings[0].problem).toBe(
      'not valid JSON at line 1, column 7: expected "," or "}", but the text ends',
    );
    const contradiction = ["profile", "check", "spinnaker2", "--set", "pe.reserved=[152]", "--json"];
    expect(JSON.parse((await run(contradiction)).stdout).findings).toEqual([
      {
        severity: "error",
        path: "override pe.reserved=[152]",
        problem: "pe.reserved: names PE 152, but indices end at 151",
      },
    ]);
    expect(await run(["profile", "check", at("none.json"), "--json"])).toMatchObject({ code: 1, stdout: "" });
  });

  it("checks keys against a number of neurons", async () => {
    const wide = ["profile", "check", "spinnaker2", "--set", "eventRouter.keyBits=8bit"];
    const { code, stdout, stderr } = await run([...wide, "--neurons", "300"]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain("256 keys are fewer than 300 neurons");
  });
});

describe("disassemble", () => {
  it("prints a program as text, with its rows where asked for", async () => {
    await good("compile", VECTORS, "--out", at("a.loom"));
    const { stdout } = await good("disassemble", at("a.loom"));
    expect(stdout).toMatch(/^program synthetic:6,8,6@0\.5 for spinnaker2\n/);
    const withRows = (await good("disassemble", at("a.loom"), "--rows")).stdout;
    expect(withRows.length).toBeGreaterThan(stdout.length);
  });

  it("gives an outline as JSON", async () => {
    await good("compile", VECTORS, "--out", at("a.loom"));
    const outline = JSON.parse((await good("disassemble", at("a.loom"), "--json")).stdout);
    const program = decodeProgram(readFileSync(at("a.loom")));
    expect(outline.pes).toHaveLength(program.pes.length);
    expect(outline.pes[0].imageBytes).toBe(program.pes[0]!.image.length);
    expect(outline.manifest.modelHash).toBe(program.manifest.modelHash);
  });
});

describe("colours", () => {
  const line = ["simulate", VECTORS, "--steps", "2"];

  it("are for terminals only, and not where NO_COLOR is set", async () => {
    expect((await run(line)).stdout).not.toContain("\u001b[");
    expect((await run(line, { isTerminal: true })).stdout).toContain("\u001b[1m");
    expect((await run(line, { isTerminal: true, environment: { NO_COLOR: "1" } })).stdout).not.toContain(
      "\u001b[",
    );
    expect((await run(line, { isTerminal: true, environment: { TERM: "dumb" } })).stdout).not.toContain(
      "\u001b[",
    );
  });
});
