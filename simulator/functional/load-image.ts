import type { SectionKind } from "../../src/core/mapping.ts";
import { type NumberFormat, TABLE_INTERVALS } from "../../src/core/number-format.ts";
import { type ChipPopulationKind, NEURON_TRAITS, parameterWords } from "../../src/core/population-kind.ts";
import { type PeProgram, POPULATION_RECORD_BYTES } from "../../src/core/program.ts";
import { createImageReader, type ImageReader } from "./image-reader.ts";
import { loadBlock, type LoadedBlock } from "./load-block.ts";

export type { LoadedBlock } from "./load-block.ts";

export type WeightArray = Float32Array | Int16Array | Int8Array;

/** The part of a population that one PE holds, as its memory image says. n = neurons. */
export interface LoadedSlice {
  readonly pe: number;
  readonly population: string;
  readonly first: number;
  readonly neurons: number;
  readonly blocks: readonly LoadedBlock[];
  readonly kind: ChipPopulationKind;
  /** What accumulators start a timestep from. Shape [accumulators, n]. */
  readonly start: Float32Array | Int32Array;
  /** The kind's other parameters, in the order of NEURON_TRAITS. Shape [n] each. */
  readonly parameters: readonly (Float32Array | Int32Array)[];
  /** σ and tanh, 513 values each; integer formats only, of kinds that look them up. */
  readonly tables?: { readonly sigmoid: Uint16Array; readonly tanh: Uint16Array };
}

/** Reads one PE's rows, parameters and tables from the bytes of its image; `sources` must say the same. */
export function loadImage(pe: PeProgram, format: NumberFormat, kind: ChipPopulationKind): LoadedSlice {
  const traits = NEURON_TRAITS[kind];
  const accumulators = traits.accumulators.length;
  const state = traits.state.length;
  const reader = createImageReader(pe);
  const own = (kind: SectionKind, bytes: number) =>
    reader.section(kind, { source: "", delay: 0, part: 0 }, bytes).offset;
  const vector = 4 * pe.neurons;
  const first = own("parameters", parameterWords(traits) * vector);
  const start = reader.numbers(format, first, accumulators * pe.neurons);
  const parameters = traits.parameters.map((_, index) =>
    reader.numbers(format, first + (accumulators + index) * vector, pe.neurons),
  );
  if (state > 0) own("state", state * vector);
  own("accumulators", accumulators * vector);

  const recordBytes = POPULATION_RECORD_BYTES * pe.sources.length;
  const table = recordBytes === 0 ? 0 : own("population-table", recordBytes);
  const blocks = pe.sources.map((source, index) => {
    const record = reader.words(table + index * POPULATION_RECORD_BYTES, POPULATION_RECORD_BYTES / 4);
    return loadBlock(reader, pe, source, index, record, accumulators);
  });
  if (kind === "max-pool") for (const block of blocks) verifyOnes(block, pe.neurons, reader);
  const slice = { pe: pe.pe, population: pe.population, first: pe.firstNeuron, neurons: pe.neurons, kind };
  if (format === "float32" || traits.lookups === 0) return { ...slice, blocks, start, parameters };

  const entries = TABLE_INTERVALS + 1;
  const tables = own("tables", 2 * 2 * entries);
  const sigmoid = reader.integers(2, tables, entries);
  const tanh = reader.integers(2, tables + 2 * entries, entries);
  return { ...slice, blocks, start, parameters, tables: { sigmoid, tanh } };
}

/** Rows of max pooling say which sources a neuron has; kernels take its values as they come. */
function verifyOnes(
  { source, form, index, weight, multiplier, shift }: LoadedBlock,
  neurons: number,
  reader: ImageReader,
): void {
  const refuse = (problem: string) => reader.refuse(`source block (${source}) of max pooling ${problem}`);
  if (form === "mac-array") refuse("is a product");
  if (index.some((accumulator) => accumulator >= neurons)) refuse("names an accumulator of missing values");
  if (weight.some((value) => value !== 1)) refuse("holds a weight other than 1");
  if (shift !== 0 || multiplier?.some((value) => value !== 1)) refuse("scales its payloads");
}
