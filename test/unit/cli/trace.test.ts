import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./run-in-process.ts";

const MODEL = "synthetic:6,40,30@0.5";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const simulate = (...options: string[]) => run(["simulate", MODEL, "--steps", "12", ...options]);
const traceAt = (name: string) =>
  JSON.parse(readFileSync(at(name), "utf8")) as {
    traceEvents: { name: string; ph: string }[];
    otherData: Record<string, unknown>;
  };
const stepsOf = (name: string) =>
  traceAt(name)
    .traceEvents.map((event) => event.name)
    .filter((event) => event.startsWith("timestep "));

describe("simulate --trace", () => {
  it("writes the first ten timesteps, at the first operating point", async () => {
    const { code, stderr } = await simulate("--trace", at("t.json"));
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`wrote ${at("t.json")} (trace at 150MHz, fast)\n`);
    expect(stepsOf("t.json")).toEqual(Array.from({ length: 10 }, (_, step) => `timestep ${step}`));
    expect(traceAt("t.json").otherData).toMatchObject({ operatingPoint: "150MHz", fidelity: "fast" });
  });

  it("writes the timesteps and the operating point that are asked for", async () => {
    const chip = ["--chip", "spinnaker2@300MHz"];
    const { stderr } = await simulate("--trace", at("t.json"), "--trace-window", "9:20", ...chip);
    expect(stderr).toContain("(trace at 300MHz, fast)");
    expect(stepsOf("t.json")).toEqual(["timestep 9", "timestep 10", "timestep 11"]);
  });

  it("traces packets where both fidelities are asked for, and says so", async () => {
    const { stderr } = await simulate("--trace", at("t.json"), "--fidelity", "fast,detailed");
    expect(stderr).toContain("note: the trace is that of the detailed fidelity.\n");
    expect(traceAt("t.json").traceEvents.some(({ ph }) => ph === "s")).toBe(true);
  });

  it("traces the first of several streams, and says so", async () => {
    const { stderr } = await simulate("--trace", at("one.json"), "--streams", "2");
    expect(stderr).toContain("note: the trace is that of the first stream.\n");
    expect(stepsOf("one.json").length).toBe(6);
  });

  it("says that a pipelined run is laid out in sequence", async () => {
    const { stderr } = await simulate("--trace", at("t.json"), "--schedule", "pipelined");
    expect(stderr).toContain("note: the trace is laid out in the sequential schedule.\n");
  });

  it("changes nothing of the result", async () => {
    const { stdout } = await simulate("--trace", at("t.json"), "--json");
    expect(stdout).toBe((await simulate("--json")).stdout);
  });

  it("says where a trace ends early, in words and in the file", async () => {
    const words = ["--steps", "16", "--fidelity", "detailed", "--trace-window", "0:16"];
    const { stderr } = await run([
      "simulate",
      "synthetic:200,256,256@0.1",
      ...words,
      "--trace",
      at("t.json"),
    ]);
    expect(stderr).toContain(
      "note: the trace ends early, after 200,000 spans and packets; trace fewer timesteps with --trace-window.\n",
    );
    expect(traceAt("t.json").otherData).toMatchObject({
      truncated: true,
      truncation: "recording stopped after 200000 spans and packets",
    });
  });
});

describe("simulate --trace refuses", () => {
  it.each([
    [["--trace-window", "3"], "It must be the first timestep and how many, as in 0:10."],
    [["--trace-window", "0:0"], "It must be a whole number from 1 to 100,000,000."],
    [["--trace-window", "-1:3"], "It must be a whole number from 0 to 100,000,000."],
    [["--trace-window", "1:2:3"], "It must be the first timestep and how many, as in 0:10."],
  ])("a window that is none: %s", async (options, text) => {
    const { code, stderr } = await simulate("--trace", at("t.json"), ...options);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  it("a window behind the run's end", async () => {
    const { code, stderr } = await simulate("--trace", at("t.json"), "--trace-window", "12:1");
    expect(code).toBe(2);
    expect(stderr).toContain("--trace-window begins at timestep 12, but the run has 12, counted from 0.");
    expect(existsSync(at("t.json"))).toBe(false);
  });

  it("a window without a trace", async () => {
    const { code, stderr } = await simulate("--trace-window", "0:1");
    expect(code).toBe(2);
    expect(stderr).toContain("--trace-window is for a trace, but no trace is asked for.");
    expect(stderr).toContain("Give --trace <file> as well.");
  });

  it.each(["--out", "--outputs"])("the file of %s", async (option) => {
    const path = at("same.safetensors");
    const { code, stderr } = await simulate("--trace", path, option, path);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option} and --trace name the same file.`);
  });

  it("a folder that does not exist, before it simulates", async () => {
    const { code, stderr } = await simulate("--trace", at("nowhere/t.json"));
    expect(code).toBe(1);
    expect(stderr).toContain("nowhere/t.json: cannot be written");
    expect(stderr).not.toContain("simulating");
  });
});
