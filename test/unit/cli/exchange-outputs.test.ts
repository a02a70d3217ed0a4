import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { float32Of, tensorNamed } from "../../../src/formats/tensors.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { runLine } from "./run-in-process.ts";

const MAIN = join(ownPackage().root, "dist/src/cli/main.js");
const FIXTURES = join(import.meta.dirname, "../../fixtures/exchange");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-exchange-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const outputOf = (file: string) => {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
  return float32Of(tensorNamed(tensors, "output"));
};

describe("eventloom simulate puts out what the library that wrote the model computed", () => {
  it.each([
    ["onnx-cnn.onnx", "onnx-cnn"],
    ["onnx-external.onnx", "onnx-external"],
    ["onnx-maxpool.onnx", "onnx-maxpool"],
    ["tfjs-cnn", "tfjs-cnn"],
  ])("%s", async (model, name) => {
    const golden = join(FIXTURES, `${name}.expected.safetensors`);
    const outputs = join(folder, `${name}.safetensors`);
    const line = `simulate ${join(FIXTURES, model)} --input ${golden} --array x --outputs ${outputs}`;
    expect((await runLine(line)).code).toBe(0);
    const [simulated, expected] = [outputOf(outputs), outputOf(golden)];
    expect(simulated).toHaveLength(expected.length);
    expect(Math.max(...simulated.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(2e-6);
  });
});

describe("eventloom simulate", () => {
  it("runs a classifier of tokens, which has fewer outputs than words, and speaks of no perplexity", () => {
    const tokens = join(FIXTURES, "keras-rnn.expected.safetensors");
    const line = ["simulate", join(FIXTURES, "keras-rnn.keras"), "--tokens", tokens, "--array", "tokens"];
    const { status, stdout } = spawnSync(process.execPath, [MAIN, ...line], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("9 tokens: token ids keras-rnn.expected.safetensors");
    expect(stdout).not.toContain("perplexity");
  });

  it.each([
    ["5%", "5%: is neither a number nor a file of rates"],
    ["-0.1", "rate: is -0.1, not a probability of 0 to 1 a timestep"],
  ])("refuses --rate %s", async (rate, message) => {
    const { code, stderr } = await runLine(`simulate synthetic:lif:4,3@0.5 --rate ${rate}`);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
