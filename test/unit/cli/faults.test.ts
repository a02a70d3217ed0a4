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
        "hint: Name a model file (.cpt, .pt, .pth, .safetensors, .onnx, .nir, .keras, .h5, model.json), its folder, or synthetic:WIDTHS@DENSITY.\n",
    );
  });

  it("names a file that is no model", async () => {
    writeFileSync(at("model.cpt"), "not a model");
    const said = await faultOf("compile", at("model.cpt"), "-o", at("out.loom"));
    expect(said).toContain(`error: ${at("model.cpt")}`);
    expect(said).toMatch(/\nhint: .+\n$/);
    expect(readdirSync(folder)).toEqual(["model.cpt"]);
  });

  it("names an archive whose weights are damaged", async () => {
    const bytes = readFileSync(join(import.meta.dirname, "../../fixtures/exchange/keras-maxpool.keras"));
    // A byte of the stored or packed weights, far from names and lengths.
    bytes[7400]! ^= 255;
    writeFileSync(at("damaged.keras"), bytes);
    expect(await faultOf("inspect", at("damaged.keras"))).toContain(
      `error: ${at("damaged.keras")}, model.weights.h5`,
    );
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
    const wide = ["--set", "pe.sram.bytes=256KiB"];
    expect((await run(["compile", SMALL, "-o", program, ...wide])).code).toBe(0);
    expect(await faultOf("simulate", program, "--steps", "3")).toBe(
      `error: ${program} was compiled for the profile spinnaker2, not for spinnaker2 with these figures.\n` +
        "hint: Compile the model again for spinnaker2, or give the --chip and --set that it was compiled with.\n",
    );
    const again = await run(["simulate", program, "--steps", "3", ...wide]);
    expect(again.code, again.stderr).toBe(0);
  });

  it("names the --set that a program does not go with, and takes those that only price or time", async () => {
    const program = at("small.loom");
    await run(["compile", SMALL, "-o", program]);
    const energy = ["--set", "operatingPoints[0].energy.base=80mW", "--set", "host.bandwidth=1GB/s"];
    const priced = await run(["simulate", program, "--steps", "3", ...energy]);
    expect(priced.code, priced.stderr).toBe(0);
    const wide = await faultOf("simulate", program, ...energy, "--set", "pe.sram.bytes=256KiB");
    expect(wide).toBe(
      `error: ${program} was compiled for spinnaker2 without --set pe.sram.bytes=256KiB, which changes what a program depends on.\n` +
        "hint: Compile the model again with the same --set, or leave it out.\n",
    );
  });

  it("blames an override for what it breaks, not the profile's file", async () => {
    const said = await faultOf(
      "simulate",
      SMALL,
      "--set",
      "pe.whileWaiting=spin",
      "--set",
      "pe.sram.bytes=-4B",
    );
    expect(said).toMatch(
      /^error: override pe\.sram\.bytes=-4B: pe\.sram\.bytes\.value: must be >= 0, but is -4\nhint: Give other values; without them .*spinnaker2\.json is sound\.\n$/,
    );
  });

  it("tells models and programs apart, and says what to do with each", async () => {
    const program = at("small.loom");
    await run(["compile", SMALL, "-o", program]);
    expect(await faultOf("inspect", program)).toBe(
      `error: ${program}: this is a compiled program, not a model\n` +
        "hint: Use `eventloom simulate` or `eventloom disassemble` on it.\n",
    );
    const isModel =
      ": this is a model, not a compiled program\nhint: Compile the model first: eventloom compile MODEL -o model.loom\n";
    writeFileSync(at("model.pt"), "anything");
    writeFileSync(at("model.bin"), Uint8Array.of(0x50, 0x4b, 3, 4, 0));
    expect(await faultOf("disassemble", at("model.pt"))).toBe(`error: ${at("model.pt")}${isModel}`);
    expect(await faultOf("disassemble", at("model.bin"))).toBe(`error: ${at("model.bin")}${isModel}`);
    expect(await faultOf("disassemble", SMALL)).toBe(`error: ${SMALL}${isModel}`);
    expect(await faultOf("disassemble", folder)).toContain(`${folder}: this is a folder, not a program file`);
  });

  it("says that a program file is empty, or longer than its program", async () => {
    const program = at("small.loom");
    writeFileSync(program, "");
    expect(await faultOf("simulate", program)).toContain(`error: ${program}: the file is empty\n`);
    await run(["compile", SMALL, "-o", program]);
    const bytes = readFileSync(program);
    writeFileSync(program, Buffer.concat([bytes, Buffer.from([0x20, 1])]));
    expect(await faultOf("disassemble", program)).toContain(
      `error: ${program}, byte ${bytes.length}: 2 bytes more than the program has\n`,
    );
  });

  it("names both lines of a word that stands twice in a vocabulary", async () => {
    writeFileSync(at("words.txt"), "<unk>\n<eos>\na\nb\na\nd\ne\nf\ng\n");
    const words = at("words.txt");
    const problem = `error: ${words}: lines 3 and 5 hold the same word, "a"\n`;
    expect(await faultOf("inspect", "synthetic:6,8@0.5", "--vocab", words)).toContain("takes no vocabulary");
    await run(["compile", "synthetic:9x6,8@0.5", "-o", at("t.loom")]);
    expect(await faultOf("simulate", at("t.loom"), "--vocab", words)).toContain(problem);
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

  it("reads no words as token ids", async () => {
    writeFileSync(at("words.txt"), "a b\n");
    const said = await faultOf("simulate", "synthetic:9x6,8@0.5", "--tokens", at("words.txt"));
    expect(said).toMatch(/error: .*words\.txt.*\nhint: Write one row of numbers a line/);
  });

  it("says so where the input is empty", async () => {
    writeFileSync(at("ids.json"), "[]");
    const said = await faultOf("simulate", "synthetic:9x6,8@0.5", "--tokens", at("ids.json"));
    expect(said).toMatch(/error: .*ids\.json/);
  });

  it("says what a chip lacks", async () => {
    const line = ["compile", "synthetic:64,600@1", "-o", at("m.loom"), "--pes", "1", "--rows", "sram"];
    const said = await faultOf(...line);
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
