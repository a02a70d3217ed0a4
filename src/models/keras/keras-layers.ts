import { type Activation, ACTIVATIONS } from "../../core/model-ir.ts";
import { InputError, UnsupportedError } from "../../core/errors.ts";
import { formatShape, type Tensor } from "../../formats/tensors.ts";
import { type ConvolutionOptions, convolution, pooling } from "../convolutions.ts";
import {
  type Features,
  featuresOf,
  mapsOf,
  perChannel,
  plusValues,
  reshaped,
  sizeOf,
  straight,
  timesMatrix,
  timesValues,
  transposed,
} from "../graph/features.ts";
import type { NetworkBuilder } from "../graph/network-builder.ts";
import { added, type Signal } from "../graph/signal.ts";
import { parameterValues } from "../layer-tensors.ts";
import { turned } from "../matrix-layout.ts";
import { sparseFromDense } from "../../core/model-ir.ts";
import { isObject, type Json, type KerasLayer } from "./keras-config.ts";

export const KERAS_HINT =
  "Read are Dense, LSTM, GRU (reset_after), Conv1D, Conv2D, average pooling, BatchNormalization, Embedding, Activation (relu, sigmoid, tanh), " +
  "Add, Flatten, Reshape, Permute, TimeDistributed, and what has no effect after training.";

/** A layer's values in one timestep. */
export interface KerasValue {
  readonly features: Features;
  /** Whether timesteps lie on an axis in front. */
  readonly hasTime: boolean;
}

/** One layer while it is read: its settings, its weights, and errors that name it. */
export class LayerContext {
  constructor(
    readonly layer: KerasLayer,
    readonly builder: NetworkBuilder,
    private readonly weights: readonly Tensor[],
    readonly isLast: boolean,
    readonly metadata: Record<string, string>,
  ) {}

  get config(): Json {
    return this.layer.config;
  }
  get name(): string {
    return this.layer.name;
  }
  private get place(): string {
    return `layer ${this.name.slice(0, 200)} (${this.layer.className.slice(0, 80)})`;
  }

  /** The same layer with the settings of the one that it wraps. */
  wrapped(className: string, config: Json): LayerContext {
    const layer = { ...this.layer, className, config };
    return new LayerContext(layer, this.builder, this.weights, this.isLast, this.metadata);
  }

  fail(problem: string): never {
    throw new InputError({ field: this.place }, problem, "Save the model again with model.save.");
  }

  unsupported(problem: string): never {
    throw new UnsupportedError(`${this.place}: ${problem}, which is not supported`, KERAS_HINT);
  }

  /** Weights by their place, each with its shape. */
  take(shapes: readonly (readonly number[])[]): Float32Array[] {
    const { weights } = this;
    if (weights.length !== shapes.length)
      this.fail(`has ${weights.length} weights instead of ${shapes.length}`);
    return shapes.map((shape, i) => {
      if (formatShape(weights[i]!.shape) !== formatShape(shape))
        this.fail(
          `has the weight ${weights[i]!.name} of the shape ${formatShape(weights[i]!.shape)} instead of ${formatShape(shape)}`,
        );
      return parameterValues(weights[i]!);
    });
  }

  weightShape(index: number): readonly number[] {
    return this.weights[index]?.shape ?? this.fail(`has no weights, or fewer than ${index + 1}`);
  }

  is(key: string, otherwise: boolean): boolean {
    const value = this.config[key] ?? otherwise;
    return typeof value === "boolean" ? value : this.fail(`has the setting ${key} ${JSON.stringify(value)}`);
  }

  text(key: string, otherwise: string): string {
    const value = this.config[key] ?? otherwise;
    if (typeof value === "string") return value;
    // Keras 3 may spell a function as an object with its name.
    const name = isObject(value)
      ? ((isObject(value.config) ? value.config.name : undefined) ?? value.config ?? value.class_name)
      : undefined;
    return typeof name === "string"
      ? name.toLowerCase()
      : this.unsupported(`${key} ${JSON.stringify(value)?.slice(0, 80)}`);
  }

  count(key: string): number {
    const value = this.config[key];
    return Number.isSafeInteger(value) && (value as number) > 0
      ? (value as number)
      : this.fail(`has the setting ${key} ${JSON.stringify(value)}`);
  }

  /** One or several whole numbers of at least 1. */
  counts(key: string, length: number, otherwise: number | readonly number[]): readonly number[] {
    const value = this.config[key] ?? otherwise;
    const list: unknown[] = Array.isArray(value) ? value : Array<unknown>(length).fill(value);
    if (
      list.length !== length ||
      !list.every((number) => Number.isSafeInteger(number) && (number as number) > 0)
    )
      this.fail(`has the setting ${key} ${JSON.stringify(value)}`);
    return list as number[];
  }
}

type Reader = (context: LayerContext, inputs: readonly KerasValue[]) => KerasValue;

const unchanged: Reader = (_, [value]) => value!;

/** Layers that are read. */
export const LAYERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Dense", dense],
  ["LSTM", (context, [value]) => recurrent(context, value!, "lstm")],
  ["GRU", (context, [value]) => recurrent(context, value!, "gru")],
  ["Conv1D", (context, [value]) => conv(context, value!, 1)],
  ["Conv2D", (context, [value]) => conv(context, value!, 2)],
  ["AveragePooling1D", (context, [value]) => averagePooling(context, value!, 1)],
  ["AveragePooling2D", (context, [value]) => averagePooling(context, value!, 2)],
  ["GlobalAveragePooling1D", (context, [value]) => globalPooling(context, value!, 1)],
  ["GlobalAveragePooling2D", (context, [value]) => globalPooling(context, value!, 2)],
  ["BatchNormalization", batchNormalization],
  ["Activation", (context, [value]) => activated(context, value!, context.text("activation", "linear"))],
  ["ReLU", relu],
  ["Softmax", (context, [value]) => activated(context, value!, "softmax")],
  ["Add", sum],
  ["Flatten", flatten],
  ["Reshape", reshape],
  ["Permute", permute],
  ["TimeDistributed", timeDistributed],
  ...[
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "ActivityRegularization",
  ].map((name): [string, Reader] => [name, unchanged]),
]);

function activated(context: LayerContext, { features, hasTime }: KerasValue, kind: string): KerasValue {
  const name = kind.toLowerCase();
  if (name === "linear") return { features, hasTime };
  if (name === "softmax" || name === "log_softmax") {
    if (!context.isLast) context.unsupported(`${name} between layers`);
    context.metadata[name] = `of the layer ${context.name} is left out: the outputs are logits`;
    return { features, hasTime };
  }
  if (!(ACTIVATIONS as readonly string[]).includes(name))
    return context.unsupported(`the activation ${name.slice(0, 80)}`);
  const signal = context.builder.linear(features.signal, context.name, name as Activation);
  return { features: { ...features, signal }, hasTime };
}

function dense(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  const { features, hasTime } = value!;
  if (features.shape.length !== 1)
    context.unsupported(
      `a layer along the last axis of ${formatShape(features.shape)}; flatten the values first`,
    );
  const sources = features.signal.size;
  const targets = context.count("units");
  const shapes = [[sources, targets], ...(context.is("use_bias", true) ? [[targets]] : [])];
  const [kernel, bias] = context.take(shapes);
  const signal = timesMatrix(
    features,
    turned(kernel!, sources, targets),
    targets,
    context.builder,
    context.name,
    bias,
  );
  return activated(context, { features: featuresOf(signal), hasTime }, context.text("activation", "linear"));
}

/** Keras's gates of an LSTM are i, f, c, o as ours; those of a GRU z, r, h where ours are r, z, n. */
function recurrent(
  context: LayerContext,
  { features, hasTime }: KerasValue,
  kind: "lstm" | "gru",
): KerasValue {
  if (!hasTime || features.shape.length !== 1)
    context.fail(
      `takes vectors by timestep, but receives ${formatShape(features.shape)}${hasTime ? " by timestep" : ""}`,
    );
  if (context.is("go_backwards", false)) context.unsupported("go_backwards");
  if (context.is("return_state", false)) context.unsupported("return_state");
  for (const [key, wanted] of [
    ["activation", "tanh"],
    ["recurrent_activation", "sigmoid"],
  ] as const) {
    const found = context.text(key, wanted).toLowerCase();
    if (found !== wanted) context.unsupported(`${key} ${found.slice(0, 80)} instead of ${wanted}`);
  }
  if (kind === "gru" && !context.is("reset_after", false))
    context.unsupported(
      "reset_after=False resets the state before the recurrent product; here the reset stands after it: the GRU",
    );
  const gates = kind === "lstm" ? [0, 1, 2, 3] : [1, 0, 2];
  const size = context.count("units");
  const columns = gates.length * size;
  const sources = features.signal.size;
  const biasShape = kind === "lstm" ? [columns] : [2, columns];
  const hasBias = context.is("use_bias", true);
  const [kernel, own, bias] = context.take([
    [sources, columns],
    [size, columns],
    ...(hasBias ? [biasShape] : []),
  ]);
  const ordered = (values: Float32Array): Float32Array => withGates(values, gates, size);
  const { builder, name } = context;
  const both = bias ?? new Float32Array(2 * columns);
  const fields = {
    kind,
    bias: ordered(both.subarray(0, columns)),
    recurrentBias: kind === "gru" ? ordered(both.subarray(columns, 2 * columns)) : new Float32Array(columns),
  };
  const driven = builder.times(
    straight(features, builder, name),
    sparseFromDense(ordered(kernel!), sources, columns),
    name,
  );
  const signal = builder.neurons(
    fields,
    builder.nameFor(name),
    size,
    driven,
    sparseFromDense(ordered(own!), size, columns),
  );
  return { features: featuresOf(signal), hasTime: context.is("return_sequences", false) };
}

/** Columns of each row in our order of gates. */
function withGates(values: Float32Array, gates: readonly number[], size: number): Float32Array {
  const columns = gates.length * size;
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += columns)
    for (const [gate, place] of gates.entries())
      result.set(values.subarray(row + place * size, row + (place + 1) * size), row + gate * size);
  return result;
}

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

function conv(context: LayerContext, value: KerasValue, axes: 1 | 2): KerasValue {
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

function averagePooling(context: LayerContext, value: KerasValue, axes: 1 | 2): KerasValue {
  const { first, given } = channelsFirst(context, value, axes);
  const { height, width } = mapsOf(first.shape);
  const size = context.counts("pool_size", axes, 2);
  const kernel = pair(size);
  const stride = pair(context.counts("strides", axes, size));
  const zeros = padding(context, [height, width], kernel, stride, [1, 1]);
  if (zeros.some((count) => count > 0)) context.unsupported("padding that the average leaves out");
  return pooled(context, first, given, kernel, stride);
}

function globalPooling(context: LayerContext, value: KerasValue, axes: 1 | 2): KerasValue {
  if (axes === 1 && value.hasTime) context.unsupported("an average over timesteps");
  const { first, given } = channelsFirst(context, value, axes);
  const { channels, height, width } = mapsOf(first.shape);
  const { features, hasTime } = pooled(context, first, given, [height, width], [1, 1]);
  return { features: reshaped(features, [channels]), hasTime };
}

function pooled(
  context: LayerContext,
  first: Features,
  given: (signal: Signal, shape: readonly number[]) => KerasValue,
  kernel: readonly [number, number],
  stride: readonly [number, number],
): KerasValue {
  const { builder, name } = context;
  const made = pooling(mapsOf(first.shape), kernel, 1 / (kernel[0] * kernel[1]), { stride });
  if (typeof made === "string") return context.fail(made);
  const signal = builder.times(straight(first, builder, name), made, name);
  const { channels, height, width } = made.output;
  return given(signal, first.shape.length === 2 ? [channels, width] : [channels, height, width]);
}

/** With the statistics of training: factor and offset along one axis, which the layer before takes up. */
function batchNormalization(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  const { features, hasTime } = value!;
  const { shape } = features;
  const given = context.config.axis ?? -1;
  const stated: unknown = Array.isArray(given) && given.length === 1 ? (given as unknown[])[0] : given;
  if (!Number.isSafeInteger(stated)) return context.unsupported(`axis ${JSON.stringify(given)}`);
  const front = hasTime ? 2 : 1;
  const axis = (stated as number) < 0 ? (stated as number) + shape.length : (stated as number) - front;
  const channels = shape[axis] ?? context.unsupported(`axis ${stated as number} of ${formatShape(shape)}`);
  const [hasScale, hasCentre] = [context.is("scale", true), context.is("center", true)];
  const each = [channels];
  const weights = context.take([...(hasScale ? [each] : []), ...(hasCentre ? [each] : []), each, each]);
  const gamma = hasScale ? weights.shift()! : new Float32Array(channels).fill(1);
  const beta = hasCentre ? weights.shift()! : new Float32Array(channels);
  const [mean, variance] = weights as [Float32Array, Float32Array];
  const epsilon = typeof context.config.epsilon === "number" ? context.config.epsilon : 1e-3;
  const factor = gamma.map((scale, c) => scale / Math.sqrt(variance[c]! + epsilon));
  const shift = beta.map((offset, c) => offset - mean[c]! * factor[c]!);
  const inner = sizeOf(shape.slice(axis + 1));
  const spread = (values: Float32Array): Float32Array =>
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => values[Math.floor(i / inner) % channels]!);
  return { features: plusValues(timesValues(features, spread(factor)), spread(shift)), hasTime };
}

function relu(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  for (const key of ["max_value", "negative_slope", "alpha", "threshold"]) {
    const setting = context.config[key];
    if (setting !== undefined && setting !== null && setting !== 0)
      context.unsupported(`${key} ${JSON.stringify(setting)}`);
  }
  return activated(context, value!, "relu");
}

function sum(context: LayerContext, inputs: readonly KerasValue[]): KerasValue {
  const [first, ...others] = inputs;
  if (first === undefined) return context.fail("adds nothing");
  const { builder, name } = context;
  let signal = straight(first.features, builder, name);
  for (const { features, hasTime } of others) {
    if (formatShape(features.shape) !== formatShape(first.features.shape) || hasTime !== first.hasTime)
      context.unsupported(`adds ${formatShape(first.features.shape)} and ${formatShape(features.shape)}`);
    signal = added(signal, straight(features, builder, name));
  }
  return { features: featuresOf(signal, first.features.shape), hasTime: first.hasTime };
}

function flatten(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  const { features, hasTime } = value!;
  if (hasTime) context.unsupported("joins timesteps");
  return { features: reshaped(features, [features.signal.size]), hasTime };
}

function reshape(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  const { features, hasTime } = value!;
  const target = context.config.target_shape;
  if (hasTime) context.unsupported("joins timesteps or parts of them");
  if (!Array.isArray(target) || !target.every((size) => Number.isSafeInteger(size)))
    return context.fail(`has the target_shape ${JSON.stringify(target)}`);
  const sizes = target as number[];
  const rest = features.signal.size / sizeOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? rest : size));
  if (sizeOf(shape) !== features.signal.size || shape.some((size) => size < 1 || !Number.isInteger(size)))
    return context.fail(`gives ${formatShape(features.shape)} the shape [${sizes.join(", ")}]`);
  return { features: reshaped(features, shape), hasTime };
}

function permute(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  const { features, hasTime } = value!;
  const dims = context.config.dims;
  const rank = features.shape.length;
  if (
    hasTime ||
    !Array.isArray(dims) ||
    dims.length !== rank ||
    [...dims].sort().some((dim, i) => dim !== i + 1)
  )
    return context.unsupported(
      `dims ${JSON.stringify(dims)} for ${formatShape(features.shape)}${hasTime ? " by timestep" : ""}`,
    );
  return {
    features: transposed(
      features,
      (dims as number[]).map((dim) => dim - 1),
    ),
    hasTime,
  };
}

/** The layer inside, for each timestep: as every layer here. */
function timeDistributed(context: LayerContext, [value]: readonly KerasValue[]): KerasValue {
  const inner = context.config.layer;
  if (!isObject(inner) || typeof inner.class_name !== "string" || !isObject(inner.config))
    return context.fail("holds no layer");
  const read = LAYERS.get(inner.class_name);
  if (
    read === undefined ||
    inner.class_name === "TimeDistributed" ||
    inner.class_name === "LSTM" ||
    inner.class_name === "GRU"
  )
    return context.unsupported(`holds a ${inner.class_name.slice(0, 80)}`);
  const { features } = value!;
  const result = read(context.wrapped(inner.class_name, inner.config), [{ features, hasTime: false }]);
  return { ...result, hasTime: true };
}
