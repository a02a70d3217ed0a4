import {
  type ChipGraphPopulation,
  type EventGraph,
  type GraphProjection,
  graphPopulationNamed,
} from "../../src/core/event-graph.ts";
import type { MemorySection, SectionKind, Slice } from "../../src/core/mapping.ts";
import { formatOf, type NumberFormat, TABLE_INTERVALS, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { type ChipPopulationKind, NEURON_TRAITS, parameterWords } from "../../src/core/population-kind.ts";
import type { Capabilities, PeProfile } from "../../src/core/profile.ts";
import { PACKET_BYTES, POPULATION_RECORD_BYTES } from "../../src/core/program.ts";
import {
  gatesIn,
  isProductForm,
  macBufferBytes,
  macTilesBytes,
  type RowLayout,
  rowBytesOf,
  storesAllColumns,
} from "../../src/core/row-form.ts";
import {
  groupsOfBlock,
  neuronsOfBlock,
  neuronsOfMapRow,
  operandsOf,
  tapsOf,
} from "../../src/core/shared-convolution.ts";
import {
  layoutOf,
  mostRowBytes,
  mostStored,
  type ProductShape,
  type RowShape,
  type RowVariant,
  variantsOf,
} from "../storage/row-variants.ts";
import { type DramRows, NO_DRAM_ROWS, worstTransfer } from "./dram-transfers.ts";
import { type FanIn, fanInOf } from "./fan-in.ts";

/** A section's size before it has a place. */
export type SectionSize = Omit<MemorySection, "offset">;

export const alignedTo4 = (bytes: number): number => 4 * Math.ceil(bytes / 4);

export { indexBitsFor } from "../storage/row-variants.ts";
/** Two-byte indices reach no further. */
export const MAX_ACCUMULATORS_PER_SLICE = 2 ** 16;

/**
 * How many bytes of memory a slice needs, for any range of neurons of one population. Built once a population; a query
 * costs a few additions, so that partitioners may ask often.
 *
 * Which form the rows of a block will have is chosen when slices are known. Until then a block in SRAM counts with the
 * form that takes least wherever its synapses lie, a block in DRAM with the first form that has a kernel: csr. So what
 * fits here can be stored, and where there is csr alone the bytes are exact.
 */
export interface SliceSizer {
  readonly population: ChipGraphPopulation;
  /** Projections that end in the population, in the graph's order. */
  readonly blocks: readonly RowBlock[];
  /** As reckoned here, one layout a block. */
  promisedRows(first: number, count: number): RowLayout[];
  /** Sections of SRAM in the order in which they are laid out; the row buffer as large as such a slice could need it. */
  sections(first: number, count: number, rows?: readonly RowLayout[]): SectionSize[];
  /** Sections of DRAM in the order in which they are laid out. */
  dramSections(first: number, count: number, rows?: readonly RowLayout[]): SectionSize[];
  /** Bytes of SRAM: sum of the sections, each rounded up to 4 bytes. Never falls when the range grows. */
  bytes(first: number, count: number): number;
  /** Bytes of SRAM beside pointers, indices and weights of rows and the row buffer. */
  bytesBesideRows(first: number, count: number): number;
  /** Neurons and synapses that a PE holds at most, whatever its memory. */
  readonly mostNeurons: number;
  readonly mostSynapses: number;
  /** Synapses that end in the range. */
  synapses(first: number, count: number): number;
  /** Slices hold whole multiples of so many neurons, and none leaves a block of so many. */
  readonly grain: { readonly neurons: number; readonly block: number };
}

export interface SizerOptions {
  readonly packetFifoEntries: number;
  /** Which forms of rows have kernels; csr alone where absent. */
  readonly rowForms?: PeProfile["rowForms"];
  /** Of all weights, where it is not the graph's own. */
  readonly format?: NumberFormat;
  /** None where absent. */
  readonly dram?: DramRows;
  /** As many as memory holds where absent. */
  readonly capabilities?: Pick<Capabilities, "neuronsPerPe" | "synapsesPerPe">;
}

/** One projection's part of each slice. */
export interface RowBlock {
  readonly projection: GraphProjection;
  readonly fanIn: FanIn;
  readonly isInDram: boolean;
  /** Ways to store it that have a kernel. */
  readonly variants: readonly RowVariant[];
  /** On a slice of so many neurons. */
  shape(count: number): RowShape;
  /** Sources of which a product makes operands there. */
  operands(first: number, count: number): number;
  readonly scaleBytes: number;
}

export function sliceSizer(graph: EventGraph, name: string, options: SizerOptions): SliceSizer {
  const population = graphPopulationNamed(graph, name);
  if (population.kind === "input") throw new Error(`${name} is not on the chip`);
  const { packetFifoEntries, format = graph.quantisation.format, dram = NO_DRAM_ROWS } = options;
  const { neuronsPerPe = Infinity, synapsesPerPe = Infinity } = options.capabilities ?? {};
  const blocks = blocksOf(graph, population, options);
  const inDram = blocks.filter((block) => block.isInDram && !block.projection.onMacArray);
  const streamed = blocks.filter((block) => block.isInDram && block.projection.onMacArray);
  const tilesBytes = Math.max(
    0,
    ...streamed.map(({ shape }) => macTilesBytes(shape(0).product!.inputs, dram.burstBytes)),
  );
  const traits = NEURON_TRAITS[population.kind];
  const accumulators = traits.accumulators.length;
  const parameters = parameterWords(traits);
  const state = traits.state.length;

  const rowBufferBytes = (count: number): number => {
    let largest = 0;
    for (const block of inDram)
      largest = Math.max(largest, longestTransfer(block, block.variants[0]!, count, dram));
    return 2 * largest;
  };
  const promisedRows = (first: number, count: number) =>
    blocks.map((block) => promisedRow(block, first, count));
  const own = (kind: SectionKind, bytes: number): SectionSize => ({
    kind,
    source: "",
    delay: 0,
    part: 0,
    bytes,
  });
  const isHeld = (block: RowBlock, first: number, count: number) =>
    block.projection.sources === undefined || stored(block, first, count) > 0;
  const heldBy = (first: number, count: number) =>
    [...blocks.entries()].filter(([, block]) => isHeld(block, first, count));
  const sections = (first: number, count: number, rows = promisedRows(first, count)): SectionSize[] => [
    own("population-table", heldBy(first, count).length * POPULATION_RECORD_BYTES),
    ...heldBy(first, count).flatMap(([index, block]) => [
      ...pointerSections(block, rows[index]!),
      ...(block.isInDram ? [] : rowSections(block, rows[index]!)),
      ...(format === "float32" ? [] : [sectionOf(block, "scales", block.scaleBytes)]),
      ...(block.projection.onMacArray
        ? [sectionOf(block, "mac-buffer", productBytes(block, first, count))]
        : []),
    ]),
    own("parameters", 4 * parameters * count),
    ...(format === "float32" || traits.lookups === 0 ? [] : [own("tables", 2 * 2 * (TABLE_INTERVALS + 1))]),
    ...(state > 0 ? [own("state", 4 * state * count)] : []),
    own("accumulators", 4 * accumulators * count),
    own("packet-fifo", packetFifoEntries * PACKET_BYTES),
    own("send-buffer", count * PACKET_BYTES),
    ...(inDram.length > 0 ? [own("row-buffer", rowBufferBytes(count))] : []),
    ...(tilesBytes > 0 ? [own("mac-tiles", tilesBytes)] : []),
  ];

  // What `sections` add up to, without making them: partitioners ask millions of times.
  const isFixed = ({ kind }: SectionSize) =>
    kind !== "row-pointers" && kind !== "indices" && kind !== "weights" && kind !== "mac-buffer";
  const fixedBytes = sections(0, 0)
    .filter(isFixed)
    .reduce((sum, { bytes }) => sum + alignedTo4(bytes), 0);
  const bytesPerNeuron = 4 * (parameters + state + accumulators) + PACKET_BYTES;
  const emptyBuffer = alignedTo4(rowBufferBytes(0));
  /** Without what blocks of a range of sources take, which only some slices hold. */
  const ownBytes = (count: number) => fixedBytes - emptyBuffer + bytesPerNeuron * count;
  const bytes = (first: number, count: number): number => {
    let sum = ownBytes(count) + alignedTo4(rowBufferBytes(count));
    for (const block of blocks) {
      if (!isHeld(block, first, count)) continue;
      const layout = promisedRow(block, first, count);
      if (block.projection.sources)
        sum += POPULATION_RECORD_BYTES + (format === "float32" ? 0 : block.scaleBytes);
      sum += block.isInDram ? alignedTo4(rowBytesOf(layout).pointers) : alignedRowBytes(layout);
      sum += productBytes(block, first, count);
    }
    return sum;
  };
  return {
    population,
    mostNeurons: neuronsPerPe,
    mostSynapses: synapsesPerPe,
    grain: grainOf(blocks),
    blocks,
    promisedRows,
    sections,
    dramSections: (first, count, rows = promisedRows(first, count)) =>
      heldBy(first, count).flatMap(([index, block]) =>
        block.isInDram ? rowSections(block, rows[index]!) : [],
      ),
    bytes,
    bytesBesideRows(first, count) {
      let sum = ownBytes(count);
      for (const block of blocks) {
        if (!isHeld(block, first, count)) continue;
        sum += productBytes(block, first, count);
        if (block.projection.sources)
          sum += POPULATION_RECORD_BYTES + (format === "float32" ? 0 : block.scaleBytes);
      }
      return sum;
    },
    synapses: (first, count) => blocks.reduce((all, block) => all + stored(block, first, count), 0),
  };
}

/** Of SRAM the least that some form surely takes, of DRAM the first form. */
function promisedRow(block: RowBlock, first: number, count: number): RowLayout {
  const { variants, isInDram } = block;
  const shape = block.shape(count);
  const synapses = stored(block, first, count);
  let least = layoutOf(variants[0]!, shape, mostStored(variants[0]!, shape, synapses));
  if (isInDram) return least;
  for (let i = 1; i < variants.length; i += 1) {
    const layout = layoutOf(variants[i]!, shape, mostStored(variants[i]!, shape, synapses));
    if (alignedRowBytes(layout) < alignedRowBytes(least)) least = layout;
  }
  return least;
}

/** What a block that is a product takes beside its weights; 0 of rows. */
function productBytes(
  { projection: { onMacArray, delay }, shape, operands }: RowBlock,
  first: number,
  count: number,
): number {
  return onMacArray ? macBufferBytes(operands(first, count), shape(count).columns, delay) : 0;
}

/** Whole rows of a block of the maps that a kernel writes; all that write to a population agree on them. */
function grainOf(blocks: readonly RowBlock[]): SliceSizer["grain"] {
  const output = blocks.find(({ projection }) => projection.convolution)?.projection.convolution?.output;
  return output
    ? { neurons: neuronsOfMapRow(output), block: neuronsOfBlock(output) }
    : { neurons: 1, block: Infinity };
}

/** Pointers, indices and weights, each section rounded up to 4 bytes. */
export function alignedRowBytes(layout: RowLayout): number {
  const { pointers, indices, weights } = rowBytesOf(layout);
  return alignedTo4(pointers) + alignedTo4(indices) + alignedTo4(weights);
}

/** The most that one row of a block in DRAM can move: a row names each accumulator of the slice at most once. */
export function longestTransfer(
  { fanIn, shape }: RowBlock,
  variant: RowVariant,
  count: number,
  { burstBytes }: DramRows,
): number {
  const own = shape(count);
  return worstTransfer(mostRowBytes(variant, own, Math.min(fanIn.longestRow, own.accumulators)), burstBytes);
}

function blocksOf(
  { projections, quantisation }: EventGraph,
  { name, size, kind, accumulatorStart }: ChipGraphPopulation,
  { format, rowForms = {}, dram = NO_DRAM_ROWS }: SizerOptions,
): RowBlock[] {
  const perNeuron = accumulatorStart.length / size;
  const inbound = projections.filter(({ target }) => target === name);
  return inbound.map((projection): RowBlock => {
    const { rowStart, weight, scale } = projection.synapses;
    const rows = rowStart.length - 1;
    const fanIn = fanInOf(projection.synapses, size);
    const gates = gatesIn(fanIn.gates).length;
    const weightFormat = format ?? formatOf(weight);
    const weightBytes = WEIGHT_BYTES[weightFormat];
    const scales = scale?.multiplier.length ?? (quantisation.scales === "row" ? rows : 1);
    const { convolution, onMacArray } = projection;
    const products: readonly RowVariant[] = [convolution ? "mac-convolution" : "mac-array"];
    return {
      projection,
      fanIn,
      isInDram: dram.blocks.has(projection),
      variants: onMacArray ? products : waysFor(kind, variantsOf(rowForms[weightFormat])),
      shape: (count) => ({
        rows,
        accumulators: perNeuron * count,
        columns: gates * count,
        weightBytes,
        ...(onMacArray && { product: productShape(projection, gates * count) }),
      }),
      operands: (first, count) => (convolution ? operandsOf(convolution, { first, count }).count : rows),
      scaleBytes: weightFormat === "float32" ? 0 : 4 * scales,
    };
  });
}

/** Rows of max pooling are short, and what the other forms gain is counted of sums: csr, where there is a choice. */
const waysFor = (kind: ChipPopulationKind, variants: readonly RowVariant[]): readonly RowVariant[] =>
  kind === "max-pool" && variants.includes("csr") ? ["csr"] : variants;

/** A matrix of so many columns; or a kernel with as many vectors as there are places, once for each of a slice's groups. */
export function productShape(
  { convolution, synapses }: Pick<GraphProjection, "convolution" | "synapses">,
  columns: number,
): ProductShape {
  if (!convolution) return { vectors: 1, inputs: synapses.rowStart.length - 1, outputs: columns, times: 1 };
  const { together } = convolution.output;
  const times = groupsOfBlock(convolution);
  return {
    vectors: Math.ceil(columns / together),
    inputs: tapsOf(convolution),
    outputs: together / times,
    times,
  };
}

/** Synapses of a block that end in neurons first … first + count − 1. */
const stored = ({ fanIn: { prefix } }: RowBlock, first: number, count: number): number =>
  prefix[first + count]! - prefix[first]!;

const pointerSections = (block: RowBlock, layout: RowLayout): SectionSize[] =>
  storesAllColumns(layout.form) ? [] : [sectionOf(block, "row-pointers", rowBytesOf(layout).pointers)];

const rowSections = (block: RowBlock, layout: RowLayout): SectionSize[] => {
  const { indices, weights } = rowBytesOf(layout);
  return [
    ...(storesAllColumns(layout.form) || isProductForm(layout.form)
      ? []
      : [sectionOf(block, "indices", indices)]),
    sectionOf(block, "weights", weights),
  ];
};

const sectionOf = (
  { projection: { source, delay, part = 0 } }: RowBlock,
  kind: SectionKind,
  bytes: number,
): SectionSize => ({ kind, source, delay, part, bytes });

export const describeSlice = ({ population, first, count }: Slice): string =>
  count === 1 ? `${population}[${first}]` : `${population}[${first}..${first + count - 1}]`;
