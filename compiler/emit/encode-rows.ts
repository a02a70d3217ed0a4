import type { FanOut } from "../../src/core/event-graph.ts";
import {
  BLOCK_COLUMNS,
  bitmapBytesOf,
  type BlockForm,
  gatesIn,
  type RowLayout,
} from "../../src/core/row-form.ts";
import { convolutionWords } from "../../src/core/shared-convolution.ts";
import { kernelOf } from "./slice-kernel.ts";
import type { SliceRows } from "./slice-rows.ts";

/** Contents of a source block's sections; a form that has no such section has none here. */
export interface EncodedRows {
  readonly pointers?: Uint16Array | Uint32Array;
  readonly indices?: Uint8Array | Uint16Array | Uint32Array;
  readonly weights: FanOut["weight"];
}

type Encode = (rows: SliceRows, layout: RowLayout, neurons: number) => EncodedRows;

/** Writes a slice's rows of one projection in the form that was chosen for them; `BlockForm` says how each looks. */
export const encodeRows: Encode = (rows, layout, neurons) => ENCODERS[layout.form](rows, layout, neurons);

const csr: Encode = ({ rowStart, index, weight }, { pointerBytes, indexBits }) => ({
  pointers: pointersOf(rowStart, pointerBytes),
  indices: indexBits === 8 ? new Uint8Array(index) : index,
  weights: weight,
});

const deltaCsr: Encode = ({ rowStart, index, weight }, { slots, pointerBytes, indexBits }) => {
  const starts = new Uint32Array(rowStart.length);
  const gaps = new Uint8Array(slots);
  const weights = emptyLike(weight, slots);
  const longest = 2 ** indexBits - 1;
  let slot = 0;
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    let before = -1;
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      let gap = index[i]! - before - 1;
      for (; gap > longest; gap -= longest + 1) gaps[slot++] = longest;
      gaps[slot] = gap;
      weights[slot++] = weight[i]!;
      before = index[i]!;
    }
    starts[row + 1] = slot;
  }
  const indices = indexBits === 4 ? packedHalves(gaps) : gaps;
  return { pointers: pointersOf(starts, pointerBytes), indices, weights };
};

/** Two values of four bits in a byte, the even one in its low half. */
function packedHalves(values: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 2));
  for (let i = 0; i < values.length; i += 1) packed[i >> 1]! |= values[i]! << (4 * (i & 1));
  return packed;
}

const bitmap: Encode = ({ rowStart, index, weight, gates }, { rows, columns, pointerBytes }, neurons) => {
  const columnOf = columnsOf(gates, neurons);
  const words = bitmapBytesOf(columns) / 4;
  const bits = new Uint32Array(rows * words);
  for (let row = 0; row < rows; row += 1) {
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const column = columnOf[index[i]!]!;
      bits[row * words + (column >>> 5)]! |= 1 << (column & 31);
    }
  }
  return { pointers: pointersOf(rowStart, pointerBytes), indices: bits, weights: weight };
};

const block: Encode = ({ rowStart, index, weight, gates }, layout, neurons) => {
  const { slots, pointerBytes, indexBits } = layout;
  const columnOf = columnsOf(gates, neurons);
  const starts = new Uint32Array(rowStart.length);
  const numbers = new (indexBits === 8 ? Uint8Array : Uint16Array)(slots / BLOCK_COLUMNS);
  const weights = emptyLike(weight, slots);
  let blocks = 0;
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    let before = -1;
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const column = columnOf[index[i]!]!;
      const number = Math.floor(column / BLOCK_COLUMNS);
      if (number !== before) numbers[blocks++] = number;
      weights[BLOCK_COLUMNS * (blocks - 1) + (column % BLOCK_COLUMNS)] = weight[i]!;
      before = number;
    }
    starts[row + 1] = blocks;
  }
  return { pointers: pointersOf(starts, pointerBytes), indices: numbers, weights };
};

const dense: Encode = ({ rowStart, index, weight, gates }, { slots, columns }, neurons) => {
  const columnOf = columnsOf(gates, neurons);
  const weights = emptyLike(weight, slots);
  for (let row = 0; row + 1 < rowStart.length; row += 1)
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1)
      weights[row * columns + columnOf[index[i]!]!] = weight[i]!;
  return { weights };
};

const macArray: Encode = ({ rowStart, index, weight, gates }, { rows, slots }, neurons) => {
  const columnOf = columnsOf(gates, neurons);
  const weights = emptyLike(weight, slots);
  for (let row = 0; row < rows; row += 1)
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1)
      weights[columnOf[index[i]!]! * rows + row] = weight[i]!;
  return { weights };
};

const macConvolution: Encode = (rows, { slots }, neurons) => {
  const slice = { first: rows.first, count: neurons };
  return { pointers: convolutionWords(rows.convolution!, slice), weights: kernelOf(rows, slots) };
};

const ENCODERS: Readonly<Record<BlockForm, Encode>> = {
  csr,
  "delta-csr": deltaCsr,
  bitmap,
  block,
  dense,
  "mac-array": macArray,
  "mac-convolution": macConvolution,
};

const pointersOf = (starts: Uint32Array, bytes: 2 | 4): Uint16Array | Uint32Array =>
  bytes === 2 ? new Uint16Array(starts) : starts;

const emptyLike = (weight: FanOut["weight"], length: number): FanOut["weight"] =>
  new (weight.constructor as new (length: number) => FanOut["weight"])(length);

/** Column of each of a slice's accumulators that the projection reaches. */
function columnsOf(gates: number, neurons: number): Uint32Array {
  const reached = gatesIn(gates);
  const columns = new Uint32Array(((reached.at(-1) ?? -1) + 1) * neurons);
  for (const [rank, gate] of reached.entries())
    for (let neuron = 0; neuron < neurons; neuron += 1)
      columns[gate * neurons + neuron] = rank * neurons + neuron;
  return columns;
}
