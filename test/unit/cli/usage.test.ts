import { describe, expect, it } from "vitest";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { run, runLine } from "./run-in-process.ts";

const COMMANDS = [
  "",
  "inspect",
  "compile",
  "simulate",
  "compare",
  "profile",
  "profile list",
  "profile show",
  "profile check",
  "disassemble",
  "help",
];

describe("help", () => {
  it.each(COMMANDS)("of `eventloom %s` ends in an example that starts with the command", async (command) => {
    const { code, stdout, stderr } = await runLine(`${command} --help`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [usage, example] = stdout.split("\nExample:\n");
    expect(usage).toMatch(new RegExp(`^Usage: eventloom ${command}`));
    expect(example).toMatch(new RegExp(`^ {2}eventloom ${command}`));
    expect(Math.max(...usage!.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each(COMMANDS)("of `eventloom %s` shows examples whose options exist", async (command) => {
    const { stdout } = await runLine(`${command} --help`);
    const [, examples = ""] = stdout.split("\nExample:\n");
    for (const line of examples.split("\n").filter((text) => text.startsWith("  eventloom "))) {
      // Files of the example need not exist; a fault of the user is 1, a fault of the command line 2.
      const words = line.trim().split(" ").slice(1);
      const dry = words.map((word) => (/\.(loom|json|txt)$|^examples/.test(word) ? `/none/${word}` : word));
      if (dry.join() === words.join()) continue;
      const { code, stderr } = await run(dry);
      expect(code, `${line}\n${stderr}`).toBe(1);
    }
  });
});

describe("eventloom help", () => {
  it.each(["", "simulate", "profile", "profile show"])("%s is the same as --help there", async (command) => {
    const { code, stdout, stderr } = await runLine(`help ${command}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe((await runLine(`${command} --help`)).stdout);
  });
});

describe("a command line that makes no sense", () => {
  it.each([
    ["frobnicate", "error: unknown command 'frobnicate'"],
    ["inspect", "error: missing required argument 'model'"],
    ["inspect a b", "error: too many arguments for 'inspect'. Expected 1 argument but got 2"],
    ["inspect a --frob", "error: unknown option '--frob'"],
    ["compile a --format int4", "Allowed choices are float32, int16, int8"],
    ["compile a --pes 0", "It must be a whole number from 1 to 1,000,000."],
    ["compile a --seed 1.5", "It must be a whole number from 0 to 4,294,967,295."],
    ["compile a --seed -1", "It must be a whole number"],
    ["simulate a --steps 1e3", "It must be a whole number from 1 to 100,000,000."],
    ["simulate a --schedule later", "Choose from sequential, pipelined, separated by commas."],
    ["simulate a --text x --tokens y", "cannot be used with option"],
    ["compare", "error: missing required argument 'models'"],
    ["compare a --chips spinnaker2,,x", "An entry of the list is empty."],
    ["profile frob", "error: unknown command 'frob'"],
    ["simulate a --outputs o.npz", "error: --outputs o.npz is no safetensors file."],
    ["simulate a --out o.safetensors --outputs o.safetensors", "name the same file"],
    ["help frob", 'error: There is no command "frob"'],
    ["help profile shw", 'error: There is no command "shw" in profile; did you mean "show"?'],
    ["simulate a --out - --json", "error: --out - and --json both write to standard output."],
    ["compile a --out - --json", "error: --out - and --json both write to standard output."],
    ["compile a --print-after frob", "Allowed choices are lower, "],
    ["compile a --print-after lower --stop-after lower", "cannot be used with option"],
  ])("%s: exit 2 and a word on it", async (line, message) => {
    const { code, stdout, stderr } = await runLine(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it.each([
    ["simulate", "--out"],
    ["compare", "--out"],
    ["compile", "--out"],
    ["simulate", "--outputs"],
    ["simulate", "--text"],
    ["simulate", "--tokens"],
    ["simulate", "--input"],
    ["inspect", "--vocab"],
  ])("%s %s with an empty name: exit 2 before anything is read", async (command, option) => {
    const { code, stdout, stderr } = await run([command, "/none", option, ""]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("argument '' is invalid. It is empty; name a file.");
  });

  it("is no command at all: help on stderr, exit 2", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: eventloom /);
    expect((await run(["profile"])).code).toBe(2);
  });
});

describe("--version", () => {
  it("is the package's", async () => {
    expect(await run(["--version"])).toMatchObject({
      code: 0,
      stdout: `${ownPackage().version}\n`,
      stderr: "",
    });
  });
});
