import {
  accumulatorsOf,
  type EgruGraphPopulation,
  type EventGraph,
  type GraphProjection,
  graphPopulationNamed,
} from "../../src/core/event-graph.ts";
import type { MemorySection, SectionKind, Slice } from "../../src/core/mapping.ts";
import { type NumberFormat, TABLE_INTERVALS, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { PACKET_BYTES, POPULATION_RECORD_BYTES } from "../../src/core/program.ts";
import { type DramRows, NO_DRAM_ROWS, worstTransfer } from "./dram-transfers.ts";
import { type FanIn, fanInOf } from "./fan-in.ts";

/** A section's size before it has a place. */
export type SectionSize = Omit<MemorySection, "offset">;

export const alignedTo4 = (bytes: number): number => 4 * Math.ceil(bytes / 4);

/** Row pointers count synapses from the block's first, so 16 bits serve while a block holds fewer than 2^16. */
export const pointerBytesFor = (synapses: number): 2 | 4 => (synapses < 2 ** 16 ? 2 : 4);
/** An index names one of the slice's accumulators. */
export const indexBitsFor = (accumulators: number): 8 | 16 => (accumulators <= 2 ** 8 ? 8 : 16);
/** Two-byte indices reach no further. */
export const MAX_ACCUMULATORS_PER_SLICE = 2 ** 16;

/**
 * How many bytes of memory a slice truly needs, byte by byte, for any range of neurons of one population.
 * Built once a population; a query costs a few additions, so that partitioners may ask often.
 */
export interface SliceSizer {
  readonly population: EgruGraphPopulation;
  /** Sections of SRAM in the order in which they are laid out; the row buffer as large as such a slice could need it. */
  sections(first: number, count: number): SectionSize[];
  /** Sections of DRAM in the order in which they are laid out. */
  dramSections(first: number, count: number): SectionSize[];
  /** Bytes of SRAM: sum of the sections, each rounded up to 4 bytes. Never falls when the range grows. */
  bytes(first: number, count: number): number;
  /** Bytes of SRAM and DRAM together. Never falls when the range grows. */
  load(first: number, count: number): number;
  /** Synapses that end in the range. */
  synapses(first: number, count: number): number;
}

export interface SizerOptions {
  readonly packetFifoEntries: number;
  /** Where it is not the graph's own. */
  readonly format?: NumberFormat;
  /** None where absent. */
  readonly dram?: DramRows;
}

export function sliceSizer(graph: EventGraph, name: string, options: SizerOptions): SliceSizer {
  const population = graphPopulationNamed(graph, name);
  if (population.kind !== "egru") throw new Error(`${name} is not on the chip`);
  const { packetFifoEntries, format = graph.quantisation.format, dram = NO_DRAM_ROWS } = options;
  const blocks = blocksOf(graph, population, format, dram);
  const inDram = blocks.filter((block) => block.isInDram);
  const perNeuron = accumulatorsOf(population) / population.size;
  const indexBytes = (count: number) => indexBitsFor(perNeuron * count) / 8;

  /** Room for two rows: a row names each accumulator of the slice at most once. */
  const rowBufferBytes = (count: number): number => {
    let largest = 0;
    for (const { fanIn } of inDram) {
      const synapses = Math.min(fanIn.longestRow, perNeuron * count);
      const row = [synapses * indexBytes(count), synapses * WEIGHT_BYTES[format]];
      largest = Math.max(largest, worstTransfer(row, dram.burstBytes));
    }
    return 2 * largest;
  };
  const own = (kind: SectionKind, bytes: number): SectionSize => ({
    kind,
    source: "",
    delay: 0,
    part: 0,
    bytes,
  });
  const rowSections = (block: Block, first: number, count: number) => [
    sectionOf(block, "indices", stored(block, first, count) * indexBytes(count)),
    sectionOf(block, "weights", stored(block, first, count) * WEIGHT_BYTES[format]),
  ];
  const sections = (first: number, count: number): SectionSize[] => [
    own("population-table", blocks.length * POPULATION_RECORD_BYTES),
    ...blocks.flatMap((block) => [
      sectionOf(block, "row-pointers", pointersOf(block, stored(block, first, count))),
      ...(block.isInDram ? [] : rowSections(block, first, count)),
      ...(format === "float32" ? [] : [sectionOf(block, "scales", block.scaleBytes)]),
    ]),
    own("parameters", 4 * (perNeuron + 1) * count),
    ...(format === "float32" ? [] : [own("tables", 2 * 2 * (TABLE_INTERVALS + 1))]),
    own("state", 4 * count),
    own("accumulators", 4 * perNeuron * count),
    own("packet-fifo", packetFifoEntries * PACKET_BYTES),
    own("send-buffer", count * PACKET_BYTES),
    ...(inDram.length > 0 ? [own("row-buffer", rowBufferBytes(count))] : []),
  ];

  // What `sections` add up to, without making them: partitioners ask millions of times.
  const isFixed = ({ kind }: SectionSize) => kind !== "row-pointers";
  const fixedBytes = sections(0, 0)
    .filter(isFixed)
    .reduce((sum, { bytes }) => sum + alignedTo4(bytes), 0);
  const bytesPerNeuron = 4 * (perNeuron + 1) + 4 + 4 * perNeuron + PACKET_BYTES;
  const sum = (first: number, count: number, withDram: boolean): number => {
    let bytes = fixedBytes + bytesPerNeuron * count + alignedTo4(rowBufferBytes(count));
    for (const block of blocks) {
      const synapses = stored(block, first, count);
      bytes += alignedTo4(pointersOf(block, synapses));
      if (block.isInDram && !withDram) continue;
      bytes += alignedTo4(synapses * indexBytes(count)) + alignedTo4(synapses * WEIGHT_BYTES[format]);
    }
    return bytes;
  };
  return {
    population,
    sections,
    dramSections: (first, count) => inDram.flatMap((block) => rowSections(block, first, count)),
    bytes: (first, count) => sum(first, count, false),
    load: (first, count) => sum(first, count, true),
    synapses: (first, count) => blocks.reduce((all, block) => all + stored(block, first, count), 0),
  };
}

/** One projection's part of each slice. */
interface Block {
  readonly projection: GraphProjection;
  readonly rows: number;
  readonly scaleBytes: number;
  readonly fanIn: FanIn;
  readonly isInDram: boolean;
}

const blocksOf = (
  { projections, quantisation }: EventGraph,
  { name, size }: EgruGraphPopulation,
  format: NumberFormat,
  dram: DramRows,
): Block[] =>
  projections
    .filter(({ target }) => target === name)
    .map((projection) => {
      const rows = projection.synapses.rowStart.length - 1;
      const scales = quantisation.scales === "row" ? rows : 1;
      return {
        projection,
        rows,
        scaleBytes: format === "float32" ? 0 : 4 * scales,
        fanIn: fanInOf(projection.synapses, size),
        isInDram: dram.blocks.has(projection),
      };
    });

/** Synapses of a block that end in neurons first … first + count − 1. */
const stored = ({ fanIn: { prefix } }: Block, first: number, count: number): number =>
  prefix[first + count]! - prefix[first]!;

const pointersOf = ({ rows }: Block, synapses: number): number => (rows + 1) * pointerBytesFor(synapses);

const sectionOf = (
  { projection: { source, delay, part = 0 } }: Block,
  kind: SectionKind,
  bytes: number,
): SectionSize => ({ kind, source, delay, part, bytes });

export const describeSlice = ({ population, first, count }: Slice): string =>
  count === 1 ? `${population}[${first}]` : `${population}[${first}..${first + count - 1}]`;
