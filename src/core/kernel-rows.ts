import {
  groupsOfBlock,
  neuronAt,
  type NeuronRange,
  neuronsOfBlock,
  neuronsOfMapRow,
  type SharedConvolution,
  tapsOf,
} from "./shared-convolution.ts";

/**
 * Source neuron that each value of a kernel meets at each place of a slice, −1 where that is padding; values by input channel, kernel
 * row and kernel column. All channels of a group see the same. Shape [groups of the slice, places, values].
 */
export function tapSources(convolution: SharedConvolution, { first, count }: NeuronRange): Int32Array {
  const { input, output, kernel, stride, dilation, padding, groups } = convolution;
  const taps = tapsOf(convolution);
  const places = count / output.together;
  const perGroup = input.channels / groups;
  const firstChannel = Math.floor(first / neuronsOfBlock(output)) * output.together;
  const firstGroup = Math.floor((firstChannel * groups) / output.channels);
  const firstRow = (first % neuronsOfBlock(output)) / neuronsOfMapRow(output);
  const sources = new Int32Array(groupsOfBlock(convolution) * places * taps);
  let at = 0;
  for (let group = firstGroup; at < sources.length; group += 1) {
    for (let place = 0; place < places; place += 1) {
      const top = (firstRow + Math.floor(place / output.width)) * stride[0] - padding[0];
      const left = (place % output.width) * stride[1] - padding[1];
      for (let channel = group * perGroup; channel < (group + 1) * perGroup; channel += 1) {
        for (let y = top; y < top + kernel[0] * dilation[0]; y += dilation[0]) {
          for (let x = left; x < left + kernel[1] * dilation[1]; x += dilation[1]) {
            const isInside = y >= 0 && y < input.height && x >= 0 && x < input.width;
            sources[at++] = isInside ? neuronAt(input, channel, y, x) : -1;
          }
        }
      }
    }
  }
  return sources;
}

/** A slice's part of a convolution as rows by source neuron, without zeros. */
export interface KernelRows {
  /** Shape [sources + 1]. */
  readonly rowStart: Uint32Array;
  /** Neuron of the slice, ascending within a row. Shape [synapses]. */
  readonly index: Uint32Array;
  /** Shape [synapses]. */
  readonly weight: Int8Array;
}

/**
 * Unrolls a slice's kernel.
 *
 * @param weights Shape [channels of the slice, values].
 * @param most    Synapses that there may be; undefined is returned where there are more.
 */
export function unrolledKernel(
  convolution: SharedConvolution,
  slice: NeuronRange,
  weights: Int8Array,
  rows: number,
  most: number,
): KernelRows | undefined {
  const sources = tapSources(convolution, slice);
  const rowStart = new Uint32Array(rows + 1);
  let synapses = 0;
  forEachSynapse(convolution, slice, sources, weights, (source) => {
    rowStart[source + 1]! += 1;
    synapses += 1;
  });
  if (synapses > most) return undefined;
  for (let row = 0; row < rows; row += 1) rowStart[row + 1]! += rowStart[row]!;
  const next = rowStart.slice();
  const index = new Uint32Array(synapses);
  const weight = new Int8Array(synapses);
  forEachSynapse(convolution, slice, sources, weights, (source, neuron, value) => {
    const at = next[source]!++;
    index[at] = neuron;
    weight[at] = value;
  });
  return { rowStart, index, weight };
}

/** Neurons ascending. */
function forEachSynapse(
  convolution: SharedConvolution,
  { count }: NeuronRange,
  sources: Int32Array,
  weights: Int8Array,
  visit: (source: number, neuron: number, weight: number) => void,
): void {
  const { together } = convolution.output;
  const taps = tapsOf(convolution);
  const places = count / together;
  const perGroup = together / groupsOfBlock(convolution);
  for (let neuron = 0; neuron < count; neuron += 1) {
    const place = Math.floor(neuron / together);
    const channel = neuron % together;
    const seen = (Math.floor(channel / perGroup) * places + place) * taps;
    for (let tap = 0; tap < taps; tap += 1) {
      const weight = weights[channel * taps + tap]!;
      const source = sources[seen + tap]!;
      if (weight !== 0 && source >= 0) visit(source, neuron, weight);
    }
  }
}
