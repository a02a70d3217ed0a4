import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { StepView } from "../../simulator/simulate.ts";
import type { Program, ProgramPopulation } from "../core/program.ts";

/** Rows of a row group, about 3 MB as they wait to be written. */
const ROWS_PER_GROUP = 2 ** 17;

/** What the file says of the run that it comes from. */
export interface RasterRun {
  readonly program: Program;
  /** What one step reads. */
  readonly stepIs: "token" | "vector";
  /** Of all streams together. */
  readonly steps: number;
  /** Streams of equal length, one after the other. */
  readonly streams: number;
  readonly window?: number | undefined;
  /** One line on where the input came from. */
  readonly input: string;
  /** Name and version of what writes the file, as "eventloom version 1.0.0". */
  readonly writtenBy: string;
}

/** The events of a run, written as they happen: no more than a row group is held. */
export interface EventRaster {
  /** Adds the events of one step; steps come in ascending order, numbered throughout. */
  readonly record: (step: number, view: StepView) => void;
  /** Writes what still waits, then the footer: without it, the file cannot be read. */
  readonly finish: () => void;
}

/**
 * Begins a Parquet file with one row an event: step, stream, population, neuron and value, by step, then by
 * population in program order, then by neuron. Neither clock nor chance: equal runs give equal bytes.
 *
 * @param emit Takes the file's next bytes. They are overwritten once it returns.
 */
export function startEventRaster(run: RasterRun, emit: (bytes: Uint8Array) => void): EventRaster {
  const { program, steps, streams, writtenBy } = run;
  const file = new ParquetWriter({
    writer: emittingWriter(emit),
    schema: SCHEMA,
    kvMetadata: Object.entries(metadataOf(run)).map(([key, value]) => ({ key, value })),
    createdBy: writtenBy,
  });
  const waiting = createRows();
  const stepsPerStream = steps / streams;
  return {
    record(step, view) {
      const stream = Math.floor(step / stepsPerStream);
      for (const population of program.populations) {
        addEvents(waiting, step, stream, population, view, () => writeRows(file, waiting));
      }
    },
    finish() {
      writeRows(file, waiting);
      void file.finish();
    },
  };
}

/** Version 1 of the file; docs/files.md describes it. */
const SCHEMA: ConstructorParameters<typeof ParquetWriter>[0]["schema"] = [
  { name: "events", num_children: 5 },
  { name: "step", type: "INT32", repetition_type: "REQUIRED" },
  { name: "stream", type: "INT32", repetition_type: "REQUIRED" },
  {
    name: "population",
    type: "BYTE_ARRAY",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
    repetition_type: "REQUIRED",
  },
  { name: "neuron", type: "INT32", repetition_type: "REQUIRED" },
  { name: "value", type: "FLOAT", repetition_type: "REQUIRED" },
];

function metadataOf(run: RasterRun): Record<string, string> {
  const { program, stepIs, steps, streams, window, input } = run;
  const { modelName, modelHash, profileName, quantisation } = program.manifest;
  const cut = streams === 1 ? "" : `; ${streams} streams of ${steps / streams} steps, one after the other`;
  return {
    format: "eventloom event raster, version 1",
    model: modelName,
    model_sha256: modelHash,
    profile: profileName,
    number_format: quantisation.format,
    input,
    step: `a timestep, counted from 0 through the whole run; each reads one ${stepIs}${cut}`,
    steps: String(steps),
    streams: String(streams),
    ...(window !== undefined && { window: String(window) }),
    value:
      "what the event carries, as a real number: integer payloads are divided by 2^payload_fraction_bits",
    populations: JSON.stringify(
      program.populations.map(({ name, size, payloadFractionBits }) => ({
        name,
        size,
        payload_fraction_bits: payloadFractionBits,
      })),
    ),
  };
}

/** Rows that wait to be written, the first `count` of each column. Shape [rows of a row group] each. */
interface Rows {
  count: number;
  readonly step: Int32Array;
  readonly stream: Int32Array;
  readonly population: string[];
  readonly neuron: Int32Array;
  readonly value: Float32Array;
}

const createRows = (): Rows => ({
  count: 0,
  step: new Int32Array(ROWS_PER_GROUP),
  stream: new Int32Array(ROWS_PER_GROUP),
  population: new Array<string>(ROWS_PER_GROUP).fill(""),
  neuron: new Int32Array(ROWS_PER_GROUP),
  value: new Float32Array(ROWS_PER_GROUP),
});

function addEvents(
  rows: Rows,
  step: number,
  stream: number,
  { name, payloadFractionBits }: ProgramPopulation,
  view: StepView,
  write: () => void,
): void {
  const one = 2 ** payloadFractionBits;
  const { output } = view.population(name);
  for (const neuron of view.events(name)) {
    const row = rows.count;
    rows.step[row] = step;
    rows.stream[row] = stream;
    rows.population[row] = name;
    rows.neuron[row] = neuron;
    rows.value[row] = output[neuron]! / one;
    rows.count += 1;
    if (rows.count === ROWS_PER_GROUP) write();
  }
}

/** Writes the rows that wait as a row group. */
function writeRows(file: ParquetWriter, rows: Rows): void {
  const { count } = rows;
  if (count === 0) return;
  void file.write({
    columnData: [
      { name: "step", data: rows.step.subarray(0, count) },
      { name: "stream", data: rows.stream.subarray(0, count) },
      { name: "population", data: rows.population.slice(0, count), encoding: "RLE_DICTIONARY" },
      { name: "neuron", data: rows.neuron.subarray(0, count) },
      { name: "value", data: rows.value.subarray(0, count) },
    ],
    rowGroupSize: ROWS_PER_GROUP,
  });
  rows.count = 0;
}

/** Passes bytes on after each row group and at the end, at once: `write` and `finish` then promise nothing. */
function emittingWriter(emit: (bytes: Uint8Array) => void): ByteWriter {
  const writer = new ByteWriter();
  const flush = (): void => {
    emit(writer.getBytes());
    writer.index = 0;
  };
  return Object.assign(writer, { flush, finish: flush });
}
