import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownPackage } from "../../../src/runtime/package-root.ts";

/** The built program: HDF5 is read in a thread, which starts from compiled code. */
const MAIN = join(ownPackage().root, "dist/src/cli/main.js");
const FIXTURES = join(import.meta.dirname, "../../fixtures/exchange");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-convert-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...commandLine: string[]) =>
  spawnSync(process.execPath, [MAIN, ...commandLine], { encoding: "utf8" });
const inspect = (file: string) => {
  const { stdout, stderr } = run("inspect", file, "--json");
  if (stdout === "") throw new Error(stderr);
  const { name: _, ...summary } = JSON.parse(stdout) as Record<string, unknown>;
  return summary;
};

describe("eventloom convert", () => {
  it("writes a spiking model as safetensors and as NIR, and it stays the same", () => {
    const [tensors, nir] = [join(folder, "m.safetensors"), join(folder, "m.nir")];
    expect(run("convert", join(FIXTURES, "nir-recurrent.nir"), "-o", tensors)).toMatchObject({
      status: 0,
      stdout: "",
    });
    expect(run("convert", tensors, "-o", nir).status).toBe(0);
    const original = inspect(join(FIXTURES, "nir-recurrent.nir"));
    expect(inspect(tensors)).toEqual(original);
    expect(inspect(nir)).toEqual(original);
    const again = join(folder, "again.nir");
    run("convert", nir, "-o", again);
    expect(readFileSync(again)).toEqual(readFileSync(nir));
  });

  it.each([
    ["keras-rnn.keras", "token-input embedding lstm gru linear linear"],
    ["tfjs-lstm", "dense-input lstm lstm linear"],
    ["onnx-external.onnx", "dense-input lstm gru"],
  ])("reads %s", (name, kinds) => {
    const { layers } = inspect(join(FIXTURES, name)) as { layers: { kind: string }[] };
    expect(layers.map(({ kind }) => kind).join(" ")).toBe(kinds);
  });

  it.each<[string, readonly string[], number, string]>([
    [
      "what NIR cannot hold",
      ["convert", join(FIXTURES, "tfjs-lstm"), "-o", "OUT.nir"],
      1,
      "error: lstm_LSTM1: a population of the kind lstm, which NIR has no node for\nhint: Write the model as safetensors, which holds every kind.\n",
    ],
    [
      "another ending",
      ["convert", join(FIXTURES, "tfjs-lstm"), "-o", "OUT.onnx"],
      1,
      "OUT.onnx: files with the ending .onnx are not written",
    ],
    [
      "a timestep that is none",
      ["inspect", join(FIXTURES, "nir-lif.nir"), "--dt", "-1"],
      2,
      "It must be a number above 0",
    ],
    [
      "a timestep longer than a time constant",
      ["inspect", join(FIXTURES, "nir-lif.nir"), "--dt", "1"],
      1,
      "s is shorter than the timestep, 1 s\nhint: Choose a shorter timestep with --dt",
    ],
  ])("refuses %s", (_, commandLine, status, message) => {
    const result = run(...commandLine.map((word) => word.replace("OUT", join(folder, "OUT"))));
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ status, stdout: "" });
  });

  it("says where --dt has no effect", () => {
    const { stderr, status } = run("inspect", join(FIXTURES, "onnx-gru.onnx"), "--dt", "0.001");
    expect(stderr).toMatch(/^note: --dt has no effect on .*onnx-gru\.onnx, which counts in timesteps\.\n$/);
    expect(status).toBe(0);
  });
});
