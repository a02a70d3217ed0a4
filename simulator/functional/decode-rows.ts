import type { WeightArray } from "./load-image.ts";
import { BLOCK_COLUMNS, type BlockForm } from "../../src/core/row-form.ts";

/** What the sections of a source block hold, each as its form has it. */
export interface StoredRows {
  /** Of a kernel, `decodeKernel` reads. */
  readonly form: Exclude<BlockForm, "mac-convolution">;
  readonly rows: number;
  /** Accumulators of the slice. */
  readonly accumulators: number;
  /** Accumulator of each column. Shape [columns]. */
  readonly accumulatorOf: Uint32Array;
  /** As the row pointers say, in slots or, of blocks, in blocks. Shape [rows + 1]; empty where a form has none. */
  readonly pointers: Uint32Array;
  /** Indices, gaps, block numbers, or words of the bitmaps. */
  readonly indices: Uint16Array | Uint32Array;
  /** Shape [slots]. */
  readonly weight: WeightArray;
}

/** Rows in the one shape in which they are worked with. */
export interface DecodedRows {
  /** Shape [rows + 1]. */
  readonly rowStart: Uint32Array;
  /** Accumulators of weights that are not zero, ascending within a row. Shape [synapses]. */
  readonly index: IndexArray;
  /** Shape [synapses]. */
  readonly weight: WeightArray;
  /** Slots up to each row; the array of `rowStart` where no slot is empty. Shape [rows + 1]. */
  readonly slotStart: Uint32Array;
}

export type IndexArray = Uint16Array | Uint32Array;

/** Says what is wrong with a block, and throws. */
export type Refuse = (problem: string) => never;

/** Slots up to each row, and the accumulator of each slot; of an empty one it says nothing. */
interface Slots {
  readonly start: Uint32Array;
  readonly accumulator: IndexArray;
}

/** Reads rows of any form (src/core/row-form.ts). What leads outside, or is out of order, is refused. */
export function decodeRows(stored: StoredRows, refuse: Refuse): DecodedRows {
  const slots = DECODERS[stored.form](stored, refuse);
  const weight = stored.form === "mac-array" ? byRow(stored) : stored.weight;
  return dropEmptySlots(slots, weight);
}

const DECODERS: Readonly<Record<StoredRows["form"], (stored: StoredRows, refuse: Refuse) => Slots>> = {
  csr: readIndices,
  "delta-csr": readGaps,
  bitmap: readBitmaps,
  block: readBlocks,
  dense: readDense,
  "mac-array": readDense,
};

function readIndices({ pointers, indices, weight, accumulators }: StoredRows, refuse: Refuse): Slots {
  const start = verifiedPointers(pointers, weight.length, "slot", refuse);
  for (let row = 0; row + 1 < start.length; row += 1) {
    for (let i = start[row]!; i < start[row + 1]!; i += 1) {
      if (indices[i]! >= accumulators)
        refuse(`row ${row} names accumulator ${indices[i]} of ${accumulators}`);
      if (i > start[row]! && indices[i]! <= indices[i - 1]!) refuse(`row ${row} is not ascending`);
    }
  }
  return { start, accumulator: indices };
}

function readGaps(stored: StoredRows, refuse: Refuse): Slots {
  const { pointers, indices, weight, accumulators } = stored;
  const start = verifiedPointers(pointers, weight.length, "slot", refuse);
  const accumulator = emptyIndex(weight.length, accumulators);
  for (let row = 0; row + 1 < start.length; row += 1) {
    let at = -1;
    for (let i = start[row]!; i < start[row + 1]!; i += 1) {
      at += 1 + indices[i]!;
      if (at >= accumulators) refuse(`row ${row} leads to accumulator ${at} of ${accumulators}`);
      accumulator[i] = at;
    }
  }
  return { start, accumulator };
}

function readBitmaps(stored: StoredRows, refuse: Refuse): Slots {
  const { pointers, indices: words, weight, rows, accumulators, accumulatorOf } = stored;
  const columns = accumulatorOf.length;
  const wordsOfRow = Math.ceil(columns / 32);
  const start = verifiedPointers(pointers, weight.length, "slot", refuse);
  const accumulator = emptyIndex(weight.length, accumulators);
  for (let row = 0; row < rows; row += 1) {
    let slot = start[row]!;
    for (let word = 0; word < wordsOfRow; word += 1) {
      let bits = words[row * wordsOfRow + word]!;
      while (bits !== 0) {
        const column = 32 * word + 31 - Math.clz32(bits & -bits);
        if (column >= columns) refuse(`row ${row} has a bit for column ${column} of ${columns}`);
        if (slot === start[row + 1]) refuse(`row ${row} has more bits than slots`);
        accumulator[slot] = accumulatorOf[column]!;
        slot += 1;
        bits &= bits - 1;
      }
    }
    if (slot < start[row + 1]!) refuse(`row ${row} has fewer bits than slots`);
  }
  return { start, accumulator };
}

function readBlocks(stored: StoredRows, refuse: Refuse): Slots {
  const { pointers, indices: numbers, weight, accumulators, accumulatorOf } = stored;
  const columns = accumulatorOf.length;
  const blocks = verifiedPointers(pointers, weight.length / BLOCK_COLUMNS, "block", refuse);
  const accumulator = emptyIndex(weight.length, accumulators);
  for (let row = 0; row + 1 < blocks.length; row += 1) {
    for (let i = blocks[row]!; i < blocks[row + 1]!; i += 1) {
      const first = BLOCK_COLUMNS * numbers[i]!;
      if (first >= columns) refuse(`row ${row} names block ${numbers[i]}, past its ${columns} columns`);
      if (i > blocks[row]! && numbers[i]! <= numbers[i - 1]!) refuse(`row ${row} is not ascending`);
      for (let lane = 0; lane < BLOCK_COLUMNS; lane += 1) {
        const slot = BLOCK_COLUMNS * i + lane;
        if (first + lane < columns) accumulator[slot] = accumulatorOf[first + lane]!;
        else if (weight[slot] !== 0) refuse(`row ${row} holds a weight past its ${columns} columns`);
      }
    }
  }
  return { start: blocks.map((block) => BLOCK_COLUMNS * block), accumulator };
}

function readDense({ rows, weight, accumulators, accumulatorOf }: StoredRows): Slots {
  const columns = accumulatorOf.length;
  const accumulator = emptyIndex(weight.length, accumulators);
  for (let row = 0; row < rows; row += 1) accumulator.set(accumulatorOf, row * columns);
  return { start: Uint32Array.from({ length: rows + 1 }, (_, row) => row * columns), accumulator };
}

/** Weights that stand column by column, row by row. */
function byRow({ rows, weight, accumulatorOf }: StoredRows): WeightArray {
  const columns = accumulatorOf.length;
  const turned = weight.slice();
  for (let column = 0; column < columns; column += 1)
    for (let row = 0; row < rows; row += 1) turned[row * columns + column] = weight[column * rows + row]!;
  return turned;
}

/** The pointers as they are, if they ascend from 0 to the end. */
function verifiedPointers(
  pointers: Uint32Array,
  end: number,
  what: "slot" | "block",
  refuse: Refuse,
): Uint32Array {
  if (pointers[0] !== 0) refuse(`row 0 starts at ${what} ${pointers[0]}, not at 0`);
  for (let row = 1; row < pointers.length; row += 1) {
    if (pointers[row]! < pointers[row - 1]!) refuse(`row ${row - 1} ends before it starts`);
  }
  const last = pointers.at(-1)!;
  if (last !== end) refuse(`rows end at ${what} ${last}, but the program says ${end}`);
  return pointers;
}

/** Accumulators of a slice have 16 bits, but for chips with more memory than any that is known. */
const emptyIndex = (length: number, accumulators: number): IndexArray =>
  accumulators <= 2 ** 16 ? new Uint16Array(length) : new Uint32Array(length);

function dropEmptySlots({ start, accumulator }: Slots, weight: WeightArray): DecodedRows {
  let synapses = 0;
  for (let slot = 0; slot < weight.length; slot += 1) if (weight[slot] !== 0) synapses += 1;
  if (synapses === weight.length) return { rowStart: start, index: accumulator, weight, slotStart: start };

  const rowStart = new Uint32Array(start.length);
  const index = accumulator.slice(0, synapses);
  const kept = weight.slice(0, synapses);
  let next = 0;
  for (let row = 0; row + 1 < start.length; row += 1) {
    for (let slot = start[row]!; slot < start[row + 1]!; slot += 1) {
      if (weight[slot] === 0) continue;
      index[next] = accumulator[slot]!;
      kept[next] = weight[slot]!;
      next += 1;
    }
    rowStart[row + 1] = next;
  }
  return { rowStart, index, weight: kept, slotStart: start };
}
