import { elementsOf as elementsOfMaps } from "../../core/convolution.ts";
import type { MapShape, WeightMatrix } from "../../core/model-ir.ts";
import type { NetworkBuilder } from "./network-builder.ts";
import { permutation, scaled, shifted, type Signal } from "./signal.ts";

/**
 * A signal with the shape that the file gives it. Where the file's order of elements is not the populations' (channels last,
 * transposed), `order[i]` is the signal's element that stands at place i of the file.
 */
export interface Features {
  readonly shape: readonly number[];
  readonly signal: Signal;
  readonly order?: Uint32Array;
}

export const featuresOf = (signal: Signal, shape: readonly number[] = [signal.size]): Features => ({
  shape,
  signal,
});

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** The same elements in the same order, counted by another shape. */
export const reshaped = (features: Features, shape: readonly number[]): Features => ({ ...features, shape });

/** Axis d of the result is axis `axes[d]`. */
export function transposed(features: Features, axes: readonly number[]): Features {
  const { shape, signal, order } = features;
  if (axes.every((axis, d) => axis === d)) return features;
  const strides = shape.map((_, d) => sizeOf(shape.slice(d + 1)));
  const turned = axes.map((axis) => shape[axis]!);
  const places = new Uint32Array(signal.size);
  for (let i = 0; i < places.length; i += 1) {
    let rest = i;
    let at = 0;
    for (let d = axes.length - 1; d >= 0; d -= 1) {
      at += (rest % turned[d]!) * strides[axes[d]!]!;
      rest = Math.floor(rest / turned[d]!);
    }
    places[i] = order === undefined ? at : order[at]!;
  }
  return withOrder(signal, turned, places);
}

const withOrder = (signal: Signal, shape: readonly number[], order: Uint32Array): Features =>
  order.every((element, i) => element === i) ? { shape, signal } : { shape, signal, order };

/** Values by place of the file, put where the signal's elements stand. */
export function inElementOrder({ order }: Features, byPlace: Float32Array): Float32Array {
  if (order === undefined) return byPlace;
  const values = new Float32Array(byPlace.length);
  for (let i = 0; i < order.length; i += 1) values[order[i]!] = byPlace[i]!;
  return values;
}

/** The signal in the file's order: where that is another, neurons that bring it about. */
export function straight(features: Features, builder: NetworkBuilder, wish: string): Signal {
  const { order, signal } = features;
  if (order === undefined) return signal;
  const placeOf = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i += 1) placeOf[order[i]!] = i;
  return builder.linear(builder.times(signal, permutation(placeOf), wish), `${wish}_order`);
}

/**
 * The elements times a full matrix.
 * @param values Shape [targets, places of the file].
 */
export function timesMatrix(
  features: Features,
  values: Float32Array,
  targets: number,
  builder: NetworkBuilder,
  wish: string,
  bias?: Float32Array,
): Signal {
  const { signal, order } = features;
  const sources = signal.size;
  let ordered = values;
  if (order !== undefined) {
    ordered = new Float32Array(values.length);
    for (let target = 0; target < targets; target += 1)
      for (let i = 0; i < sources; i += 1)
        ordered[target * sources + order[i]!] = values[target * sources + i]!;
  }
  const weights: WeightMatrix = { kind: "dense", sources, targets, layout: "target-major", values: ordered };
  return builder.times(signal, weights, wish, bias);
}

/** @param values By place of the file. */
export const plusValues = (features: Features, values: Float32Array): Features => ({
  ...features,
  signal: shifted(features.signal, inElementOrder(features, values)),
});

/** @param factors By place of the file. */
export const timesValues = (features: Features, factors: Float32Array): Features => ({
  ...features,
  signal: scaled(features.signal, inElementOrder(features, factors)),
});

/** Maps [channels, height, width] or, one-dimensional, [channels, width]. */
export function mapsOf(shape: readonly number[]): MapShape {
  const [channels, ...places] = shape;
  const [height, width] = places.length === 1 ? [1, places[0]!] : (places as [number, number]);
  return { channels: channels!, height, width };
}

/** One value for each channel, at all places of the maps. */
export function perChannel(maps: MapShape, values: Float32Array): Float32Array {
  const places = maps.height * maps.width;
  return Float32Array.from({ length: elementsOfMaps(maps) }, (_, i) => values[Math.floor(i / places)]!);
}
