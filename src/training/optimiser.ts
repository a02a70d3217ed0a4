import * as tf from "@tensorflow/tfjs-core";
import { scoped } from "./layers/sequence-ops.ts";
import { Parameters } from "./parameters.ts";
import type { ParameterShape } from "./shape.ts";

/** Loshchilov and Hutter's AdamW, with decay apart for weights and biases. */
export interface OptimiserSettings {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Of kernels, recurrent kernels, embedding and decoder, and of biases. Thresholds do not decay. */
  readonly weightDecay: { readonly weights: number; readonly biases: number };
  /** Largest norm of all gradients together; none where absent. */
  readonly clip?: number | undefined;
}

export interface LearningRates {
  readonly weights: number;
  readonly thresholds: number;
}

/** First and second moments of the gradients, by parameter. */
export interface Moments {
  readonly first: Parameters;
  readonly second: Parameters;
}

export function zeroMoments(shapes: readonly ParameterShape[]): Moments {
  const zeros = () => {
    const moments = new Parameters(shapes);
    for (const { name, shape } of shapes) moments.set(name, tf.zeros([...shape]));
    return moments;
  };
  return { first: zeros(), second: zeros() };
}

/**
 * One step of AdamW. Frees the gradients. Pruned weights get no gradient and stay 0; thresholds stay in [0, 1], where the
 * reference clamps them at each use.
 *
 * @param step  Counted from 1, for the moments' bias.
 * @param masks 1 where a weight is kept, by parameter.
 * @returns The norm of all gradients before clipping.
 */
export function optimise(
  parameters: Parameters,
  moments: Moments,
  gradients: ReadonlyMap<string, tf.Tensor>,
  masks: ReadonlyMap<string, tf.Tensor>,
  step: number,
  rates: LearningRates,
  settings: OptimiserSettings,
): number {
  const masked = new Map<string, tf.Tensor>();
  for (const [name, gradient] of gradients) {
    const mask = masks.get(name);
    masked.set(name, mask ? tf.mul(gradient, mask) : gradient);
    if (mask) gradient.dispose();
  }
  const norm = globalNorm(masked.values());
  const factor = settings.clip !== undefined && norm > settings.clip ? settings.clip / (norm + 1e-6) : 1;
  for (const { name, role } of parameters.shapes) {
    const gradient = masked.get(name);
    const rate = role === "threshold" ? rates.thresholds : rates.weights;
    if (gradient !== undefined && rate > 0) {
      const decay = decayOf(role, settings);
      const mask = masks.get(name);
      const next = scoped(() => {
        const clipped = factor === 1 ? gradient : tf.mul(gradient, factor);
        const updated = adamW(parameters.get(name), clipped, moments, name, step, rate, decay, settings);
        const bounded = role === "threshold" ? tf.clipByValue(updated.value, 0, 1) : updated.value;
        return { ...updated, value: mask ? tf.mul(bounded, mask) : bounded };
      });
      parameters.set(name, next.value);
      moments.first.set(name, next.first);
      moments.second.set(name, next.second);
    }
    gradient?.dispose();
  }
  return norm;
}

function decayOf(role: ParameterShape["role"], { weightDecay }: OptimiserSettings): number {
  if (role === "threshold") return 0;
  return role === "bias" ? weightDecay.biases : weightDecay.weights;
}

function adamW(
  value: tf.Tensor,
  gradient: tf.Tensor,
  moments: Moments,
  name: string,
  step: number,
  rate: number,
  decay: number,
  { betas: [beta1, beta2], epsilon }: OptimiserSettings,
) {
  const first = blend(moments.first.get(name), gradient, beta1);
  const second = blend(moments.second.get(name), tf.square(gradient), beta2);
  const scale = Math.sqrt(1 - beta2 ** step);
  // m̂ / (√v̂ + ε) with the moments' biases drawn out of the tensors.
  const direction = tf.div(first, tf.add(tf.sqrt(second), epsilon * scale));
  const moved = tf.sub(
    tf.mul(value, 1 - rate * decay),
    tf.mul(direction, (rate * scale) / (1 - beta1 ** step)),
  );
  return { value: moved, first, second };
}

const blend = (before: tf.Tensor, now: tf.Tensor, beta: number): tf.Tensor =>
  beta === 0 ? tf.clone(now) : tf.add(tf.mul(before, beta), tf.mul(now, 1 - beta));

export function globalNorm(gradients: Iterable<tf.Tensor>): number {
  let squares = 0;
  for (const gradient of gradients) {
    squares += scoped(() => tf.sum(tf.square(gradient)).dataSync()[0]!);
  }
  return Math.sqrt(squares);
}
