import type { KeyRange, MemorySection, SectionKind } from "../../src/core/mapping.ts";
import {
  EGRU_ACCUMULATORS,
  MAX_MULTIPLIER_SHIFT,
  MULTIPLIER_LIMIT,
  type NumberFormat,
  TABLE_INTERVALS,
  WEIGHT_BYTES,
  WEIGHT_LIMIT,
} from "../../src/core/number-format.ts";
import {
  DRAM_ADDRESS,
  type PeProgram,
  POPULATION_RECORD_BYTES,
  type SourceBlock,
} from "../../src/core/program.ts";
import { ROW_FORMS } from "../../src/core/row-form.ts";
import { createImageReader, type ImageReader } from "./image-reader.ts";

export type WeightArray = Float32Array | Int16Array | Int8Array;

/** The part of a population that one PE holds, as its memory image says. n = neurons. */
export interface LoadedSlice {
  readonly pe: number;
  readonly population: string;
  readonly first: number;
  readonly neurons: number;
  readonly blocks: readonly LoadedBlock[];
  /** What accumulators start a timestep from. Shape [4, n]. */
  readonly start: Float32Array | Int32Array;
  /** Shape [n]. */
  readonly threshold: Float32Array | Int32Array;
  /** σ and tanh, 513 values each; integer formats only. */
  readonly tables?: { readonly sigmoid: Uint16Array; readonly tanh: Uint16Array };
}

/** Fan-out rows of one source population onto one PE. */
export interface LoadedBlock {
  readonly source: string;
  readonly delay: 0 | 1;
  readonly part: number;
  readonly keys: KeyRange;
  readonly rows: number;
  /** Shape [rows + 1]. */
  readonly rowStart: Uint32Array;
  /** Local accumulators `accumulator · n + neuron`. Shape [synapses]. */
  readonly index: Uint16Array;
  /** Shape [synapses]. */
  readonly weight: WeightArray;
  /** One for the block or one a row; integer formats only. */
  readonly multiplier?: Uint32Array;
  readonly shift: number;
  readonly pointerBytes: number;
  readonly indexBytes: number;
  /** Where indices and weights begin in DRAM; absent where they lie in SRAM. */
  readonly dram?: { readonly indices: number; readonly weights: number };
}

/** Reads one PE's rows, parameters and tables from the bytes of its image; `sources` must say the same. */
export function loadImage(pe: PeProgram, format: NumberFormat): LoadedSlice {
  const reader = createImageReader(pe);
  const own = (kind: SectionKind, bytes: number) =>
    reader.section(kind, { source: "", delay: 0, part: 0 }, bytes).offset;
  const parameters = own("parameters", 4 * (EGRU_ACCUMULATORS + 1) * pe.neurons);
  const start = reader.numbers(format, parameters, EGRU_ACCUMULATORS * pe.neurons);
  const threshold = reader.numbers(format, parameters + 4 * start.length, pe.neurons);
  own("state", 4 * pe.neurons);
  own("accumulators", 4 * EGRU_ACCUMULATORS * pe.neurons);

  const recordBytes = POPULATION_RECORD_BYTES * pe.sources.length;
  const table = recordBytes === 0 ? 0 : own("population-table", recordBytes);
  const blocks = pe.sources.map((source, index) => {
    const record = reader.words(table + index * POPULATION_RECORD_BYTES, POPULATION_RECORD_BYTES / 4);
    return loadBlock(reader, pe, source, index, record);
  });
  const slice = { pe: pe.pe, population: pe.population, first: pe.firstNeuron, neurons: pe.neurons };
  if (format === "float32") return { ...slice, blocks, start, threshold };

  const entries = TABLE_INTERVALS + 1;
  const tables = own("tables", 2 * 2 * entries);
  const sigmoid = reader.integers(2, tables, entries);
  const tanh = reader.integers(2, tables + 2 * entries, entries);
  return { ...slice, blocks, start, threshold, tables: { sigmoid, tanh } };
}

interface PopulationRecord {
  readonly keys: KeyRange;
  readonly rows: number;
  readonly offsets: Readonly<Record<"row-pointers" | "indices" | "weights" | "scales", number>>;
  readonly pointerBytes: number;
  readonly indexBits: number;
  readonly scaleShift: number;
  readonly delay: number;
  /** Position in ROW_FORMS. */
  readonly form: number;
  readonly weightBytes: number;
  readonly gates: number;
}

function decodeRecord(words: Uint32Array): PopulationRecord {
  const layout = words[7]!;
  return {
    keys: { base: words[0]!, mask: words[1]! },
    rows: words[2]!,
    offsets: { "row-pointers": words[3]!, indices: words[4]!, weights: words[5]!, scales: words[6]! },
    pointerBytes: layout & 0xff,
    indexBits: (layout >>> 8) & 0xff,
    scaleShift: (layout >>> 16) & 0xff,
    delay: layout >>> 24,
    form: words[8]! & 0xff,
    weightBytes: (words[8]! >>> 8) & 0xff,
    gates: words[8]! >>> 16,
  };
}

function loadBlock(
  reader: ImageReader,
  pe: PeProgram,
  source: SourceBlock,
  index: number,
  words: Uint32Array,
): LoadedBlock {
  const format = source.weightFormat;
  const record = decodeRecord(words);
  const where = `source block ${index} (${source.population})`;
  verifyRecord(reader, record, source, where);
  const { rows, pointerBytes, offsets } = record;
  const indexBytes = record.indexBits / 8;
  const find = (kind: keyof PopulationRecord["offsets"], bytes: number): MemorySection =>
    reader.section(kind, { ...source, source: source.population }, bytes, offsets[kind]);

  find("row-pointers", (rows + 1) * pointerBytes);
  const rowStart = new Uint32Array(reader.integers(pointerBytes, offsets["row-pointers"], rows + 1));
  verifyRowStarts(reader, rowStart, source.synapses, where);
  find("indices", source.synapses * indexBytes);
  const indices = new Uint16Array(reader.integers(indexBytes, offsets.indices, source.synapses));
  verifyIndices(reader, indices, rowStart, EGRU_ACCUMULATORS * pe.neurons, where);
  find("weights", source.synapses * WEIGHT_BYTES[format]);
  const weight = reader.weights(format, offsets.weights, source.synapses);
  const block = {
    source: source.population,
    delay: source.delay,
    part: source.part,
    keys: record.keys,
    rows,
    rowStart,
    index: indices,
    weight,
    shift: record.scaleShift,
    pointerBytes,
    indexBytes,
    ...(source.inDram && { dram: { indices: offsets.indices, weights: offsets.weights } }),
  };
  if (format === "float32") return block;

  const limit = WEIGHT_LIMIT[format];
  if (weight.some((value) => value < -limit)) reader.refuse(`${where} holds a weight below -${limit}`);
  const scales = source.scalePerRow ? rows : 1;
  find("scales", 4 * scales);
  const multiplier = reader.words(offsets.scales, scales);
  const tooLarge = multiplier.find((value) => value >= MULTIPLIER_LIMIT);
  if (tooLarge !== undefined) reader.refuse(`${where} holds the row multiplier ${tooLarge}, of over 24 bits`);
  if (record.scaleShift > MAX_MULTIPLIER_SHIFT) reader.refuse(`${where} shifts by ${record.scaleShift} bits`);
  return { ...block, multiplier };
}

/** The image's record and the readable copy beside it must agree in every field. */
function verifyRecord(
  reader: ImageReader,
  record: PopulationRecord,
  source: SourceBlock,
  where: string,
): void {
  const pairs: readonly [string, number, number][] = [
    ["key", record.keys.base, source.keys.base],
    ["mask", record.keys.mask, source.keys.mask],
    ["number of rows", record.rows, source.rows],
    ["pointer size", record.pointerBytes, source.pointerBytes],
    ["index size", record.indexBits, source.indexBits],
    ["scale shift", record.scaleShift, source.scaleShift],
    ["delay", record.delay, source.delay],
    ["form", record.form, ROW_FORMS.indexOf(source.form)],
    ["weight size", record.weightBytes, WEIGHT_BYTES[source.weightFormat]],
    ["gates", record.gates, source.gates],
  ];
  for (const [what, image, copy] of pairs) {
    if (image !== copy)
      reader.refuse(`${where}: the image's ${what} is ${image}, but the program says ${copy}`);
  }
  const sizes = `pointers of ${record.pointerBytes} bytes and indices of ${record.indexBits} bits`;
  const known = [2, 4].includes(record.pointerBytes) && [8, 16].includes(record.indexBits);
  for (const kind of ["indices", "weights"] as const) {
    if (record.offsets[kind] >= DRAM_ADDRESS === source.inDram) continue;
    const [there, said] = source.inDram ? ["SRAM", "DRAM"] : ["DRAM", "SRAM"];
    reader.refuse(`${where}: the image looks for ${kind} in ${there}, but the program says ${said}`);
  }
  if (!known || record.delay > 1) reader.refuse(`${where} has ${sizes} and a delay of ${record.delay}`);
}

function verifyRowStarts(reader: ImageReader, rowStart: Uint32Array, synapses: number, where: string): void {
  if (rowStart[0] !== 0) reader.refuse(`${where}: row 0 starts at synapse ${rowStart[0]}, not at 0`);
  for (let row = 1; row < rowStart.length; row += 1) {
    if (rowStart[row]! < rowStart[row - 1]!) reader.refuse(`${where}: row ${row - 1} ends before it starts`);
  }
  const last = rowStart.at(-1)!;
  if (last !== synapses)
    reader.refuse(`${where}: rows end at synapse ${last}, but the program says ${synapses}`);
}

function verifyIndices(
  reader: ImageReader,
  indices: Uint16Array,
  rowStart: Uint32Array,
  accumulators: number,
  where: string,
): void {
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      if (indices[i]! >= accumulators) {
        reader.refuse(`${where}: row ${row} names accumulator ${indices[i]} of ${accumulators}`);
      }
      if (i > rowStart[row]! && indices[i]! <= indices[i - 1]!) {
        reader.refuse(`${where}: row ${row} is not ascending`);
      }
    }
  }
}
