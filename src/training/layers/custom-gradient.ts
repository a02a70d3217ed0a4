import * as tf from "@tensorflow/tfjs-core";
import type { RecurrentLayer, RecurrentState, RecurrentWeights } from "./recurrent-layer.ts";

const PARTS = ["kernel", "recurrentKernel", "bias", "recurrentBias", "threshold"] as const;

/**
 * A recurrent layer as one operation for TensorFlow.js's own differentiation: what it sends, whose gradient is the one
 * written by hand. The forward pass is run again on the way back, so that nothing of it is held in between.
 *
 * @param x Shape [steps, batch, inputs]. @returns Shape [steps, batch, units].
 */
export function differentiable(
  layer: RecurrentLayer,
  x: tf.Tensor3D,
  weights: RecurrentWeights,
  state: RecurrentState,
): tf.Tensor3D {
  const present = PARTS.filter((part) => weights[part] !== undefined);
  const weightsFrom = (tensors: readonly tf.Tensor[]) =>
    Object.fromEntries(present.map((part, i) => [part, tensors[i]!])) as unknown as RecurrentWeights;
  const operation = tf.customGrad((...inputs) => {
    const save = inputs.at(-1) as unknown as tf.GradSaveFunc;
    const [first, ...rest] = inputs.slice(0, -1) as tf.Tensor[];
    save([first!, ...rest]);
    const { y } = layer(first as tf.Tensor3D, weightsFrom(rest), state);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [again, ...held] = saved;
        const { backward } = layer(again as tf.Tensor3D, weightsFrom(held), state);
        const { dx, gradients } = backward(dy as tf.Tensor3D);
        return [dx, ...present.map((part) => gradients[part]!)];
      },
    };
  });
  return operation(x, ...present.map((part) => weights[part]!)) as tf.Tensor3D;
}
