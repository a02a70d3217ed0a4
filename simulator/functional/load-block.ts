import type { KeyRange } from "../../src/core/mapping.ts";
import {
  MAX_MULTIPLIER_SHIFT,
  MULTIPLIER_LIMIT,
  type NumberFormat,
  WEIGHT_BYTES,
  WEIGHT_LIMIT,
} from "../../src/core/number-format.ts";
import { DRAM_ADDRESS, type PeProgram, type SourceBlock } from "../../src/core/program.ts";
import {
  BLOCK_FORMS,
  type BlockForm,
  gatesIn,
  isProductForm,
  macBufferBytes,
  type IndexBits,
  rowBytesOf,
  type RowLayout,
} from "../../src/core/row-form.ts";
import type { Product } from "../../src/core/mac-product.ts";
import {
  CONVOLUTION_WORDS,
  groupsOfBlock,
  type NeuronRange,
  operandsOf,
  type SharedConvolution,
  tapsOf,
} from "../../src/core/shared-convolution.ts";
import { decodeKernel } from "./decode-kernel.ts";
import { type DecodedRows, decodeRows, type Refuse } from "./decode-rows.ts";
import type { ImageReader } from "./image-reader.ts";

/** Fan-out rows of one source population onto one PE: weights that are not zero, and what storing them takes. */
export interface LoadedBlock extends DecodedRows {
  readonly source: string;
  readonly delay: 0 | 1;
  readonly part: number;
  readonly keys: KeyRange;
  readonly rows: number;
  readonly form: BlockForm;
  readonly weightFormat: NumberFormat;
  /** Accumulators that the rows can reach. */
  readonly columns: number;
  /** One for the block or one a row; integer formats only. */
  readonly multiplier?: Uint32Array;
  readonly shift: number;
  readonly pointerBytes: number;
  readonly indexBits: IndexBits;
  /** Where indices and weights begin in DRAM; absent where they lie in SRAM, and of products. */
  readonly dram?: { readonly indices: number; readonly weights: number };
  /** Where a product's weights begin in DRAM; absent where they lie in SRAM. */
  readonly streamedFrom?: number;
  /** Bits of the accumulators that the rows can reach. */
  readonly gates: number;
  /** What the MAC array multiplies in a timestep, so many times: once, or of a kernel for each group. */
  readonly product?: Product & { readonly times: number };
  /** Where the block is a kernel. Values of shape [channels of the slice, taps]. */
  readonly kernel?: { readonly convolution: SharedConvolution; readonly values: Int8Array };
}

interface PopulationRecord {
  readonly keys: KeyRange;
  readonly rows: number;
  readonly offsets: Readonly<Record<"row-pointers" | "indices" | "weights" | "scales", number>>;
  readonly pointerBytes: number;
  readonly indexBits: number;
  readonly scaleShift: number;
  readonly delay: number;
  /** Position in BLOCK_FORMS. */
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

/**
 * Reads one source block.
 * @param words        Its record of the population table.
 * @param accumulators Of a neuron.
 */
export function loadBlock(
  reader: ImageReader,
  { firstNeuron, neurons }: PeProgram,
  source: SourceBlock,
  index: number,
  words: Uint32Array,
  accumulators: number,
): LoadedBlock {
  const record = decodeRecord(words);
  const refuse: Refuse = (problem) => reader.refuse(`source block ${index} (${source.population})${problem}`);
  const accumulatorOf = columnsOf(source.gates, neurons);
  verifyRecord(record, source, accumulatorOf.length, refuse);
  const slice = { first: firstNeuron, count: neurons };
  const rows = readRows(reader, record, source, slice, accumulatorOf, accumulators * neurons, (problem) =>
    refuse(`: ${problem}`),
  );
  verifySynapses(rows, source, neurons, accumulators, refuse);
  const { indices, weights } = record.offsets;
  return {
    ...rows,
    source: source.population,
    delay: source.delay,
    part: source.part,
    keys: record.keys,
    rows: record.rows,
    form: source.form,
    weightFormat: source.weightFormat,
    columns: accumulatorOf.length,
    ...readMultipliers(reader, record, source, refuse),
    shift: record.scaleShift,
    pointerBytes: record.pointerBytes,
    indexBits: source.indexBits,
    gates: source.gates,
    ...productOf(reader, record, source, accumulatorOf.length),
    ...(source.inDram &&
      (isProductForm(source.form) ? { streamedFrom: weights } : { dram: { indices, weights } })),
  };
}

/** The matrix or kernel that the block is, if it is one. */
function productOf(
  reader: ImageReader,
  { offsets }: PopulationRecord,
  { form, rows, slots, weightFormat, convolution }: SourceBlock,
  columns: number,
): Pick<LoadedBlock, "product" | "kernel"> {
  if (form === "mac-array") return { product: { vectors: 1, inputs: rows, outputs: columns, times: 1 } };
  if (convolution === undefined) return {};
  const { together } = convolution.output;
  const times = groupsOfBlock(convolution);
  return {
    product: { vectors: columns / together, inputs: tapsOf(convolution), outputs: together / times, times },
    kernel: { convolution, values: reader.weights(weightFormat, offsets.weights, slots) as Int8Array },
  };
}

/** Local accumulator of each column. */
const columnsOf = (gates: number, neurons: number): Uint32Array =>
  Uint32Array.from(
    gatesIn(gates).flatMap((gate) => Array.from({ length: neurons }, (_, neuron) => gate * neurons + neuron)),
  );

const layoutOf = (source: SourceBlock, columns: number): RowLayout => ({
  ...source,
  columns,
  weightBytes: WEIGHT_BYTES[source.weightFormat],
});

function readRows(
  reader: ImageReader,
  { offsets, pointerBytes }: PopulationRecord,
  source: SourceBlock,
  slice: NeuronRange,
  accumulatorOf: Uint32Array,
  accumulators: number,
  refuse: Refuse,
): DecodedRows {
  const { form, rows, slots, indexBits, weightFormat } = source;
  const bytes = rowBytesOf(layoutOf(source, accumulatorOf.length));
  const owner = { ...source, source: source.population };
  const sections = [
    ["row-pointers", bytes.pointers],
    ["indices", bytes.indices],
    ["weights", bytes.weights],
  ] as const;
  for (const [kind, length] of sections) {
    if (length > 0) reader.section(kind, owner, length, offsets[kind]);
  }
  if (isProductForm(form)) {
    const operands = source.convolution ? operandsOf(source.convolution, slice).count : rows;
    reader.section("mac-buffer", owner, macBufferBytes(operands, accumulatorOf.length, source.delay));
  }
  if (form === "mac-convolution") {
    const words = reader.words(offsets["row-pointers"], CONVOLUTION_WORDS);
    const kernel = reader.weights(weightFormat, offsets.weights, slots) as Int8Array;
    return decodeKernel(source, slice, words, kernel, accumulatorOf, refuse);
  }
  return decodeRows(
    {
      form,
      rows,
      accumulators,
      accumulatorOf,
      pointers: new Uint32Array(
        reader.integers(pointerBytes, offsets["row-pointers"], bytes.pointers / pointerBytes),
      ),
      indices: reader.indices(form === "bitmap" ? 32 : indexBits, offsets.indices, bytes.indices),
      weight: reader.weights(weightFormat, offsets.weights, slots),
    },
    refuse,
  );
}

function readMultipliers(
  reader: ImageReader,
  { rows, offsets, scaleShift }: PopulationRecord,
  source: SourceBlock,
  refuse: Refuse,
): { readonly multiplier?: Uint32Array } {
  if (source.weightFormat === "float32") return {};
  const scales = source.scalePerRow ? rows : 1;
  reader.section("scales", { ...source, source: source.population }, 4 * scales, offsets.scales);
  const multiplier = reader.words(offsets.scales, scales);
  const tooLarge = multiplier.find((value) => value >= MULTIPLIER_LIMIT);
  if (tooLarge !== undefined) refuse(` holds the row multiplier ${tooLarge}, of over 24 bits`);
  if (scaleShift > MAX_MULTIPLIER_SHIFT) refuse(` shifts by ${scaleShift} bits`);
  return { multiplier };
}

/** The image's record and the readable copy beside it must agree in every field. */
function verifyRecord(record: PopulationRecord, source: SourceBlock, columns: number, refuse: Refuse): void {
  const pairs: readonly [string, number, number][] = [
    ["key", record.keys.base, source.keys.base],
    ["mask", record.keys.mask, source.keys.mask],
    ["number of rows", record.rows, source.rows],
    ["pointer size", record.pointerBytes, source.pointerBytes],
    ["index size", record.indexBits, source.indexBits],
    ["scale shift", record.scaleShift, source.scaleShift],
    ["delay", record.delay, source.delay],
    ["form", record.form, BLOCK_FORMS.indexOf(source.form)],
    ["weight size", record.weightBytes, WEIGHT_BYTES[source.weightFormat]],
    ["gates", record.gates, source.gates],
  ];
  for (const [what, image, copy] of pairs) {
    if (image !== copy) refuse(`: the image's ${what} is ${image}, but the program says ${copy}`);
  }
  const bytes = rowBytesOf(layoutOf(source, columns));
  for (const kind of ["indices", "weights"] as const) {
    if (bytes[kind] === 0 || record.offsets[kind] >= DRAM_ADDRESS === source.inDram) continue;
    const [there, said] = source.inDram ? ["SRAM", "DRAM"] : ["DRAM", "SRAM"];
    refuse(`: the image looks for ${kind} in ${there}, but the program says ${said}`);
  }
}

function verifySynapses(
  { index, weight, rowStart }: DecodedRows,
  { weightFormat, synapses, gates }: SourceBlock,
  neurons: number,
  accumulators: number,
  refuse: Refuse,
): void {
  if (index.length !== synapses)
    refuse(` holds ${index.length} weights that are not zero, but the program says ${synapses}`);
  const isReached = Uint8Array.from(
    { length: accumulators * neurons },
    (_, accumulator) => (gates >>> Math.floor(accumulator / neurons)) & 1,
  );
  const outside = index.findIndex((accumulator) => isReached[accumulator] === 0);
  if (outside >= 0) {
    const row = rowStart.findLastIndex((start) => start <= outside);
    refuse(`: row ${row} names accumulator ${index[outside]}, which its gates leave out`);
  }
  if (weightFormat === "float32") return;
  const limit = WEIGHT_LIMIT[weightFormat];
  if (weight.some((value) => value < -limit)) refuse(` holds a weight below -${limit}`);
}
