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

/** A section's size before it has a place. */
export type SectionSize = Omit<MemorySection, "offset">;

export const alignedTo4 = (bytes: number): number => 4 * Math.ceil(bytes / 4);

/** Row pointers count synapses from the block's first, so 16 bits serve while a block holds fewer than 2^16. */
export const pointerBytesFor = (synapses: number): 2 | 4 => (synapses < 2 ** 16 ? 2 : 4);
/** An index names one of the slice's accumulators. */
export const indexBytesFor = (accumulators: number): 1 | 2 => (accumulators <= 2 ** 8 ? 1 : 2);
/** Two-byte indices reach no further. */
export const MAX_ACCUMULATORS_PER_SLICE = 2 ** 16;

/**
 * How many bytes of PE SRAM a slice truly needs, byte by byte, for any range of neurons of one population.
 * Built once a population; a query costs a few additions, so that partitioners may ask often.
 */
export interface SliceSizer {
  readonly population: EgruGraphPopulation;
  /** Sections in the order in which they are laid out. */
  sections(first: number, count: number): SectionSize[];
  /** Sum of the sections, each rounded up to 4 bytes. Never falls when the range grows. */
  bytes(first: number, count: number): number;
  /** Synapses that end in the range. */
  synapses(first: number, count: number): number;
}

export function sliceSizer(
  graph: EventGraph,
  name: string,
  packetFifoEntries: number,
  format: NumberFormat = graph.quantisation.format,
): SliceSizer {
  const population = graphPopulationNamed(graph, name);
  if (population.kind !== "egru") throw new Error(`${name} is not on the chip`);
  const inbound = graph.projections.filter(({ target }) => target === name);
  const fanIn = inbound.map((projection) => fanInPrefix(projection, population.size));
  const perNeuron = accumulatorsOf(population) / population.size;
  const isInteger = format !== "float32";
  const scaleWords = (rows: number) => (graph.quantisation.scales === "row" ? rows : 1);

  const sections = (first: number, count: number): SectionSize[] => {
    const own = (kind: SectionKind, bytes: number): SectionSize => ({ kind, source: "", delay: 0, bytes });
    const blocks = inbound.flatMap(({ source, delay, synapses }, block) => {
      const rows = synapses.rowStart.length - 1;
      const stored = fanIn[block]![first + count]! - fanIn[block]![first]!;
      const part = (kind: SectionKind, bytes: number): SectionSize => ({ kind, source, delay, bytes });
      return [
        part("row-pointers", (rows + 1) * pointerBytesFor(stored)),
        part("indices", stored * indexBytesFor(perNeuron * count)),
        part("weights", stored * WEIGHT_BYTES[format]),
        ...(isInteger ? [part("scales", 4 * scaleWords(rows))] : []),
      ];
    });
    return [
      own("population-table", inbound.length * POPULATION_RECORD_BYTES),
      ...blocks,
      own("parameters", 4 * (perNeuron + 1) * count),
      ...(isInteger ? [own("tables", 2 * 2 * (TABLE_INTERVALS + 1))] : []),
      own("state", 4 * count),
      own("accumulators", 4 * perNeuron * count),
      own("packet-fifo", packetFifoEntries * PACKET_BYTES),
      own("send-buffer", count * PACKET_BYTES),
    ];
  };
  return {
    population,
    sections,
    bytes: (first, count) => sections(first, count).reduce((sum, { bytes }) => sum + alignedTo4(bytes), 0),
    synapses: (first, count) =>
      fanIn.reduce((sum, prefix) => sum + prefix[first + count]! - prefix[first]!, 0),
  };
}

/** Synapses that end in neurons below n, for n = 0 … size. */
function fanInPrefix({ synapses }: GraphProjection, size: number): Float64Array {
  const prefix = new Float64Array(size + 1);
  for (const accumulator of synapses.target) prefix[(accumulator % size) + 1]! += 1;
  for (let i = 0; i < size; i += 1) prefix[i + 1]! += prefix[i]!;
  return prefix;
}

export const describeSlice = ({ population, first, count }: Slice): string =>
  count === 1 ? `${population}[${first}]` : `${population}[${first}..${first + count - 1}]`;
