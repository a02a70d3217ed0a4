import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import type { RunJson } from "../../../src/report/result-schema.ts";
import { run } from "./run-in-process.ts";

const MODEL = "synthetic:6,40,30@0.5";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

interface Row {
  readonly step: number;
  readonly stream: number;
  readonly population: string;
  readonly neuron: number;
  readonly value: number;
}

const bytesOf = (name: string): ArrayBuffer => new Uint8Array(readFileSync(at(name))).buffer;

async function eventsOf(...options: string[]) {
  const { code, stdout, stderr } = await run([
    "simulate",
    MODEL,
    "--events",
    at("e.parquet"),
    "--json",
    ...options,
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`wrote ${at("e.parquet")}\n`);
  const file = bytesOf("e.parquet");
  const rows = (await parquetReadObjects({ file })) as unknown as Row[];
  return { result: JSON.parse(stdout).runs[0] as RunJson, file, rows };
}

describe("simulate --events", () => {
  it.each(["float32", "int8"])("writes the events that the result counts, %s", async (format) => {
    const { result, rows, file } = await eventsOf("--steps", "5", "--format", format);
    const counted = result.layers.map(({ name, events }) => [name, events]);
    expect(counted.map(([name]) => name)).toEqual(["input", "egru0", "egru1"]);
    expect(
      counted.map(([name]) => [name, rows.filter(({ population }) => population === name).length]),
    ).toEqual(counted);
    expect(rows.filter(({ population }) => population === "egru1").length).toBeGreaterThan(0);
    const metadata = parquetMetadata(file);
    const said = Object.fromEntries(metadata.key_value_metadata!.map(({ key, value }) => [key, value]));
    expect(said).toMatchObject({
      model: MODEL,
      model_sha256: result.model.sha256,
      profile: "spinnaker2",
      number_format: format,
      input: "synthetic vectors, seed 1",
      steps: "5",
    });
  });

  it("orders rows by step, population and neuron", async () => {
    const { rows, result } = await eventsOf("--steps", "5");
    const order = result.layers.map(({ name }) => name);
    const rank = ({ step, population, neuron }: Row) =>
      (step * order.length + order.indexOf(population)) * 1000 + neuron;
    const ranks = rows.map(rank);
    expect(ranks.filter((value, index) => index > 0 && value <= ranks[index - 1]!)).toEqual([]);
    expect([...new Set(rows.map(({ step }) => step))]).toEqual([0, 1, 2, 3, 4]);
  });

  it.each(["float32", "int16"])(
    "agrees with --outputs of the same run, over several streams, %s",
    async (format) => {
      const { rows } = await eventsOf(
        ...["--steps", "6", "--streams", "2", "--workers", "2", "--format", format],
        ...["--outputs", at("o.safetensors")],
      );
      expect(rows.filter(({ step, stream }) => stream !== (step < 3 ? 0 : 1))).toEqual([]);
      const { tensors } = readSafetensors(readFileSync(at("o.safetensors")));
      const output = new Float32Array(6 * 30);
      for (const { step, population, neuron, value } of rows) {
        if (population === "egru1") output[step * 30 + neuron] = value;
      }
      expect(output).toEqual(tensors.get("output")!.data);
      expect(output.some((value) => value !== 0)).toBe(true);
    },
  );

  it("changes nothing in the result, and writes equal bytes again", async () => {
    const { result, file } = await eventsOf("--steps", "5");
    expect((await eventsOf("--steps", "5")).file).toEqual(file);
    const { stdout } = await run(["simulate", MODEL, "--steps", "5", "--json"]);
    expect(JSON.parse(stdout).runs[0]).toEqual(result);
  });

  it("finds out before the simulation that it cannot write", async () => {
    const { code, stdout, stderr } = await run(["simulate", MODEL, "--events", at("none/e.parquet")]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      `error: ${at("none/e.parquet")}: cannot be written: there is no such file or directory\n` +
        `hint: Choose another place than ${at("none")} for e.parquet, or make it writable.\n`,
    );
  });

  it.each([
    ["--out", "--out and --events name the same file."],
    ["--outputs", "--outputs and --events name the same file."],
  ])("refuses the file of %s, however it is spelt", async (option, message) => {
    const { code, stderr } = await run([
      ...["simulate", MODEL, "--events", at("e.parquet")],
      ...[option, `${folder}/./e.parquet`],
    ]);
    expect(code).toBe(2);
    expect(stderr).toBe(`error: ${message}\nhint: Name two files.\n`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses a name that does not say Parquet", async () => {
    const { code, stderr } = await run(["simulate", MODEL, "--events", at("e.csv")]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `error: --events ${at("e.csv")} is no Parquet file.\nhint: Give it a name that ends in .parquet.\n`,
    );
  });

  it("leaves the old file, and nothing beside it, where the run fails", async () => {
    writeFileSync(at("e.parquet"), "old");
    let calls = 0;
    let filesDuringTheRun = 0;
    const now = () => {
      calls += 1;
      // The progress asks for the time at every step.
      if (calls < 5) return 0;
      filesDuringTheRun = readdirSync(folder).length;
      throw new Error("the clock is broken");
    };
    const { code, stderr } = await run(["simulate", MODEL, "--events", at("e.parquet")], { now });
    expect({ code, filesDuringTheRun }).toEqual({ code: 1, filesDuringTheRun: 2 });
    expect(stderr).toContain("the clock is broken");
    expect(readdirSync(folder)).toEqual(["e.parquet"]);
    expect(readFileSync(at("e.parquet"), "utf8")).toBe("old");
  });
});
