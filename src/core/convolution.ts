import type { ConvolutionMatrix, MapShape, SparseMatrix } from "./model-ir.ts";

/** Elements of feature maps. */
export const elementsOf = ({ channels, height, width }: MapShape): number => channels * height * width;

/** Most synapses into which a convolution may unroll: 2^28, more than 2 GiB. */
export const MAX_UNROLLED_SYNAPSES = 2 ** 28;

/** What is wrong with a convolution's shape, in words; undefined where nothing is. */
export function faultOfConvolution(matrix: ConvolutionMatrix): string | undefined {
  const { input, output, kernel, stride, dilation, padding, groups, values } = matrix;
  const positive = [
    ...Object.values(input),
    ...Object.values(output),
    ...kernel,
    ...stride,
    ...dilation,
    groups,
  ];
  if (positive.some((value) => !Number.isSafeInteger(value) || value < 1))
    return "the convolution's sizes, strides, dilations and groups are not all positive whole numbers";
  if (padding.some((value) => !Number.isSafeInteger(value) || value < 0))
    return "the convolution's padding is not a whole number of at least 0";
  if (matrix.sources !== elementsOf(input)) return "the input's maps do not hold the matrix's sources";
  if (matrix.targets !== elementsOf(output)) return "the output's maps do not hold the matrix's targets";
  if (input.channels % groups !== 0 || output.channels % groups !== 0)
    return `${groups} groups do not divide ${input.channels} input and ${output.channels} output channels`;
  const expected = (output.channels * input.channels * kernel[0] * kernel[1]) / groups;
  if (values.length !== expected) return `the kernel holds ${values.length} values instead of ${expected}`;
  return undefined;
}

/** Synapses that are not zero, at all places; with `isCounted` those whose weights it accepts. */
export function synapsesOfConvolution(
  matrix: ConvolutionMatrix,
  isCounted: (weight: number) => boolean = (weight) => weight !== 0,
): number {
  const { output, kernel, values } = matrix;
  let synapses = 0;
  for (let ky = 0; ky < kernel[0]; ky += 1) {
    for (let kx = 0; kx < kernel[1]; kx += 1) {
      let weights = 0;
      for (let i = ky * kernel[1] + kx; i < values.length; i += kernel[0] * kernel[1])
        if (isCounted(values[i]!)) weights += 1;
      const rows = placesWithin(matrix, 0, output.height, ky);
      const columns = placesWithin(matrix, 1, output.width, kx);
      synapses += weights * rows * columns;
    }
  }
  return synapses;
}

/** Synapses that are not zero, of each output element. Shape [targets]. */
export function fanInsOfConvolution(matrix: ConvolutionMatrix): Uint32Array {
  const { output, kernel, values, targets } = matrix;
  const fanIns = new Uint32Array(targets);
  const taps = kernel[0] * kernel[1];
  const perChannel = values.length / output.channels;
  let target = 0;
  for (let channel = 0; channel < output.channels; channel += 1) {
    const weightsAt = new Uint32Array(taps);
    for (let i = 0; i < perChannel; i += 1)
      if (values[channel * perChannel + i] !== 0) weightsAt[i % taps]! += 1;
    for (let y = 0; y < output.height; y += 1) {
      for (let x = 0; x < output.width; x += 1) {
        for (let tap = 0; tap < taps; tap += 1) {
          const isWithin =
            inputPlace(matrix, 0, y, Math.floor(tap / kernel[1])) >= 0 &&
            inputPlace(matrix, 1, x, tap % kernel[1]) >= 0;
          if (isWithin) fanIns[target]! += weightsAt[tap]!;
        }
        target += 1;
      }
    }
  }
  return fanIns;
}

/** Output places along an axis for which tap `tap` of the kernel lies within the input. */
function placesWithin(matrix: ConvolutionMatrix, axis: 0 | 1, places: number, tap: number): number {
  let count = 0;
  for (let place = 0; place < places; place += 1) if (inputPlace(matrix, axis, place, tap) >= 0) count += 1;
  return count;
}

/** Input row or column that a tap meets at an output place; −1 outside. */
function inputPlace(
  { input, stride, dilation, padding }: ConvolutionMatrix,
  axis: 0 | 1,
  place: number,
  tap: number,
): number {
  const at = place * stride[axis] - padding[axis] + tap * dilation[axis];
  return at < (axis === 0 ? input.height : input.width) ? Math.max(at, -1) : -1;
}

/**
 * The convolution as fan-out rows: every place has synapses of its own. Columns ascend within a row.
 *
 * @throws RangeError for more than MAX_UNROLLED_SYNAPSES.
 */
export function unrolledConvolution(matrix: ConvolutionMatrix): SparseMatrix {
  const count = synapsesOfConvolution(matrix);
  if (count > MAX_UNROLLED_SYNAPSES)
    throw new RangeError(`a convolution of ${count} synapses does not unroll`);
  const { sources, targets } = matrix;
  const rowStart = new Uint32Array(sources + 1);
  forEachSynapse(matrix, (source) => {
    rowStart[source + 1]! += 1;
  });
  for (let source = 0; source < sources; source += 1) rowStart[source + 1]! += rowStart[source]!;
  const next = rowStart.slice();
  const target = new Uint32Array(count);
  const value = new Float32Array(count);
  // Targets are visited in ascending order, so each row fills ascending.
  forEachSynapse(matrix, (source, to, weight) => {
    const at = next[source]!;
    target[at] = to;
    value[at] = weight;
    next[source] = at + 1;
  });
  return { kind: "sparse", sources, targets, rowStart, target, value };
}

/** Visits every non-zero synapse, targets ascending, for each target its sources ascending. */
function forEachSynapse(
  matrix: ConvolutionMatrix,
  visit: (source: number, target: number, weight: number) => void,
): void {
  const { input, output, kernel, groups, values } = matrix;
  const inChannels = input.channels / groups;
  const outChannels = output.channels / groups;
  let target = 0;
  for (let channel = 0; channel < output.channels; channel += 1) {
    const firstInput = Math.floor(channel / outChannels) * inChannels;
    for (let y = 0; y < output.height; y += 1) {
      for (let x = 0; x < output.width; x += 1) {
        for (let c = 0; c < inChannels; c += 1) {
          for (let ky = 0; ky < kernel[0]; ky += 1) {
            const row = inputPlace(matrix, 0, y, ky);
            if (row < 0) continue;
            for (let kx = 0; kx < kernel[1]; kx += 1) {
              const column = inputPlace(matrix, 1, x, kx);
              if (column < 0) continue;
              const weight = values[((channel * inChannels + c) * kernel[0] + ky) * kernel[1] + kx]!;
              if (weight === 0) continue;
              visit(((firstInput + c) * input.height + row) * input.width + column, target, weight);
            }
          }
        }
        target += 1;
      }
    }
  }
}
