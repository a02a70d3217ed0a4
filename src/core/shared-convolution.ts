import { elementsOf } from "./convolution.ts";
import type { ConvolutionMatrix, MapShape } from "./model-ir.ts";

/**
 * Feature maps as a population's neurons hold them: block by block of `together` channels, within a block place by place, row by
 * row, within a place channel by channel. 1 is channel by channel, as models have them; all channels is channels last.
 */
export interface MapLayout extends MapShape {
  /** Divides the channels. */
  readonly together: number;
}

/** A convolution whose kernel a PE keeps once, between populations that hold their maps in these layouts. */
export interface SharedConvolution extends Pick<
  ConvolutionMatrix,
  "kernel" | "stride" | "dilation" | "padding" | "groups"
> {
  readonly input: MapLayout;
  readonly output: MapLayout;
}

/** Neurons of one row of a block of maps: the fewest that a slice holds, and what it holds multiples of. */
export const neuronsOfMapRow = ({ together, width }: MapLayout): number => together * width;

/** Neurons of a block of maps, which no slice leaves. */
export const neuronsOfBlock = ({ together, height, width }: MapLayout): number => together * height * width;

export const neuronAt = (layout: MapLayout, channel: number, y: number, x: number): number => {
  const { together, width } = layout;
  const block = Math.floor(channel / together);
  return block * neuronsOfBlock(layout) + (y * width + x) * together + (channel % together);
};

/** The model's number of each neuron. Shape [elements]. */
export function modelOrderOf(layout: MapLayout): Uint32Array {
  const { channels, height, width } = layout;
  const order = new Uint32Array(elementsOf(layout));
  let element = 0;
  for (let channel = 0; channel < channels; channel += 1)
    for (let y = 0; y < height; y += 1)
      for (let x = 0; x < width; x += 1) order[neuronAt(layout, channel, y, x)] = element++;
  return order;
}

/** Values of a kernel for one output channel. */
export const tapsOf = ({ kernel, input, groups }: SharedConvolution): number =>
  kernel[0] * kernel[1] * (input.channels / groups);

/** Output channels of a group. */
const groupWidth = ({ output, groups }: SharedConvolution): number => output.channels / groups;

/** Groups that a block of output channels has channels of: each is a product of its own. */
export const groupsOfBlock = (convolution: SharedConvolution): number =>
  Math.max(1, convolution.output.together / groupWidth(convolution));

/** Neurons first … first + count − 1. */
export interface NeuronRange {
  readonly first: number;
  readonly count: number;
}

/** The part of the output's maps that a range of neurons holds; of a range that leaves a block all rows of all its blocks. */
interface MapPart {
  readonly channels: readonly [first: number, end: number];
  readonly rows: readonly [first: number, end: number];
}

function partOfMaps(layout: MapLayout, { first, count }: NeuronRange): MapPart {
  const [block, row] = [neuronsOfBlock(layout), neuronsOfMapRow(layout)];
  const last = Math.max(first, first + count - 1);
  const [firstBlock, lastBlock] = [Math.floor(first / block), Math.floor(last / block)];
  return {
    channels: [firstBlock * layout.together, (lastBlock + 1) * layout.together],
    rows:
      firstBlock === lastBlock
        ? [Math.floor((first % block) / row), Math.floor((last % block) / row) + 1]
        : [0, layout.height],
  };
}

/** Source neurons of which a slice's product makes operands: the least range with all that its places see. */
export function operandsOf(convolution: SharedConvolution, slice: NeuronRange): NeuronRange {
  if (slice.count <= 0) return { first: 0, count: 0 };
  const { input, output, kernel, stride, dilation, padding, groups } = convolution;
  const { channels, rows } = partOfMaps(output, slice);
  const above = Math.max(0, rows[0] * stride[0] - padding[0]);
  const below = Math.min(
    input.height,
    (rows[1] - 1) * stride[0] - padding[0] + (kernel[0] - 1) * dilation[0] + 1,
  );
  if (below <= above) return { first: 0, count: 0 };
  const [perGroup, width] = [input.channels / groups, groupWidth(convolution)];
  const firstChannel = Math.floor(channels[0] / width) * perGroup;
  const lastChannel = Math.min(input.channels, Math.ceil(channels[1] / width) * perGroup) - 1;
  const blockOf = (channel: number) => Math.floor(channel / input.together) * neuronsOfBlock(input);
  const first = blockOf(firstChannel) + above * neuronsOfMapRow(input);
  return { first, count: blockOf(lastChannel) + below * neuronsOfMapRow(input) - first };
}

/**
 * Words by which a PE finds its way: input and output as channels, height, width and channels together; kernel, stride, dilation and padding, each
 * y then x; groups; then its slice's first neuron and their number, and the same of its operands.
 */
export const CONVOLUTION_WORDS = 21;

export function convolutionWords(convolution: SharedConvolution, slice: NeuronRange): Uint32Array {
  const { input, output, kernel, stride, dilation, padding, groups } = convolution;
  const maps = [input, output].flatMap(({ channels, height, width, together }) => [
    channels,
    height,
    width,
    together,
  ]);
  const operands = operandsOf(convolution, slice);
  const ranges = [slice, operands].flatMap(({ first, count }) => [first, count]);
  return Uint32Array.from([...maps, ...kernel, ...stride, ...dilation, ...padding, groups, ...ranges]);
}

/** What is wrong with a shared convolution, in words; undefined where nothing is. */
export function faultOfSharedConvolution(convolution: SharedConvolution): string | undefined {
  const { input, output, kernel, stride, dilation, padding, groups } = convolution;
  const sizes = [input, output].flatMap(({ channels, height, width, together }) => [
    channels,
    height,
    width,
    together,
  ]);
  const isSize = (value: number) => Number.isSafeInteger(value) && value >= 1 && value < 2 ** 31;
  if (![...sizes, ...kernel, ...stride, ...dilation, groups].every(isSize))
    return "its sizes, strides, dilations and groups are not all whole numbers from 1 on";
  if (!padding.every((value) => isSize(value + 1))) return "its padding is not a whole number";
  if (input.channels % input.together !== 0 || output.channels % output.together !== 0)
    return "its blocks do not divide its channels";
  if (input.channels % groups !== 0 || output.channels % groups !== 0)
    return "its groups do not divide its channels";
  if (!areGroupsWhole(convolution)) return "its blocks of channels cut through groups";
  return undefined;
}

/** Whether blocks of output channels hold whole groups, or groups whole blocks. */
export function areGroupsWhole(convolution: SharedConvolution): boolean {
  const [width, { together }] = [groupWidth(convolution), convolution.output];
  return width % together === 0 || together % width === 0;
}

/** "16x32x32/16 to 32x32x32/32, kernel 3x3": channels, height, width, and channels together where more than one are. */
export const describeConvolution = ({ input, output, kernel }: SharedConvolution): string =>
  `${mapsText(input)} to ${mapsText(output)}, kernel ${kernel.join("x")}`;

export const mapsText = ({ channels, height, width, together }: MapLayout): string =>
  `${channels}x${height}x${width}/${together}`;
