import { InputError } from "./errors.ts";
import { DRAM_ADDRESS, type PeProgram, type SourceBlock } from "./program.ts";
import { unrolledKernel } from "./kernel-rows.ts";
import { BLOCK_COLUMNS, bitmapBytesOf, type BlockForm, gatesIn, storesAllColumns } from "./row-form.ts";

/** Synaptic rows of one source block, decoded from the bytes of a PE's image; zeros that only fill a place are left out. */
export interface ImageRows {
  readonly rowStart: Uint32Array;
  /** Local accumulator index. */
  readonly index: Uint32Array;
  readonly weight: Float64Array;
}

/** Reads the rows of source block `block` of a verified program. @throws InputError where they cannot be read. */
export function rowsOf(pe: PeProgram, block: number): ImageRows {
  const source = pe.sources[block]!;
  const image = readerOf(pe, source);
  if (source.form === "mac-convolution") return kernelRowsOf(pe, source, image);
  const rowStart = new Uint32Array(source.rows + 1);
  const index = new Uint32Array(source.synapses);
  const weight = new Float64Array(source.synapses);
  const columns = columnsOf(source.gates, pe.neurons);
  const end = (gatesIn(source.gates).at(-1) ?? -1) * pe.neurons + pe.neurons;
  let next = 0;
  const put = (accumulator: number, value: number): void => {
    if (accumulator >= end) fail(pe, `rows of ${source.population} reach beyond its neurons`);
    index[next] = accumulator;
    weight[next++] = value;
  };
  for (let row = 0; row < source.rows; row += 1) {
    const [from, to] = image.bounds(row);
    if (from > to) fail(pe, `row pointers of ${source.population} do not span its synapses`);
    READERS[source.form]({ source, image, columns, row, from, to }, put);
    rowStart[row + 1] = next;
  }
  if (next !== source.synapses)
    fail(pe, `rows of ${source.population} hold ${next} synapses, not ${source.synapses}`);
  return { rowStart, index, weight };
}

/** A kernel at each place anew. */
function kernelRowsOf(
  pe: PeProgram,
  { convolution, population, rows, slots, synapses }: SourceBlock,
  { weight }: Reader,
): ImageRows {
  const kernel = Int8Array.from({ length: slots }, (_, slot) => weight(slot));
  const slice = { first: pe.firstNeuron, count: pe.neurons };
  const unrolled = unrolledKernel(convolution!, slice, kernel, rows, synapses);
  if (unrolled?.index.length !== synapses)
    return fail(pe, `the kernel of ${population} does not unroll to its ${synapses} synapses`);
  return { ...unrolled, weight: Float64Array.from(unrolled.weight) };
}

/** One row: its entries, as row pointers count them, and what it takes to read them. */
interface Row {
  readonly source: SourceBlock;
  readonly image: Reader;
  /** Local accumulator index of each column. */
  readonly columns: Uint32Array;
  readonly row: number;
  readonly from: number;
  readonly to: number;
}
type ReadRow = (row: Row, put: (accumulator: number, weight: number) => void) => void;

const READERS: Readonly<Record<Exclude<BlockForm, "mac-convolution">, ReadRow>> = {
  csr({ image, from, to }, put) {
    for (let i = from; i < to; i += 1) put(image.index(i), image.weight(i));
  },
  "delta-csr"({ image, from, to }, put) {
    let accumulator = -1;
    for (let i = from; i < to; i += 1) {
      accumulator += 1 + image.index(i);
      if (image.weight(i) !== 0) put(accumulator, image.weight(i));
    }
  },
  bitmap({ image, columns, row, from, to }, put) {
    let slot = from;
    for (let column = 0; column < columns.length && slot < to; column += 1)
      if (image.bit(row, column)) put(columns[column]!, image.weight(slot++));
  },
  block({ image, columns, from, to }, put) {
    for (let slot = BLOCK_COLUMNS * from; slot < BLOCK_COLUMNS * to; slot += 1) {
      const column = BLOCK_COLUMNS * image.index(Math.floor(slot / BLOCK_COLUMNS)) + (slot % BLOCK_COLUMNS);
      if (image.weight(slot) !== 0) put(columns[column] ?? Infinity, image.weight(slot));
    }
  },
  dense({ image, columns, row }, put) {
    for (const [column, accumulator] of columns.entries()) {
      const weight = image.weight(row * columns.length + column);
      if (weight !== 0) put(accumulator, weight);
    }
  },
  "mac-array"({ source, image, columns, row }, put) {
    for (const [column, accumulator] of columns.entries()) {
      const weight = image.weight(column * source.rows + row);
      if (weight !== 0) put(accumulator, weight);
    }
  },
};

/** The numbers of a source block's sections. */
interface Reader {
  readonly bounds: (row: number) => readonly [from: number, to: number];
  readonly index: (entry: number) => number;
  readonly bit: (row: number, column: number) => boolean;
  readonly weight: (slot: number) => number;
}

function readerOf(pe: PeProgram, source: SourceBlock): Reader {
  const { form, gates, pointerBytes, indexBits, slots } = source;
  const pointers = viewOf(pe, source, "row-pointers");
  const indices = viewOf(pe, source, "indices");
  const weights = viewOf(pe, source, "weights");
  const entries = form === "block" ? slots / BLOCK_COLUMNS : slots;
  const pointerAt = (row: number) =>
    Math.min(
      entries,
      pointerBytes === 2 ? pointers.getUint16(2 * row, true) : pointers.getUint32(4 * row, true),
    );
  const bitmapBytes = bitmapBytesOf(gatesIn(gates).length * pe.neurons);
  return {
    bounds: (row) => (storesAllColumns(form) ? [0, 0] : [pointerAt(row), pointerAt(row + 1)]),
    index: (entry) => {
      if (indexBits === 16) return indices.getUint16(2 * entry, true);
      return indexBits === 8
        ? indices.getUint8(entry)
        : (indices.getUint8(entry >> 1) >> (4 * (entry & 1))) & 15;
    },
    bit: (row, column) => ((indices.getUint8(row * bitmapBytes + (column >> 3)) >> (column & 7)) & 1) === 1,
    weight: {
      float32: (slot: number) => weights.getFloat32(4 * slot, true),
      int16: (slot: number) => weights.getInt16(2 * slot, true),
      int8: (slot: number) => weights.getInt8(slot),
    }[source.weightFormat],
  };
}

/** The bytes of a section, in SRAM or in DRAM; none where a form has no such section. */
function viewOf(pe: PeProgram, { population, delay, part }: SourceBlock, kind: string): DataView {
  const section = [...pe.sections, ...pe.dramSections].find(
    (candidate) =>
      candidate.kind === kind &&
      candidate.source === population &&
      candidate.delay === delay &&
      candidate.part === part,
  );
  if (section === undefined) return new DataView(new ArrayBuffer(0));
  const isInSram = section.offset < DRAM_ADDRESS;
  const { buffer, byteOffset } = isInSram ? pe.image : pe.dramImage;
  const offset = section.offset - (isInSram ? pe.imageOffset : DRAM_ADDRESS);
  return new DataView(buffer, byteOffset + offset, section.bytes);
}

const columnsOf = (gates: number, neurons: number): Uint32Array =>
  Uint32Array.from(
    gatesIn(gates).flatMap((gate) => Array.from({ length: neurons }, (_, neuron) => gate * neurons + neuron)),
  );

function fail({ pe }: PeProgram, problem: string): never {
  throw new InputError({ field: `PE ${pe}` }, problem, "Compile the model again.");
}
