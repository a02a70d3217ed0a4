import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reportFailure } from "../../../src/cli/failures.ts";
import { run } from "./run-in-process.ts";

const SMALL = "synthetic:6,8@0.5";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** Runs a command that must fail by the user's fault; returns what it said. */
async function faultOf(...commandLine: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(commandLine);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" });
  expect(stderr).not.toMatch(/\n {4}at /);
  return stderr;
}

describe("a fault of the user", () => {
  it("names a model that is missing", async () => {
    expect(await faultOf("inspect", at("none.cpt"))).toBe(
      `error: ${at("none.cpt")}: there is no such file or folder\n` +
        "hint: Name a model file (.cpt, .pt, .pth, .safetensors), its folder, or synthetic:WIDTHS@DENSITY.\n",
    );
  });

  it("names a file that is no model", async () => {
    writeFileSync(at("model.cpt"), "not a model");
    const said = await faultOf("compile", at("model.cpt"), "-o", at("out.loom"));
    expect(said).toContain(`error: ${at("model.cpt")}`);
    expect(said).toMatch(/\nhint: .+\n$/);
    expect(readdirSync(folder)).toEqual(["model.cpt"]);
  });

  it("lists the chips where one is unknown", async () => {
    const said = await faultOf("compile", SMALL, "--chip", "loihi9", "-o", at("out.loom"));
    expect(said).toContain('error: chip: there is no profile named "loihi9"\n');
    expect(said).toMatch(/hint: Choose one of .*spinnaker2.*, or give a path that ends in \.json\.\n/);
  });

  it("lists the operating points where one is unknown, before anything is simulated", async () => {
    const said = await faultOf("compare", SMALL, "--chips", "spinnaker2@150MHz,spinnaker2@9GHz");
    expect(said).toContain('spinnaker2 has no operating point "9GHz"');
    expect(said).toContain("hint: Choose one of 150MHz, 300MHz.\n");
    expect(said).not.toContain("compiling");
  });

  it("names a key that --set does not find", async () => {
    const said = await faultOf("simulate", SMALL, "--set", "pe.sram.bites=1KiB");
    expect(said).toContain('error: override pe.sram.bites: pe.sram has no "bites"; did you mean "bytes"?\n');
  });

  it("refuses a program for another profile, and takes it with the same overrides", async () => {
    const program = at("small.loom");
    expect((await run(["compile", SMALL, "-o", program, "--set", "pe.whileWaiting=spin"])).code).toBe(0);
    const said = await faultOf("simulate", program, "--steps", "3");
    expect(said).toContain("was compiled for the profile spinnaker2");
    const again = await run(["simulate", program, "--steps", "3", "--set", "pe.whileWaiting=spin"]);
    expect(again.code, again.stderr).toBe(0);
  });

  it("says that a program's shape is settled", async () => {
    const program = at("small.loom");
    await run(["compile", SMALL, "-o", program]);
    const { code, stderr } = await run(["simulate", program, "--format", "int8", "--pes", "3"]);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${program} is compiled already, so --format, --pes cannot change it.\n`);
  });

  it("says that a damaged program is damaged, and in which file", async () => {
    const program = at("small.loom");
    await run(["compile", SMALL, "-o", program]);
    const bytes = readFileSync(program);
    writeFileSync(program, bytes.subarray(0, bytes.length / 2));
    expect(await faultOf("disassemble", program)).toContain(`error: ${program}`);
    expect(await faultOf("simulate", program)).toContain(`error: ${program}`);
  });

  it("keeps the old file where the new one cannot be written, and finds out before it simulates", async () => {
    const said = await faultOf("simulate", SMALL, "--out", at("none/result.json"));
    expect(said).toContain(
      `error: ${at("none/result.json")}: cannot be written: there is no such file or directory\n`,
    );
    expect(said).not.toContain("simulating");
    writeFileSync(at("result.json"), "old");
    const bad = await faultOf("compare", SMALL, "--chips", "spinnaker2@9GHz", "--out", at("result.json"));
    expect(bad).toContain("9GHz");
    expect(readFileSync(at("result.json"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["result.json"]);
  });

  it("says what a model reads where the input is of another kind", async () => {
    expect(await faultOf("simulate", SMALL, "--text", at("a.txt"))).toContain(
      `error: ${SMALL} reads vectors, but --text gives it tokens.\nhint: Give vectors with --input.\n`,
    );
    expect(await faultOf("simulate", "synthetic:9x6,8@0.5", "--input", at("a.npy"))).toContain(
      "reads tokens, but --input gives it vectors.",
    );
    expect(await faultOf("simulate", "synthetic:9x6,8@0.5", "--text", at("a.txt"))).toContain(
      `error: ${at("a.txt")}: cannot be read: there is no such file or directory`,
    );
  });

  it("says so where the input is empty", async () => {
    writeFileSync(at("ids.json"), "[]");
    const said = await faultOf("simulate", "synthetic:9x6,8@0.5", "--tokens", at("ids.json"));
    expect(said).toMatch(/error: .*ids\.json/);
  });

  it("says what a chip lacks", async () => {
    const said = await faultOf("compile", "synthetic:64,600@1", "-o", at("m.loom"), "--pes", "1");
    expect(said).toMatch(
      /error: .* needs [\d,]+ (SRAM bytes|processing elements), but has [\d,]+ \([\d,]+ short\)\.\nhint: .+\n$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a bug of ours", () => {
  const io = (environment: Record<string, string>) => {
    const said: string[] = [];
    return {
      said,
      stdout: { isTerminal: false, write: () => expect.fail("stdout is for data") },
      stderr: { isTerminal: false, write: (text: string | Uint8Array) => void said.push(String(text)) },
      environment,
      now: () => 0,
    };
  };

  it("is one line that asks for a report", () => {
    const quiet = io({});
    expect(reportFailure(new TypeError("x is not a function\nmore"), quiet)).toBe(1);
    expect(quiet.said).toEqual([
      "error: this is a bug in eventloom, please report it with the command you ran: TypeError: x is not a function\n",
    ]);
  });

  it("shows its stack to those who ask for it", () => {
    const loud = io({ EVENTLOOM_DEBUG: "1" });
    reportFailure(new TypeError("x"), loud);
    expect(loud.said[1]).toMatch(/^TypeError: x\n {4}at /);
  });
});
