import { unrolledKernel } from "../../src/core/kernel-rows.ts";
import type { SourceBlock } from "../../src/core/program.ts";
import {
  CONVOLUTION_WORDS,
  convolutionWords,
  type NeuronRange,
  operandsOf,
} from "../../src/core/shared-convolution.ts";
import type { DecodedRows, Refuse } from "./decode-rows.ts";

/**
 * A kernel that a PE holds once, as rows by source: each of its values at each place of the slice that meets a source with it. Beside its synapses every
 * row has an empty slot, and that of a source of which the product makes an operand a second: by them events of both are counted.
 *
 * @param words         As they stand in the image.
 * @param weights       Shape [channels of the slice, values].
 * @param accumulatorOf Local accumulator of each of the slice's neurons.
 */
export function decodeKernel(
  { convolution, rows, synapses }: SourceBlock,
  slice: NeuronRange,
  words: Uint32Array,
  weights: Int8Array,
  accumulatorOf: Uint32Array,
  refuse: Refuse,
): DecodedRows {
  const said = convolutionWords(convolution!, slice);
  for (let word = 0; word < CONVOLUTION_WORDS; word += 1)
    if (words[word] !== said[word])
      refuse(`word ${word} beside its kernel is ${words[word]}, but the program says ${said[word]}`);
  const unrolled =
    unrolledKernel(convolution!, slice, weights, rows, synapses) ??
    refuse(`its kernel unrolls to more than its ${synapses} synapses`);
  const { rowStart, index, weight } = unrolled;
  const operands = operandsOf(convolution!, slice);
  const slotStart = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row += 1) {
    const isOperand = row >= operands.first && row < operands.first + operands.count;
    slotStart[row + 1] = slotStart[row]! + rowStart[row + 1]! - rowStart[row]! + (isOperand ? 2 : 1);
  }
  return { rowStart, index: index.map((neuron) => accumulatorOf[neuron]!), weight, slotStart };
}
