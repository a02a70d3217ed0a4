import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import type { Program } from "../../../src/core/program.ts";
import { type RasterRun, startEventRaster } from "../../../src/report/event-raster.ts";
import type { StepView } from "../../../simulator/simulate.ts";

/** Dense payloads by population, and the neurons that sent them. */
type Step = Readonly<Record<string, { output: Float32Array | Int32Array; events: readonly number[] }>>;

const viewOf = (step: Step): StepView => ({
  step: 0,
  population: (name) => ({ state: new Float32Array(0), output: step[name]!.output }),
  events: (name) => Uint32Array.from(step[name]!.events),
  logits: undefined,
});

/** As much of a program as a raster reads. */
const PROGRAM = {
  manifest: {
    modelName: "tiny",
    modelHash: "abc",
    profileName: "chip",
    quantisation: { format: "int8", scales: "row", accumulatorBits: 32 },
  },
  populations: [
    { name: "input", size: 3, payloadFractionBits: 20 },
    { name: "a layer, ü", size: 200_000, payloadFractionBits: 23 },
  ],
} as unknown as Program;

const RUN: RasterRun = {
  program: PROGRAM,
  stepIs: "token",
  steps: 4,
  streams: 2,
  window: 7,
  input: "text my.txt",
  writtenBy: "eventloom version 1.2.3",
};

function write(run: RasterRun, steps: readonly Step[]) {
  const chunks: Uint8Array[] = [];
  const raster = startEventRaster(run, (bytes) => void chunks.push(bytes.slice()));
  steps.forEach((step, index) => raster.record(index, viewOf(step)));
  const chunksInTheRun = chunks.filter(({ length }) => length > 0).length;
  raster.finish();
  const bytes = new Uint8Array(Buffer.concat(chunks));
  return { file: bytes.buffer, bytes, chunksInTheRun };
}

const silent = { input: { output: new Int32Array(3), events: [] }, "a layer, ü": silentLayer() };
function silentLayer() {
  return { output: new Int32Array(200_000), events: [] };
}

describe("startEventRaster", () => {
  it("writes one row an event, in order, with real values", async () => {
    const layer = new Int32Array(200_000);
    layer[1] = 2 ** 22;
    layer[199_999] = -(2 ** 23) + 1;
    const steps: Step[] = [
      { ...silent, input: { output: Int32Array.of(2 ** 20, 0, -(2 ** 18)), events: [0, 1, 2] } },
      { ...silent, "a layer, ü": { output: layer, events: [1, 199_999] } },
      silent,
      {
        input: { output: Int32Array.of(0, 0, 3), events: [2] },
        "a layer, ü": { output: layer, events: [1] },
      },
    ];
    const row = (step: number, stream: number, population: string, neuron: number, value: number) => ({
      step,
      stream,
      population,
      neuron,
      value,
    });
    expect(await parquetReadObjects({ file: write(RUN, steps).file })).toEqual([
      row(0, 0, "input", 0, 1),
      row(0, 0, "input", 1, 0),
      row(0, 0, "input", 2, -0.25),
      row(1, 0, "a layer, ü", 1, 0.5),
      row(1, 0, "a layer, ü", 199_999, -1 + 2 ** -23),
      row(3, 1, "input", 2, 3 / 2 ** 20),
      row(3, 1, "a layer, ü", 1, 0.5),
    ]);
  });

  it("keeps float32 payloads to the bit", async () => {
    const populations = [{ name: "input", size: 3, payloadFractionBits: 0 }];
    const program = { ...PROGRAM, populations } as unknown as Program;
    const output = Float32Array.of(0.1, 3e-41, -1e38);
    const { file } = write({ ...RUN, program }, [{ input: { output, events: [0, 1, 2] } }]);
    expect((await parquetReadObjects({ file })).map(({ value }) => value)).toEqual([...output]);
  });

  it("writes row groups while the run goes on, and loses no row between them", async () => {
    const output = Int32Array.from({ length: 200_000 }, (_, neuron) => neuron);
    const loud: Step = { ...silent, "a layer, ü": { output, events: [...output] } };
    const { file, chunksInTheRun } = write(RUN, [loud, loud, loud]);
    // Of 600,000 rows, 4 groups of 131,072 are full; the rest waits for the end.
    expect(chunksInTheRun).toBe(4);
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
      131_072, 131_072, 131_072, 131_072, 75_712,
    ]);
    const rows = await parquetReadObjects({ file });
    expect(rows.length).toBe(600_000);
    const wrong = rows.filter(
      ({ step, neuron, value }, index) =>
        step !== Math.floor(index / 200_000) ||
        neuron !== index % 200_000 ||
        value !== (index % 200_000) / 2 ** 23,
    );
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  it("says where it comes from and what its columns are", () => {
    const { schema, key_value_metadata, created_by } = parquetMetadata(write(RUN, [silent]).file);
    const columns = schema.slice(1);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "step INT32",
      "stream INT32",
      "population BYTE_ARRAY",
      "neuron INT32",
      "value FLOAT",
    ]);
    expect(columns[2]).toMatchObject({ converted_type: "UTF8", logical_type: { type: "STRING" } });
    expect(created_by).toBe("eventloom version 1.2.3");
    const { populations, value, ...plain } = Object.fromEntries(
      key_value_metadata!.map((entry) => [entry.key, entry.value!]),
    );
    expect(plain).toEqual({
      format: "eventloom event raster, version 1",
      model: "tiny",
      model_sha256: "abc",
      profile: "chip",
      number_format: "int8",
      input: "text my.txt",
      step: "a timestep, counted from 0 through the whole run; each reads one token; 2 streams of 2 steps, one after the other",
      steps: "4",
      streams: "2",
      window: "7",
    });
    expect(value).toContain("2^payload_fraction_bits");
    expect(JSON.parse(populations!)).toEqual([
      { name: "input", size: 3, payload_fraction_bits: 20 },
      { name: "a layer, ü", size: 200_000, payload_fraction_bits: 23 },
    ]);
  });

  it("encodes populations as a dictionary, and leaves out what the run did not have", () => {
    const { window: _, ...carried } = RUN;
    const steps: Step[] = [{ ...silent, input: { output: Int32Array.of(1, 1, 1), events: [0] } }];
    const metadata = parquetMetadata(write({ ...carried, streams: 1 }, steps).file);
    const population = metadata.row_groups[0]!.columns[2]!.meta_data!;
    expect(population.path_in_schema).toEqual(["population"]);
    expect(population.encodings).toContain("RLE_DICTIONARY");
    const entries = metadata.key_value_metadata!;
    expect(entries.map(({ key }) => key)).not.toContain("window");
    expect(entries.find(({ key }) => key === "step")!.value).toBe(
      "a timestep, counted from 0 through the whole run; each reads one token",
    );
  });

  it("is a readable file without any event", async () => {
    expect(await parquetReadObjects({ file: write(RUN, [silent, silent]).file })).toEqual([]);
  });

  it("gives equal bytes for equal runs", () => {
    const steps: Step[] = [{ ...silent, input: { output: Int32Array.of(5, 6, 7), events: [0, 1, 2] } }];
    expect(write(RUN, steps).bytes).toEqual(write(RUN, steps).bytes);
  });
});
