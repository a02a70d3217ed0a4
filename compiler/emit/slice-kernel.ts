import {
  type MapLayout,
  neuronsOfBlock,
  neuronsOfMapRow,
  tapsOf,
} from "../../src/core/shared-convolution.ts";
import type { SliceRows } from "./slice-rows.ts";

/**
 * The kernel of a slice's output channels, found again in the synapses into which it was unrolled: each says to which value of the kernel it
 * belongs. A value that no place of the slice meets with a source is 0.
 */
export function kernelOf(
  { convolution, first, rowStart, index, weight }: SliceRows,
  slots: number,
): Int8Array {
  const { input, output, kernel, stride, dilation, padding, groups } = convolution!;
  const taps = tapsOf(convolution!);
  const perGroup = input.channels / groups;
  const values = new Int8Array(slots);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    if (rowStart[row] === rowStart[row + 1]) continue;
    const from = placeOf(input, row);
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const to = placeOf(output, first + index[i]!);
      const y = (from.y + padding[0] - to.y * stride[0]) / dilation[0];
      const x = (from.x + padding[1] - to.x * stride[1]) / dilation[1];
      const tap = ((from.channel % perGroup) * kernel[0] + y) * kernel[1] + x;
      values[(to.channel % output.together) * taps + tap] = weight[i]!;
    }
  }
  return values;
}

function placeOf(layout: MapLayout, neuron: number): { channel: number; y: number; x: number } {
  const { together, width } = layout;
  const within = neuron % neuronsOfBlock(layout);
  return {
    channel: Math.floor(neuron / neuronsOfBlock(layout)) * together + (neuron % together),
    y: Math.floor(within / neuronsOfMapRow(layout)),
    x: Math.floor(within / together) % width,
  };
}
