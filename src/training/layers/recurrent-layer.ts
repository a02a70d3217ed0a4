import type * as tf from "@tensorflow/tfjs-core";

/** What a layer carries from one timestep to the next. Shape [batch, units] each. */
export interface RecurrentState {
  /** The hidden state behind the event, or an LSTM's cell. */
  readonly h: tf.Tensor2D;
  /** What the layer sent last. */
  readonly y: tf.Tensor2D;
}

/**
 * A layer's parameters, used as `x @ W`. Gates stand side by side: z, r, g (EGRU), u, r, z (the paper's EGRU),
 * i, f, o, g (LSTM), z, r, n (GRU).
 */
export interface RecurrentWeights {
  /** Shape [inputs, gates · units]. */
  readonly kernel: tf.Tensor2D;
  /** Shape [units, gates · units]. */
  readonly recurrentKernel: tf.Tensor2D;
  /** Shape [gates · units]. */
  readonly bias: tf.Tensor1D;
  /** Shape [gates · units]; the paper's EGRU has none. */
  readonly recurrentBias?: tf.Tensor1D;
  /** Event thresholds of an EGRU, in [0, 1]. Shape [units]. */
  readonly threshold?: tf.Tensor1D;
}

export type RecurrentGradients = { readonly [Key in keyof RecurrentWeights]: RecurrentWeights[Key] };

export interface Forward {
  /** What the layer sends in each timestep. Shape [steps, batch, units]. */
  readonly y: tf.Tensor3D;
  readonly state: RecurrentState;
  /** 1 where an event was sent; absent where a layer has no events. Shape [steps, batch, units]. */
  readonly events?: tf.Tensor3D;
  /**
   * Gradients for the whole sequence, through time. The state that came in counts as a constant.
   * @param dy      Of what the layer sent. Shape [steps, batch, units].
   * @param dEvents Of the events themselves, which pass through the surrogate. Shape as dy.
   */
  readonly backward: (dy: tf.Tensor3D, dEvents?: tf.Tensor3D) => Backward;
}

export interface Backward {
  /** Shape [steps, batch, inputs]. */
  readonly dx: tf.Tensor3D;
  readonly gradients: RecurrentGradients;
}

/**
 * One recurrent layer over a sequence. Backpropagation through time is written out by hand: the gradient of a
 * transposed matrix product is slow on some backends, and a tape would hold all it meets. Call it inside
 * `tf.tidy`; what is needed for `backward` lives until that ends.
 *
 * @param x Shape [steps, batch, inputs].
 */
export type RecurrentLayer = (x: tf.Tensor3D, weights: RecurrentWeights, state: RecurrentState) => Forward;

/** Slope that stands in for the step's: dampening · max(0, 1 − support · |c − threshold|). */
export interface Surrogate {
  readonly dampening: number;
  readonly support: number;
}
