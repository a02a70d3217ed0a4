import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask, seedFor } from "./random-draws.ts";

/** Probabilities with which training leaves things out; 0 leaves nothing out. */
export interface Dropouts {
  /** Components of the input, the same in all steps of a window. */
  readonly embedding: number;
  /** Whole words of the vocabulary. */
  readonly words: number;
  /** Outputs of each recurrent layer, the same in all steps of a window. */
  readonly forward: number;
  /** Recurrent weights (DropConnect). */
  readonly connect: number;
}

/** What one step of training leaves out. Tensors belong to the scope in which they are first asked for. */
export interface Noise {
  /** Shape [1, batch, width]. */
  readonly inputMask: (batch: number, width: number) => tf.Tensor3D | undefined;
  /** One factor a word. */
  readonly wordFactors: (vocabulary: number) => Float32Array | undefined;
  /** Shape [1, batch, units]. */
  readonly layerMask: (layer: number, batch: number, units: number) => tf.Tensor3D | undefined;
  /** Shape of the layer's recurrent kernel; the same tensor each time. */
  readonly recurrentMask: (layer: number, shape: readonly [number, number]) => tf.Tensor2D | undefined;
}

export const NO_NOISE: Noise = {
  inputMask: () => undefined,
  wordFactors: () => undefined,
  layerMask: () => undefined,
  recurrentMask: () => undefined,
};

/** @param seed Of this step alone. */
export function drawNoise({ embedding, words, forward, connect }: Dropouts, seed: number): Noise {
  const recurrent = new Map<number, tf.Tensor2D>();
  const alike = (probability: number, batch: number, width: number, ...purpose: (string | number)[]) =>
    probability === 0
      ? undefined
      : tf.tensor3d(dropoutMask(seedFor(seed, ...purpose), batch * width, probability), [1, batch, width]);
  return {
    inputMask: (batch, width) => alike(embedding, batch, width, "embedding"),
    wordFactors: (vocabulary) =>
      words === 0 ? undefined : dropoutMask(seedFor(seed, "words"), vocabulary, words),
    layerMask: (layer, batch, units) => alike(forward, batch, units, "layer", layer),
    recurrentMask: (layer, shape) => {
      if (connect === 0) return undefined;
      const known = recurrent.get(layer);
      if (known !== undefined) return known;
      const values = dropoutMask(seedFor(seed, "connect", layer), shape[0] * shape[1], connect);
      const mask = tf.tensor2d(values, [...shape]);
      recurrent.set(layer, mask);
      return mask;
    },
  };
}
