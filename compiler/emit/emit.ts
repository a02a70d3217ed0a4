import type { EventGraph } from "../../src/core/event-graph.ts";
import {
  INITIALISED_SECTIONS,
  type KeyRange,
  type Mapping,
  type MemoryLayout,
  type MemorySection,
  type Slice,
} from "../../src/core/mapping.ts";
import {
  type ChipDecoder,
  DRAM_ADDRESS,
  type Manifest,
  type PeProgram,
  POPULATION_RECORD_BYTES,
  type Program,
  type SourceBlock,
} from "../../src/core/program.ts";
import { ROW_FORMS } from "../../src/core/row-form.ts";
import { formatOf, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { indexBitsFor, pointerBytesFor } from "../partition/slice-bytes.ts";
import { sigmoidTable, tanhTable } from "./fixed-point-tables.ts";
import { type MemoryImage, memoryImage } from "./memory-image.ts";
import { type SliceRows, sliceRows } from "./slice-rows.ts";

/** Writes down what the mapping decided: memory images, router entries, host stages, manifest. */
export function emit(
  graph: EventGraph,
  mapping: Mapping,
  manifest: Manifest,
  chipDecoder?: ChipDecoder,
): Program {
  const { allocation } = mapping;
  const tables = joined(Uint16Array, [sigmoidTable(), tanhTable()]);
  // One population at a time, so that the rows of no more than one are held twice.
  const pes = graph.populations.flatMap(({ name }) => emitPopulation(graph, name, mapping, tables));
  return {
    manifest,
    populations: graph.populations.map(({ name, kind, size, payloadFractionBits, order }) => ({
      name,
      kind,
      size,
      payloadFractionBits,
      keys: allocation.keys.get(name)!,
      ...(order && { order }),
    })),
    pes: pes.sort((a, b) => a.pe - b.pe),
    routing: mapping.routing,
    host: chipDecoder ? { ...graph.host, decoder: [] } : graph.host,
    ...(chipDecoder && { chipDecoder }),
  };
}

function emitPopulation(
  graph: EventGraph,
  population: string,
  { partition, placement, allocation }: Mapping,
  tables: Uint16Array,
): PeProgram[] {
  const indices = partition.flatMap((slice, index) => (slice.population === population ? [index] : []));
  const slices = indices.map((index) => partition[index]!);
  return sliceRows(graph, population, slices).map((rows, part) => {
    const index = indices[part]!;
    const slice = slices[part]!;
    const layouts = { sram: allocation.memory[index]!, dram: allocation.dram[index]! };
    return {
      pe: placement[index]!,
      population,
      firstNeuron: slice.first,
      neurons: slice.count,
      ...emitMemory(slice, rows, layouts, allocation.keys, parametersOf(graph, slice), tables),
    };
  });
}

interface Layouts {
  readonly sram: MemoryLayout;
  readonly dram: MemoryLayout;
}

type PeMemory = Omit<PeProgram, "pe" | "population" | "firstNeuron" | "neurons">;

function emitMemory(
  slice: Slice,
  rows: readonly SliceRows[],
  layouts: Layouts,
  keys: ReadonlyMap<string, KeyRange>,
  parameters: ArrayBufferView,
  tables: Uint16Array,
): PeMemory {
  const sram = memoryImage(layouts.sram, layouts.sram[0]!.offset, ({ kind }) =>
    INITIALISED_SECTIONS.has(kind),
  );
  const dram = memoryImage(layouts.dram, DRAM_ADDRESS, () => true);
  const words = POPULATION_RECORD_BYTES / 4;
  const records = new Uint32Array(words * rows.length);
  const sources = rows.map((block, index) => {
    const isHere = ({ source, delay, part }: MemorySection) =>
      source === block.source && delay === block.delay && part === block.part;
    const inDram = layouts.dram.some(isHere);
    const described = describeBlock(block, slice.count * 4, keys.get(block.source)!, inDram);
    records.set(writeBlock(block, described, sram, inDram ? dram : sram), words * index);
    return described;
  });
  sram.write("population-table", records);
  sram.write("parameters", parameters);
  sram.write("tables", tables);
  return {
    sources,
    sections: layouts.sram,
    imageOffset: sram.base,
    image: sram.bytes,
    dramSections: layouts.dram,
    dramImage: dram.bytes,
  };
}

const describeBlock = (
  block: SliceRows,
  accumulators: number,
  keys: KeyRange,
  inDram: boolean,
): SourceBlock => ({
  population: block.source,
  delay: block.delay,
  part: block.part,
  keys,
  rows: block.rowStart.length - 1,
  synapses: block.index.length,
  form: "csr",
  slots: block.index.length,
  weightFormat: formatOf(block.weight),
  gates: block.gates,
  pointerBytes: pointerBytesFor(block.index.length),
  indexBits: indexBitsFor(accumulators),
  scalePerRow: (block.scale?.multiplier.length ?? 0) > 1,
  scaleShift: block.scale?.shift ?? 0,
  inDram,
});

/** Writes a block's rows and returns its record of the population table. */
function writeBlock(
  rowsHere: SliceRows,
  { keys, rows, form, weightFormat, gates, pointerBytes, indexBits, scaleShift, delay }: SourceBlock,
  sram: MemoryImage,
  rowMemory: MemoryImage,
): number[] {
  const { rowStart, index, weight, scale } = rowsHere;
  const pointers = pointerBytes === 2 ? new Uint16Array(rowStart) : rowStart;
  const indices = indexBits === 8 ? new Uint8Array(index) : index;
  return [
    keys.base,
    keys.mask,
    rows,
    sram.write("row-pointers", pointers, rowsHere),
    rowMemory.write("indices", indices, rowsHere),
    rowMemory.write("weights", weight, rowsHere),
    scale ? sram.write("scales", scale.multiplier, rowsHere) : 0,
    pointerBytes | (indexBits << 8) | (scaleShift << 16) | (delay << 24),
    ROW_FORMS.indexOf(form) | (WEIGHT_BYTES[weightFormat] << 8) | (gates << 16),
  ];
}

/** accumulatorStart [4, n], then threshold [n]. */
function parametersOf(graph: EventGraph, { population, first, count }: Slice): Float32Array | Int32Array {
  const whole = graph.populations.find(({ name }) => name === population)!;
  if (whole.kind !== "egru") throw new Error(`${population} has no parameters`);
  const { size, accumulatorStart, threshold } = whole;
  const parts = Array.from({ length: accumulatorStart.length / size }, (_, accumulator) =>
    accumulatorStart.subarray(accumulator * size + first, accumulator * size + first + count),
  );
  const values = [...parts, threshold.subarray(first, first + count)];
  return threshold instanceof Int32Array
    ? joined(Int32Array, values as Int32Array[])
    : joined(Float32Array, values as Float32Array[]);
}

function joined<T extends Float32Array | Int32Array | Uint16Array>(
  type: new (length: number) => T,
  parts: readonly T[],
): T {
  const out = new type(parts.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const part of parts) {
    out.set(part, next);
    next += part.length;
  }
  return out;
}
