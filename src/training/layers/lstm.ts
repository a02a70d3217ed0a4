import * as tf from "@tensorflow/tfjs-core";
import type { Backward, RecurrentLayer, RecurrentState, RecurrentWeights } from "./recurrent-layer.ts";
import { columns, inputSums, product, scoped, stacked, unstacked, weightGradients } from "./sequence-ops.ts";

interface Step {
  readonly i: tf.Tensor2D;
  readonly f: tf.Tensor2D;
  readonly o: tf.Tensor2D;
  readonly g: tf.Tensor2D;
  /** tanh of the cell. */
  readonly squashed: tf.Tensor2D;
  /** The cell. */
  readonly h: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}

/**
 * LSTM as torch's, but with gates in the order i, f, o, g: i, f, o = σ, g = tanh, cell = f∘cell' + i∘g,
 * y = o∘tanh(cell). All units are active in every timestep.
 */
export const lstmLayer: RecurrentLayer = (x, weights, initial) => {
  const units = weights.recurrentKernel.shape[0];
  const bias: tf.Tensor1D = tf.add(weights.bias, weights.recurrentBias!);
  const inputs = inputSums(x, weights.kernel, bias);
  const steps: Step[] = [];
  let { h, y } = initial;
  for (let t = 0; t < inputs.length; t += 1) {
    const [cell, sent] = [h, y];
    const step = scoped((): Step => {
      const sums: tf.Tensor2D = tf.add(inputs[t]!, product(sent, weights.recurrentKernel));
      const gates: tf.Tensor2D = tf.sigmoid(columns(sums, 0, 3 * units));
      const [i, f, o] = [0, 1, 2].map((gate) => columns(gates, gate * units, units)) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const g: tf.Tensor2D = tf.tanh(columns(sums, 3 * units, units));
      const c: tf.Tensor2D = tf.add(tf.mul(f, cell), tf.mul(i, g));
      const squashed: tf.Tensor2D = tf.tanh(c);
      return { i, f, o, g, squashed, h: c, y: tf.mul(o, squashed) };
    });
    steps.push(step);
    ({ h, y } = step);
  }
  return {
    y: stacked(steps.map((step) => step.y)),
    state: { h, y },
    backward: (dy) => backThrough(x, weights, initial, steps, dy),
  };
};

function backThrough(
  x: tf.Tensor3D,
  weights: RecurrentWeights,
  initial: RecurrentState,
  steps: readonly Step[],
  dy: tf.Tensor3D,
): Backward {
  const before = stacked([initial.h, ...steps.slice(0, -1).map(({ h }) => h)]);
  const yBefore = stacked([initial.y, ...steps.slice(0, -1).map(({ y }) => y)]);
  const [i, f, o, g, squashed] = (["i", "f", "o", "g", "squashed"] as const).map((part) =>
    stacked(steps.map((step) => step[part])),
  ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const sigmoidSlope = (gate: tf.Tensor3D) => tf.mul(gate, tf.sub(1, gate));
  const tanhSlope = (value: tf.Tensor3D) => tf.sub(1, tf.square(value));
  const ofCell = unstacked(tf.mul(o, tanhSlope(squashed)));
  const ofO = unstacked(tf.mul(squashed, sigmoidSlope(o)));
  const ofI = unstacked(tf.mul(g, sigmoidSlope(i)));
  const ofF = unstacked(tf.mul(before, sigmoidSlope(f)));
  const ofG = unstacked(tf.mul(i, tanhSlope(g)));
  const transposed = tf.transpose(weights.recurrentKernel);
  const incoming = unstacked(dy);
  const dSums: tf.Tensor2D[] = [];
  let carried = { dy: tf.zerosLike(initial.y), dCell: tf.zerosLike(initial.h) };
  for (let t = steps.length - 1; t >= 0; t -= 1) {
    const step = scoped(() => {
      const dyNow = tf.add(incoming[t]!, carried.dy);
      const dc = tf.add(tf.mul(dyNow, ofCell[t]!), carried.dCell);
      const parts = [tf.mul(dc, ofI[t]!), tf.mul(dc, ofF[t]!), tf.mul(dyNow, ofO[t]!), tf.mul(dc, ofG[t]!)];
      const dSum = tf.concat(parts as tf.Tensor2D[], 1);
      return { dSum, dy: product(dSum, transposed), dCell: tf.mul(dc, steps[t]!.f) as tf.Tensor2D };
    });
    dSums.unshift(step.dSum);
    carried = step;
  }
  const all = stacked(dSums);
  return weightGradients(x, yBefore, all, all, weights);
}
