import type { SourceBlock } from "../../src/core/program.ts";
import type { BlockForm } from "../../src/core/row-form.ts";
import { fault } from "./fault.ts";
import { valuesOf } from "./image-sections.ts";

/** Words of a stored synapse: source row, accumulator of the PE, the weight's bits. */
export const SYNAPSE_WORDS = 3;

/** The contents of one source block. */
export interface BlockContents {
  readonly source: SourceBlock;
  readonly first: number;
  readonly neurons: number;
  /** Shape [rows + 1]; all 0 where the form has none. Of a kernel the words beside it. */
  readonly pointers: Uint32Array;
  readonly indices: Uint8Array;
  /** Weights as signed numbers: the integers, or the bits of float32. */
  readonly weights: Int32Array | Int16Array | Int8Array;
  /** "of egru0 on PE 3". */
  readonly where: () => string;
}

/** Takes the synapses of a block, row by row, accumulators ascending. */
type Put = (row: number, index: number, weight: number) => void;

/** Reads a block in its own form and finds fault with whatever `BlockForm` does not allow there. */
export function decodeRows(contents: BlockContents, stored: Int32Array, at: number): void {
  const { source, where } = contents;
  let next = SYNAPSE_WORDS * at;
  const end = next + SYNAPSE_WORDS * source.synapses;
  DECODERS[source.form](contents, (row, index, weight) => {
    if (next === end) fault(`the block ${where()} holds more than its ${source.synapses} synapses`);
    if (weight === 0) fault(`a synapse ${where()} has weight 0 in row ${row}`);
    stored[next] = row;
    stored[next + 1] = index;
    stored[next + 2] = weight;
    next += SYNAPSE_WORDS;
  });
  if (next !== end) fault(`the block ${where()} holds fewer than its ${source.synapses} synapses`);
}

type Decode = (contents: BlockContents, put: Put) => void;

const csr: Decode = ({ source, neurons, pointers, indices: bytes, weights, where }, put) => {
  const indices = unsignedOf(bytes, source.indexBits);
  const accumulators = 4 * neurons;
  for (let row = 0; row < source.rows; row += 1) {
    let before = -1;
    for (let i = pointers[row]!; i < pointers[row + 1]!; i += 1) {
      const index = indices[i]!;
      if (index >= accumulators) fault(`an index ${where()} lies outside the slice in row ${row}`);
      if (index <= before) fault(`indices ${where()} do not ascend in row ${row}`);
      before = index;
      put(row, index, weights[i]!);
    }
  }
};

/** A slot of weight 0 only bridges, as far as it can, and never ends a row. */
const deltaCsr: Decode = ({ source, neurons, pointers, indices, weights, where }, put) => {
  const { rows, slots, indexBits } = source;
  const accumulators = 4 * neurons;
  const longest = 2 ** indexBits - 1;
  const gapAt =
    indexBits === 4 ? (i: number) => (indices[i >> 1]! >> (4 * (i & 1))) & 15 : (i: number) => indices[i]!;
  if (indexBits === 4 && slots % 2 === 1 && gapAt(slots) !== 0)
    fault(`the half byte after the gaps ${where()} is not 0`);
  for (let row = 0; row < rows; row += 1) {
    let index = -1;
    let isBridge = false;
    for (let i = pointers[row]!; i < pointers[row + 1]!; i += 1) {
      index += 1 + gapAt(i);
      isBridge = weights[i] === 0;
      if (index >= accumulators) fault(`gaps ${where()} lead outside the slice in row ${row}`);
      if (!isBridge) put(row, index, weights[i]!);
      else if (gapAt(i) !== longest) fault(`a gap ${where()} is bridged in too short a step in row ${row}`);
    }
    if (isBridge) fault(`row ${row} ${where()} ends in a bridge`);
  }
};

const bitmap: Decode = ({ source, neurons, pointers, indices: bytes, weights, where }, put) => {
  const indexOf = indexOfColumns(source.gates, neurons);
  const words = Math.ceil(indexOf.length / 32);
  const bits = valuesOf(Uint32Array, 4, bytes);
  for (let row = 0; row < source.rows; row += 1) {
    let slot = pointers[row]!;
    const end = pointers[row + 1]!;
    for (let word = 0; word < words; word += 1) {
      for (let left = bits[row * words + word]!; left !== 0; left = (left & (left - 1)) >>> 0) {
        const column = 32 * word + 31 - Math.clz32(left & -left);
        if (column >= indexOf.length)
          fault(`the bitmap ${where()} has a bit beyond its columns in row ${row}`);
        if (slot === end) fault(`the bitmap ${where()} has more bits than weights in row ${row}`);
        put(row, indexOf[column]!, weights[slot]!);
        slot += 1;
      }
    }
    if (slot !== end) fault(`the bitmap ${where()} has fewer bits than weights in row ${row}`);
  }
};

const BLOCK = 4;

const block: Decode = ({ source, neurons, pointers, indices: bytes, weights, where }, put) => {
  const indexOf = indexOfColumns(source.gates, neurons);
  const numbers = unsignedOf(bytes, source.indexBits);
  for (let row = 0; row < source.rows; row += 1) {
    let before = -1;
    for (let i = pointers[row]!; i < pointers[row + 1]!; i += 1) {
      const number = numbers[i]!;
      if (number <= before) fault(`block numbers ${where()} do not ascend in row ${row}`);
      before = number;
      let isEmpty = true;
      for (let place = 0; place < BLOCK; place += 1) {
        const weight = weights[BLOCK * i + place]!;
        if (weight === 0) continue;
        const column = BLOCK * number + place;
        if (column >= indexOf.length)
          fault(`a block ${where()} has a weight beyond its columns in row ${row}`);
        put(row, indexOf[column]!, weight);
        isEmpty = false;
      }
      if (isEmpty) fault(`a block ${where()} holds nothing in row ${row}`);
    }
  }
};

const dense: Decode = ({ source, neurons, weights }, put) => {
  const indexOf = indexOfColumns(source.gates, neurons);
  const columns = indexOf.length;
  for (let row = 0; row < source.rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      if (weights[row * columns + column] !== 0) put(row, indexOf[column]!, weights[row * columns + column]!);
};

/** Column by column; rows of a column stand as far apart as there are rows. */
const macArray: Decode = ({ source: { gates, rows }, neurons, weights }, put) => {
  const indexOf = indexOfColumns(gates, neurons);
  for (let row = 0; row < rows; row += 1)
    for (const [column, index] of indexOf.entries()) {
      const weight = weights[column * rows + row]!;
      if (weight !== 0) put(row, index, weight);
    }
};

/**
 * A kernel gives each source a synapse for every place at which one of its values meets it. Reckoned from the source's side: the places that see it
 * in kernel row ky are those y with y · stride = source y + padding − ky · dilation.
 */
const macConvolution: Decode = ({ source, first, neurons, pointers, weights, where }, put) => {
  const { input, output, kernel, stride, dilation, padding, groups } = source.convolution!;
  const words = [input, output].flatMap(({ channels, height, width, together }) => [
    channels,
    height,
    width,
    together,
  ]);
  const expected = [...words, ...kernel, ...stride, ...dilation, ...padding, groups, first, neurons];
  const wrong = expected.findIndex((value, word) => pointers[word] !== value);
  if (wrong >= 0)
    fault(`word ${wrong} beside the kernel ${where()} is ${pointers[wrong]}, not ${expected[wrong]}`);
  const operands = {
    first: pointers[expected.length]!,
    end: pointers[expected.length]! + pointers[expected.length + 1]!,
  };
  const { height, width, together } = output;
  const block = height * width * together;
  const channels = { first: Math.floor(first / block) * together, perGroup: output.channels / groups };
  const rowsOfMaps = { first: (first % block) / (width * together), count: neurons / (width * together) };
  const inputsPerGroup = input.channels / groups;
  const perChannel = inputsPerGroup * kernel[0] * kernel[1];
  for (let row = 0; row < source.rows; row += 1) {
    const within = row % (input.height * input.width * input.together);
    const channel =
      Math.floor(row / (input.height * input.width * input.together)) * input.together +
      (within % input.together);
    const y = Math.floor(within / input.together / input.width);
    const x = Math.floor(within / input.together) % input.width;
    for (const [toY, ky] of placesThatSee(y, height, 0)) {
      const ownY = toY - rowsOfMaps.first;
      if (ownY < 0 || ownY >= rowsOfMaps.count) continue;
      for (const [toX, kx] of placesThatSee(x, width, 1)) {
        for (let own = 0; own < together; own += 1) {
          const group = Math.floor((channels.first + own) / channels.perGroup);
          if (Math.floor(channel / inputsPerGroup) !== group) continue;
          const weight =
            weights[own * perChannel + ((channel % inputsPerGroup) * kernel[0] + ky) * kernel[1] + kx]!;
          if (weight === 0) continue;
          if (row < operands.first || row >= operands.end)
            fault(`source ${row} ${where()} is met, but is no operand`);
          put(row, (ownY * width + toX) * together + own, weight);
        }
      }
    }
  }

  /** Places along an axis, ascending, and the kernel row or column that each sees it in. */
  function placesThatSee(at: number, places: number, axis: 0 | 1): [place: number, tap: number][] {
    const found: [number, number][] = [];
    for (let tap = kernel[axis] - 1; tap >= 0; tap -= 1) {
      const distance = at + padding[axis] - tap * dilation[axis];
      const place = distance / stride[axis];
      if (distance >= 0 && distance % stride[axis] === 0 && place < places) found.push([place, tap]);
    }
    return found;
  }
};

const DECODERS: Readonly<Record<BlockForm, Decode>> = {
  csr,
  "delta-csr": deltaCsr,
  bitmap,
  block,
  dense,
  "mac-array": macArray,
  "mac-convolution": macConvolution,
};

const unsignedOf = (bytes: Uint8Array, bits: number): Uint8Array | Uint16Array =>
  bits === 8 ? bytes : valuesOf(Uint16Array, 2, bytes);

/** Accumulator of the slice that each column stands for. */
function indexOfColumns(gates: number, neurons: number): Uint32Array {
  const indices: number[] = [];
  for (let accumulator = 0; accumulator < 4; accumulator += 1)
    for (let neuron = 0; neuron < neurons && (gates >> accumulator) % 2 === 1; neuron += 1)
      indices.push(accumulator * neurons + neuron);
  return Uint32Array.from(indices);
}
