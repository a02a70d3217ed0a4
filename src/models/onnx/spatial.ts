import { formatShape, type Tensor } from "../../formats/tensors.ts";
import { type ConvolutionOptions, convolution, pooling } from "../convolutions.ts";
import { featuresOf, mapsOf, perChannel, plusValues, straight, timesValues } from "../graph/features.ts";
import { parameterValues } from "../layer-tensors.ts";
import { activations, type Activations, type NodeContext, type Value } from "./values.ts";

type Pair = readonly [number, number];
type Four = readonly [number, number, number, number];

export function conv(node: NodeContext): readonly Value[] {
  const weights = node.constant(1);
  const axes = weights.shape.length - 2;
  if (axes !== 1 && axes !== 2) node.unsupported(`a convolution along ${Math.max(axes, 0)} axes`);
  const { outer, features } = node.featureAxes(0, axes + 1);
  const input = mapsOf(features.shape);
  const [channels, perGroup, ...kernel] = weights.shape;
  const shape = [channels!, perGroup!, ...(axes === 1 ? [1] : []), ...kernel];
  const options = {
    ...windows(node, axes, [input.height, input.width], [shape[2]!, shape[3]!]),
    groups: node.number("group", 1),
  };
  const made = convolution(input, { values: parameterValues(weights), shape }, options);
  if (typeof made === "string") return node.fail(made);
  const { builder, wish } = node;
  const bias = node.has(2) ? node.constant(2) : undefined;
  if (bias !== undefined) expectLength(node, "B", bias, channels!);
  const spread = bias === undefined ? undefined : perChannel(made.output, parameterValues(bias));
  const signal = builder.times(straight(features, builder, wish), made, wish, spread);
  const { height, width } = made.output;
  return [
    activations(outer, featuresOf(signal, axes === 1 ? [channels!, width] : [channels!, height, width])),
  ];
}

type Reduction = "mean" | "max";

export function averagePool(node: NodeContext): readonly Value[] {
  return pool(node, "mean");
}

/** Padding lies outside the maps, where nothing is compared. */
export function maxPool(node: NodeContext): readonly Value[] {
  if ((node.node.outputs[1] ?? "") !== "") node.unsupported("the places of the largest values as an output");
  return pool(node, "max");
}

function pool(node: NodeContext, reduction: Reduction): readonly Value[] {
  const kernel = node.numbers("kernel_shape") ?? node.fail("has no kernel_shape");
  const axes = kernel.length;
  if (axes !== 1 && axes !== 2) node.unsupported(`pooling along ${axes} axes`);
  if (node.number("ceil_mode", 0) !== 0) node.unsupported("ceil_mode=1");
  const value = node.featureAxes(0, axes + 1);
  const { height, width } = mapsOf(value.features.shape);
  const size = pairOf(kernel);
  const options = windows(node, axes, [height, width], size);
  const isPadded = options.padding.some((zeros) => zeros > 0);
  if (reduction === "mean" && isPadded && node.number("count_include_pad", 0) !== 1)
    node.unsupported("padding that the average leaves out (count_include_pad=0)");
  return pooled(node, value, size, reduction, options);
}

export const globalAveragePool = (node: NodeContext): readonly Value[] => globalPool(node, "mean");
export const globalMaxPool = (node: NodeContext): readonly Value[] => globalPool(node, "max");

function globalPool(node: NodeContext, reduction: Reduction): readonly Value[] {
  const axes = node.activations(0).features.shape.length - 1;
  if (axes !== 1 && axes !== 2) node.unsupported(`pooling along ${Math.max(axes, 0)} axes`);
  const value = node.activations(0);
  const { height, width } = mapsOf(value.features.shape);
  return pooled(node, value, [height, width], reduction, {});
}

function pooled(
  node: NodeContext,
  value: Activations,
  kernel: Pair,
  reduction: Reduction,
  options: Omit<ConvolutionOptions, "groups">,
): readonly Value[] {
  const { outer, features } = value;
  const input = mapsOf(features.shape);
  const made = pooling(input, kernel, reduction === "max" ? 1 : 1 / (kernel[0] * kernel[1]), options);
  if (typeof made === "string") return node.fail(made);
  const { builder, wish } = node;
  const source = straight(features, builder, wish);
  const signal =
    reduction === "max" ? builder.maxPool(source, made, wish) : builder.times(source, made, wish);
  const { channels, height, width } = made.output;
  return [
    activations(
      outer,
      featuresOf(signal, features.shape.length === 2 ? [channels, width] : [channels, height, width]),
    ),
  ];
}

const pairOf = (values: readonly number[]): Pair =>
  values.length === 1 ? [1, values[0]!] : [values[0]!, values[1]!];

/** Strides, dilations and padding, along y and x. */
function windows(node: NodeContext, axes: number, input: Pair, kernel: Pair) {
  const along = (name: string, otherwise: number): Pair => {
    const values = node.numbers(name) ?? Array<number>(axes).fill(otherwise);
    if (values.length !== axes || values.some((value) => !Number.isSafeInteger(value) || value < 1))
      node.fail(`${name} is [${values.join(", ")}]`);
    return axes === 1 ? [1, values[0]!] : [values[0]!, values[1]!];
  };
  const stride = along("strides", 1);
  const dilation = along("dilations", 1);
  return { stride, dilation, padding: paddingOf(node, axes, input, kernel, stride, dilation) };
}

function paddingOf(
  node: NodeContext,
  axes: number,
  input: Pair,
  kernel: Pair,
  stride: Pair,
  dilation: Pair,
): Four {
  const auto = node.text("auto_pad", "NOTSET");
  if (auto === "VALID") return [0, 0, 0, 0];
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
    const total = ([0, 1] as const).map((axis) => {
      const places = Math.ceil(input[axis] / stride[axis]);
      return Math.max(0, (places - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - input[axis]);
    }) as [number, number];
    const less = total.map((zeros) => Math.floor(zeros / 2)) as [number, number];
    const more = total.map((zeros, axis) => zeros - less[axis]!) as [number, number];
    return auto === "SAME_UPPER" ? [...less, ...more] : [...more, ...less];
  }
  if (auto !== "NOTSET") node.unsupported(`auto_pad=${auto}`);
  const pads = node.numbers("pads") ?? Array<number>(2 * axes).fill(0);
  if (pads.length !== 2 * axes || pads.some((zeros) => !Number.isSafeInteger(zeros) || zeros < 0))
    node.fail(`pads is [${pads.join(", ")}]`);
  return axes === 1 ? [0, pads[0]!, 0, pads[1]!] : [pads[0]!, pads[1]!, pads[2]!, pads[3]!];
}

/** With the statistics of training: a factor and an offset for each channel, which the layer before takes up. */
export function batchNormalization(node: NodeContext): readonly Value[] {
  if (node.number("training_mode", 0) !== 0) node.unsupported("training_mode=1");
  const { outer, features } = node.activations(0);
  const [channels = 0] = features.shape;
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => {
    const tensor = node.constant(index);
    expectLength(node, node.node.inputs[index]!, tensor, channels);
    return parameterValues(tensor);
  }) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const epsilon = node.number("epsilon", 1e-5);
  const factor = scale.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const shift = offset.map((value, c) => value - mean[c]! * factor[c]!);
  const maps = features.shape.length === 1 ? { channels, height: 1, width: 1 } : mapsOf(features.shape);
  const normalised = plusValues(timesValues(features, perChannel(maps, factor)), perChannel(maps, shift));
  return [activations(outer, normalised)];
}

function expectLength(node: NodeContext, name: string, { shape }: Tensor, length: number): void {
  if (shape.length !== 1 || shape[0] !== length)
    node.fail(`${name} has the shape ${formatShape(shape)} instead of [${length}]`);
}
