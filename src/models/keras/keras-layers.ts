import { formatShape } from "../../formats/tensors.ts";
import {
  featuresOf,
  plusValues,
  reshaped,
  sizeOf,
  straight,
  timesMatrix,
  timesValues,
  transposed,
} from "../graph/features.ts";
import { added } from "../graph/signal.ts";
import { turned } from "../matrix-layout.ts";
import { isObject } from "./keras-config.ts";
import { activated, type KerasValue, type LayerContext } from "./layer-context.ts";
import { conv, globalPooling, pooling } from "./map-layers.ts";
import { recurrent } from "./recurrent-layers.ts";

type Reader = (context: LayerContext, inputs: readonly KerasValue[]) => KerasValue;

const unchanged: Reader = (_, [value]) => value!;

/** Layers that are read. */
export const LAYERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Dense", dense],
  ["LSTM", (context, [value]) => recurrent(context, value!, "lstm")],
  ["GRU", (context, [value]) => recurrent(context, value!, "gru")],
  ["Conv1D", (context, [value]) => conv(context, value!, 1)],
  ["Conv2D", (context, [value]) => conv(context, value!, 2)],
  ["AveragePooling1D", (context, [value]) => pooling(context, value!, 1, "mean")],
  ["AveragePooling2D", (context, [value]) => pooling(context, value!, 2, "mean")],
  ["MaxPooling1D", (context, [value]) => pooling(context, value!, 1, "max")],
  ["MaxPooling2D", (context, [value]) => pooling(context, value!, 2, "max")],
  ["GlobalAveragePooling1D", (context, [value]) => globalPooling(context, value!, 1, "mean")],
  ["GlobalAveragePooling2D", (context, [value]) => globalPooling(context, value!, 2, "mean")],
  ["GlobalMaxPooling1D", (context, [value]) => globalPooling(context, value!, 1, "max")],
  ["GlobalMaxPooling2D", (context, [value]) => globalPooling(context, value!, 2, "max")],
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
