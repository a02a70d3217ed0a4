import { type EventGraph, partOf } from "../../src/core/event-graph.ts";
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
import { BLOCK_FORMS, type RowLayout } from "../../src/core/row-form.ts";
import { formatOf, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { encodeRows } from "./encode-rows.ts";
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
    populations: graph.populations.map((population) => {
      const { name, kind, size, payloadFractionBits, order } = population;
      return {
        name,
        kind,
        size,
        payloadFractionBits,
        keys: allocation.keys.get(name)!,
        ...(order && { order }),
        ...(partOf(population) !== undefined && { partOf: partOf(population)! }),
        ...(population.kind === "input" && population.silentZeros && { silentZeros: true as const }),
      };
    }),
    pes: pes.sort((a, b) => a.pe - b.pe),
    routing: mapping.routing,
    host: chipDecoder ? { ...graph.host, decoder: [] } : graph.host,
    ...(chipDecoder && { chipDecoder }),
  };
}

function emitPopulation(
  graph: EventGraph,
  population: string,
  { partition, placement, rowForms, allocation }: Mapping,
  tables: Uint16Array,
): PeProgram[] {
  const indices = partition.flatMap((slice, index) => (slice.population === population ? [index] : []));
  const slices = indices.map((index) => partition[index]!);
  return sliceRows(graph, population, slices).map((rows, part) => {
    const index = indices[part]!;
    const slice = slices[part]!;
    const layouts = {
      sram: allocation.memory[index]!,
      dram: allocation.dram[index]!,
      rows: rowForms[index]!,
    };
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
  /** One a source block. */
  readonly rows: readonly RowLayout[];
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
  // Of a range of sources that nothing leads from to this slice there is no block.
  const held = [...rows.entries()].filter(([, { sources, index }]) => !sources || index.length > 0);
  const records = new Uint32Array(words * held.length);
  const sources = held.map(([index, block], place) => {
    const isHere = ({ source, delay, part }: MemorySection) =>
      source === block.source && delay === block.delay && part === block.part;
    const inDram = layouts.dram.some(isHere);
    const layout = layouts.rows[index]!;
    const described = describeBlock(block, layout, keysOf(block, keys), inDram);
    const written = writeBlock(block, layout, slice.count, sram, inDram ? dram : sram);
    records.set(recordOf(described, written), words * place);
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

/** Of a range of sources the aligned block of its population's keys. */
function keysOf({ source, sources }: SliceRows, keys: ReadonlyMap<string, KeyRange>): KeyRange {
  const { base, mask } = keys.get(source)!;
  if (sources === undefined) return { base, mask };
  const span = 2 ** Math.ceil(Math.log2(sources.count));
  const all = mask === 0 ? 2 ** 32 : (mask & -mask) >>> 0;
  return { base: base + sources.first, mask: (mask + all - span) >>> 0 };
}

const describeBlock = (
  block: SliceRows,
  { form, slots, pointerBytes, indexBits }: RowLayout,
  keys: KeyRange,
  inDram: boolean,
): SourceBlock => ({
  population: block.source,
  delay: block.delay,
  part: block.part,
  keys,
  rows: block.rowStart.length - 1,
  synapses: block.index.length,
  form,
  slots,
  weightFormat: formatOf(block.weight),
  gates: block.gates,
  pointerBytes,
  indexBits,
  scalePerRow: (block.scale?.multiplier.length ?? 0) > 1,
  scaleShift: block.scale?.shift ?? 0,
  inDram,
  ...(block.convolution && { convolution: block.convolution }),
});

/** Addresses of a block's sections; 0 for one that it does not have. */
interface BlockAddresses {
  readonly pointers: number;
  readonly indices: number;
  readonly weights: number;
  readonly scales: number;
}

function writeBlock(
  rows: SliceRows,
  layout: RowLayout,
  neurons: number,
  sram: MemoryImage,
  rowMemory: MemoryImage,
): BlockAddresses {
  const { pointers, indices, weights } = encodeRows(rows, layout, neurons);
  return {
    pointers: pointers ? sram.write("row-pointers", pointers, rows) : 0,
    indices: indices ? rowMemory.write("indices", indices, rows) : 0,
    weights: rowMemory.write("weights", weights, rows),
    scales: rows.scale ? sram.write("scales", rows.scale.multiplier, rows) : 0,
  };
}

/** A block's record of the population table. */
const recordOf = (
  { keys, rows, form, weightFormat, gates, pointerBytes, indexBits, scaleShift, delay }: SourceBlock,
  { pointers, indices, weights, scales }: BlockAddresses,
): readonly number[] => [
  keys.base,
  keys.mask,
  rows,
  pointers,
  indices,
  weights,
  scales,
  pointerBytes | (indexBits << 8) | (scaleShift << 16) | (delay << 24),
  BLOCK_FORMS.indexOf(form) | (WEIGHT_BYTES[weightFormat] << 8) | (gates << 16),
];

/** What accumulators start from, [accumulators, n], then the other parameters, [n] each. */
function parametersOf(graph: EventGraph, { population, first, count }: Slice): Float32Array | Int32Array {
  const whole = graph.populations.find(({ name }) => name === population)!;
  if (whole.kind === "input") throw new Error(`${population} has no parameters`);
  const { size, accumulatorStart, parameters } = whole;
  const parts = Array.from({ length: accumulatorStart.length / size }, (_, accumulator) =>
    accumulatorStart.subarray(accumulator * size + first, accumulator * size + first + count),
  );
  const values = [...parts, ...parameters.map((all) => all.subarray(first, first + count))];
  return accumulatorStart instanceof Int32Array
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
