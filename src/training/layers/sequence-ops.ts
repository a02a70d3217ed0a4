import * as tf from "@tensorflow/tfjs-core";
import type { RecurrentGradients, RecurrentWeights } from "./recurrent-layer.ts";

/**
 * `tf.tidy` for results of any type: all tensors that `work` makes are freed, but for those in what it returns, at any
 * depth of plain objects and arrays. Tensors that only a function holds on to are freed.
 */
export const scoped = <Result>(work: () => Result): Result =>
  tf.tidy(work as () => tf.TensorContainer) as Result;

/** A matrix product with the type that it has. */
export const product = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D => tf.matMul(a, b);

/** Products over all timesteps at once; only what must wait for the step before stays in a loop. */

/** [steps, batch, width] as [steps · batch, width]; no copy. */
export const flat = (x: tf.Tensor3D): tf.Tensor2D => tf.reshape(x, [x.shape[0] * x.shape[1], x.shape[2]]);

/** Columns `begin … begin + count` of a matrix. */
export const columns = (matrix: tf.Tensor2D, begin: number, count: number): tf.Tensor2D =>
  tf.slice(matrix, [0, begin], [matrix.shape[0], count]);

/** x @ W + b for every timestep. Returns one [batch, columns] a timestep. */
export function inputSums(x: tf.Tensor3D, kernel: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D[] {
  const [steps, batch] = x.shape;
  const sums = tf.fused.matMul({ a: flat(x), b: kernel, bias });
  return unstacked(tf.reshape(sums, [steps, batch, kernel.shape[1]]));
}

export const stacked = (steps: readonly tf.Tensor2D[]): tf.Tensor3D =>
  tf.stack(steps as tf.Tensor2D[], 0) as tf.Tensor3D;

export const unstacked = (x: tf.Tensor3D): tf.Tensor2D[] => tf.unstack(x, 0) as tf.Tensor2D[];

/**
 * Gradients of input and weights from those of the sums.
 *
 * @param dInput     Of x @ kernel + bias, all gates. Shape [steps, batch, gates · units].
 * @param dRecurrent Of y @ recurrentKernel + recurrentBias. The same shape.
 * @param recurrentInput What the recurrent kernel was multiplied with. Shape [steps, batch, units].
 */
export function weightGradients(
  x: tf.Tensor3D,
  recurrentInput: tf.Tensor3D,
  dInput: tf.Tensor3D,
  dRecurrent: tf.Tensor3D,
  { kernel, recurrentBias }: RecurrentWeights,
): { readonly dx: tf.Tensor3D; readonly gradients: RecurrentGradients } {
  const flatInput = flat(dInput);
  const flatRecurrent = flat(dRecurrent);
  const bias = tf.sum(flatInput, 0) as tf.Tensor1D;
  return {
    dx: tf.reshape(product(flatInput, tf.transpose(kernel)), x.shape),
    gradients: {
      kernel: product(tf.transpose(flat(x)), flatInput),
      recurrentKernel: product(tf.transpose(flat(recurrentInput)), flatRecurrent),
      bias,
      ...(recurrentBias !== undefined && { recurrentBias: tf.sum(flatRecurrent, 0) as tf.Tensor1D }),
    },
  };
}

/** Sum over steps and batch. Shape [units]. */
export const sumOverSteps = (x: tf.Tensor3D): tf.Tensor1D => tf.sum(x, [0, 1]);
