import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { inputPortOf } from "../../../src/inputs/input-port.ts";
import { readStimulus } from "../../../src/inputs/read-stimulus.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { readSyntheticModel } from "../../../src/cli/synthetic-model.ts";
import type { RunJson } from "../../../src/report/result-schema.ts";
import { createSimulation } from "../../../simulator/simulate.ts";
import { run } from "./run-in-process.ts";

const MODEL = "synthetic:6,40,30@0.5";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

async function outputsOf(...options: string[]) {
  const { code, stdout, stderr } = await run([
    "simulate",
    MODEL,
    "--outputs",
    at("o.safetensors"),
    "--json",
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`wrote ${at("o.safetensors")}\n`);
  const result = JSON.parse(stdout).runs[0] as RunJson;
  return { result, ...readSafetensors(readFileSync(at("o.safetensors"))) };
}

describe("simulate --outputs", () => {
  it.each(["float32", "int8"] as const)(
    "writes what the last layer sent in each step, %s",
    async (format) => {
      const { tensors, metadata, result } = await outputsOf("--steps", "5", "--format", format);
      expect([...tensors.keys()]).toEqual(["output", "events.input", "events.egru0", "events.egru1"]);
      expect(tensors.get("output")).toMatchObject({ dtype: "float32", shape: [5, 30] });
      expect(metadata).toEqual({ model: MODEL, layer: "egru1", input: "synthetic vectors, seed 1" });
      for (const { name, events } of result.layers) {
        const { data, shape, dtype } = tensors.get(`events.${name}`)!;
        expect({ shape, dtype }).toEqual({ shape: [5], dtype: "uint32" });
        expect(
          Array.from(data, Number).reduce((sum, n) => sum + n, 0),
          name,
        ).toBe(events);
      }
      // The same run, driven step by step.
      const model = readSyntheticModel(MODEL, 1);
      const { profile } = loadChip("spinnaker2");
      const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps: 5 }, inputPortOf(model));
      const simulation = createSimulation(compile(model, profile, { format }).program, profile, stimulus);
      const expected: number[] = [];
      for (let step = 0; step < 5; step += 1) {
        const { output } = simulation.step().population("egru1");
        expected.push(...Array.from(output, (value) => (format === "float32" ? value : value / 2 ** 23)));
      }
      expect([...tensors.get("output")!.data]).toEqual(expected.map(Math.fround));
      expect(expected.some((value) => value !== 0)).toBe(true);
    },
  );

  it("holds every stream's steps, one stream after the other, whatever the number of threads", async () => {
    const { tensors } = await outputsOf("--steps", "6", "--streams", "2", "--workers", "2");
    expect(tensors.get("output")!.shape).toEqual([6, 30]);
    const again = await outputsOf("--steps", "6", "--streams", "2");
    expect(again.tensors.get("output")!.data).toEqual(tensors.get("output")!.data);
  });

  it("finds out before the simulation that it cannot write", async () => {
    const { code, stdout, stderr } = await run(["simulate", MODEL, "--outputs", at("none/o.safetensors")]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`error: ${at("none/o.safetensors")}: cannot be written: `);
    expect(stderr).not.toContain("simulating");
  });
});
