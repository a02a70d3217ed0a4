import { formatShape } from "../../formats/tensors.ts";
import { type ConvolutionOptions, convolution, pooling as windowsOf } from "../convolutions.ts";
import {
  type Features,
  featuresOf,
  mapsOf,
  perChannel,
  reshaped,
  straight,
  transposed,
} from "../graph/features.ts";
import type { Signal } from "../graph/signal.ts";
import { turned } from "../matrix-layout.ts";
import { activated, type KerasValue, type LayerContext } from "./layer-context.ts";

/** The features with channels first, and how to give them back as the file has them. */
function channelsFirst(context: LayerContext, { features, hasTime }: KerasValue, axes: 1 | 2) {
  if (features.shape.length !== axes + 1)
    context.unsupported(
      `takes maps of ${axes} dimension(s), but receives ${formatShape(features.shape)}${hasTime ? " by timestep" : ""}`,
    );
  const isLast = context.text("data_format", "channels_last") !== "channels_first";
  const toFirst = axes === 1 ? [1, 0] : [2, 0, 1];
  const back = axes === 1 ? [1, 0] : [1, 2, 0];
  return {
    first: isLast ? transposed(features, toFirst) : features,
    given: (signal: Signal, shape: readonly number[]): KerasValue => ({
      features: isLast ? transposed(featuresOf(signal, shape), back) : featuresOf(signal, shape),
      hasTime,
    }),
  };
}

const pair = (values: readonly number[]): readonly [number, number] =>
  values.length === 1 ? [1, values[0]!] : [values[0]!, values[1]!];

/** Zeros around the maps, as TensorFlow's SAME has them. */
function padding(
  context: LayerContext,
  [height, width]: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
): readonly [number, number, number, number] {
  const kind = context.text("padding", "valid");
  if (kind === "valid") return [0, 0, 0, 0];
  if (kind !== "same") return context.unsupported(`padding ${kind.slice(0, 40)}`);
  const total = [height, width].map((size, axis) =>
    Math.max(
      0,
      (Math.ceil(size / stride[axis]!) - 1) * stride[axis]! +
        dilation[axis]! * (kernel[axis]! - 1) +
        1 -
        size,
    ),
  ) as [number, number];
  const [top, left] = total.map((zeros) => Math.floor(zeros / 2)) as [number, number];
  return [top, left, total[0] - top, total[1] - left];
}

export function conv(context: LayerContext, value: KerasValue, axes: 1 | 2): KerasValue {
  const { first, given } = channelsFirst(context, value, axes);
  const input = mapsOf(first.shape);
  const size = context.counts("kernel_size", axes, 1);
  const kernel = pair(size);
  const stride = pair(context.counts("strides", axes, 1));
  const dilation = pair(context.counts("dilation_rate", axes, 1));
  const [groups] = context.counts("groups", 1, 1) as [number];
  const channels = context.count("filters");
  const perGroup = input.channels / groups;
  const hasBias = context.is("use_bias", true);
  const [weights, bias] = context.take([[...size, perGroup, channels], ...(hasBias ? [[channels]] : [])]);
  const options: ConvolutionOptions = {
    stride,
    dilation,
    groups,
    padding: padding(context, [input.height, input.width], kernel, stride, dilation),
  };
  // Keras keeps [height, width, input channels, output channels].
  const taps = kernel[0] * kernel[1] * perGroup;
  const turnedOnce = turned(weights!, taps, channels);
  const values = new Float32Array(turnedOnce.length);
  for (let c = 0; c < channels; c += 1)
    values.set(
      turned(turnedOnce.subarray(c * taps, (c + 1) * taps), kernel[0] * kernel[1], perGroup),
      c * taps,
    );
  const made = convolution(input, { values, shape: [channels, perGroup, ...kernel] }, options);
  if (typeof made === "string") return context.fail(made);
  const spread = bias === undefined ? undefined : perChannel(made.output, bias);
  const { builder, name } = context;
  const signal = builder.times(straight(first, builder, name), made, name, spread);
  const { height, width } = made.output;
  const result = given(signal, axes === 1 ? [channels, width] : [channels, height, width]);
  return activated(context, result, context.text("activation", "linear"));
}

export type Reduction = "mean" | "max";

/** Padding lies outside the maps: a mean is not taken over it, and nothing is compared there. */
export function pooling(
  context: LayerContext,
  value: KerasValue,
  axes: 1 | 2,
  reduction: Reduction,
): KerasValue {
  const { first, given } = channelsFirst(context, value, axes);
  const { height, width } = mapsOf(first.shape);
  const size = context.counts("pool_size", axes, 2);
  const kernel = pair(size);
  const stride = pair(context.counts("strides", axes, size));
  const zeros = padding(context, [height, width], kernel, stride, [1, 1]);
  if (reduction === "mean" && zeros.some((count) => count > 0))
    context.unsupported("padding that the average leaves out");
  return pooled(context, first, given, kernel, reduction, { stride, padding: zeros });
}

export function globalPooling(
  context: LayerContext,
  value: KerasValue,
  axes: 1 | 2,
  reduction: Reduction,
): KerasValue {
  if (axes === 1 && value.hasTime)
    context.unsupported(`${reduction === "mean" ? "an average" : "a maximum"} over timesteps`);
  const { first, given } = channelsFirst(context, value, axes);
  const { channels, height, width } = mapsOf(first.shape);
  const { features, hasTime } = pooled(context, first, given, [height, width], reduction, {});
  return { features: reshaped(features, [channels]), hasTime };
}

function pooled(
  context: LayerContext,
  first: Features,
  given: (signal: Signal, shape: readonly number[]) => KerasValue,
  kernel: readonly [number, number],
  reduction: Reduction,
  options: Pick<ConvolutionOptions, "stride" | "padding">,
): KerasValue {
  const { builder, name } = context;
  const weight = reduction === "max" ? 1 : 1 / (kernel[0] * kernel[1]);
  const made = windowsOf(mapsOf(first.shape), kernel, weight, options);
  if (typeof made === "string") return context.fail(made);
  const source = straight(first, builder, name);
  const signal =
    reduction === "max" ? builder.maxPool(source, made, name) : builder.times(source, made, name);
  const { channels, height, width } = made.output;
  return given(signal, first.shape.length === 2 ? [channels, width] : [channels, height, width]);
}
