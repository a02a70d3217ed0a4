import type { SectionKind } from "../../src/core/mapping.ts";
import { type NumberFormat, TABLE_INTERVALS } from "../../src/core/number-format.ts";
import { type ChipPopulationKind, NEURON_TRAITS } from "../../src/core/population-kind.ts";
import { type PeProgram, POPULATION_RECORD_BYTES } from "../../src/core/program.ts";
import { createImageReader } from "./image-reader.ts";
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
  /** What accumulators start a timestep from. Shape [4, n]; linear [n]. */
  readonly start: Float32Array | Int32Array;
  /** Shape [n]; linear [0]. */
  readonly threshold: Float32Array | Int32Array;
  /** σ and tanh, 513 values each; EGRU in integer formats only. */
  readonly tables?: { readonly sigmoid: Uint16Array; readonly tanh: Uint16Array };
}

/** Reads one PE's rows, parameters and tables from the bytes of its image; `sources` must say the same. */
export function loadImage(pe: PeProgram, format: NumberFormat, kind: ChipPopulationKind): LoadedSlice {
  const { accumulators, parameters: words, state, readsTables } = NEURON_TRAITS[kind];
  const reader = createImageReader(pe);
  const own = (kind: SectionKind, bytes: number) =>
    reader.section(kind, { source: "", delay: 0, part: 0 }, bytes).offset;
  const parameters = own("parameters", 4 * words * pe.neurons);
  const start = reader.numbers(format, parameters, accumulators * pe.neurons);
  const threshold = reader.numbers(
    format,
    parameters + 4 * start.length,
    (words - accumulators) * pe.neurons,
  );
  if (state > 0) own("state", 4 * state * pe.neurons);
  own("accumulators", 4 * accumulators * pe.neurons);

  const recordBytes = POPULATION_RECORD_BYTES * pe.sources.length;
  const table = recordBytes === 0 ? 0 : own("population-table", recordBytes);
  const blocks = pe.sources.map((source, index) => {
    const record = reader.words(table + index * POPULATION_RECORD_BYTES, POPULATION_RECORD_BYTES / 4);
    return loadBlock(reader, pe, source, index, record, accumulators);
  });
  const slice = { pe: pe.pe, population: pe.population, first: pe.firstNeuron, neurons: pe.neurons, kind };
  if (format === "float32" || !readsTables) return { ...slice, blocks, start, threshold };

  const entries = TABLE_INTERVALS + 1;
  const tables = own("tables", 2 * 2 * entries);
  const sigmoid = reader.integers(2, tables, entries);
  const tanh = reader.integers(2, tables + 2 * entries, entries);
  return { ...slice, blocks, start, threshold, tables: { sigmoid, tanh } };
}
