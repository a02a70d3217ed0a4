import * as tf from "@tensorflow/tfjs-core";
import type {
  Backward,
  Forward,
  RecurrentLayer,
  RecurrentState,
  RecurrentWeights,
  Surrogate,
} from "./recurrent-layer.ts";
import {
  columns,
  inputSums,
  product,
  scoped,
  stacked,
  sumOverSteps,
  unstacked,
  weightGradients,
} from "./sequence-ops.ts";

interface Step {
  readonly u: tf.Tensor2D;
  readonly r: tf.Tensor2D;
  readonly z: tf.Tensor2D;
  /** State, before what it sends is taken off it in the next step. */
  readonly h: tf.Tensor2D;
  readonly o: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}

/**
 * EGRU as the paper writes it (Subramoney et al., ICLR 2023, eq. 4 to 7), gates u, r, z:
 *
 *     u = σ(W_u[x, y'])   r = σ(W_r[x, y'])   z = tanh(W_z[x, r∘y'])
 *     c = u∘z + (1 − u)∘c' − y'               y = c where c > θ
 *
 * Unlike the reference's: u admits the new value, r scales the events before the product, and an event clears
 * all of its neuron, one step later. There is one bias; σ' of the threshold is the same surrogate.
 */
export const paperEgruLayer =
  (surrogate: Surrogate): RecurrentLayer =>
  (x, weights, initial) => {
    const units = weights.recurrentKernel.shape[0];
    const { kernel, recurrentKernel, bias, threshold } = weights;
    const gateInputs = inputSums(x, columns(kernel, 0, 2 * units), tf.slice(bias, 0, 2 * units));
    const valueInputs = inputSums(x, columns(kernel, 2 * units, units), tf.slice(bias, 2 * units, units));
    const recurrentGates = columns(recurrentKernel, 0, 2 * units);
    const recurrentValue = columns(recurrentKernel, 2 * units, units);
    const steps: Step[] = [];
    let { h, y } = initial;
    for (let t = 0; t < gateInputs.length; t += 1) {
      const [before, sent] = [h, y];
      const step = scoped((): Step => {
        const gates = tf.sigmoid(tf.add(gateInputs[t]!, product(sent, recurrentGates))) as tf.Tensor2D;
        const u = columns(gates, 0, units);
        const r = columns(gates, units, units);
        const z: tf.Tensor2D = tf.tanh(tf.add(valueInputs[t]!, product(tf.mul(r, sent), recurrentValue)));
        const c: tf.Tensor2D = tf.sub(tf.add(before, tf.mul(u, tf.sub(z, before))), sent);
        const o: tf.Tensor2D = tf.step(tf.sub(c, threshold!));
        return { u, r, z, h: c, o, y: tf.mul(o, c) };
      });
      steps.push(step);
      ({ h, y } = step);
    }
    return {
      y: stacked(steps.map((step) => step.y)),
      events: stacked(steps.map(({ o }) => o)),
      state: { h, y },
      backward: (dy, dEvents) => backThrough(x, weights, initial, steps, surrogate, dy, dEvents),
    } satisfies Forward;
  };

/** dc = dy·(o + c·s) + what the next state needs; y is needed by the next step's gates, reset and clearing. */
function backThrough(
  x: tf.Tensor3D,
  weights: RecurrentWeights,
  initial: RecurrentState,
  steps: readonly Step[],
  { dampening, support }: Surrogate,
  dy: tf.Tensor3D,
  dEvents: tf.Tensor3D | undefined,
): Backward {
  const units = weights.recurrentKernel.shape[0];
  const hBefore = stacked([initial.h, ...steps.slice(0, -1).map(({ h }) => h)]);
  const yBefore = stacked([initial.y, ...steps.slice(0, -1).map(({ y }) => y)]);
  const [u, r, z, c, o] = (["u", "r", "z", "h", "o"] as const).map((part) =>
    stacked(steps.map((step) => step[part])),
  );
  const distance = tf.abs(tf.sub(c!, weights.threshold!));
  const slope: tf.Tensor3D = tf.mul(dampening, tf.relu(tf.sub(1, tf.mul(support, distance))));
  const ofSent = unstacked(tf.add(o!, tf.mul(c!, slope)));
  const notU = tf.sub(1, u!);
  const ofU = unstacked(tf.mul(tf.sub(z!, hBefore), tf.mul(u!, notU)));
  const ofZ = unstacked(tf.mul(u!, tf.sub(1, tf.square(z!))));
  const ofR = unstacked(tf.mul(yBefore, tf.mul(r!, tf.sub(1, r!))));
  const gatesBack = tf.transpose(columns(weights.recurrentKernel, 0, 2 * units));
  const valueBack = tf.transpose(columns(weights.recurrentKernel, 2 * units, units));
  const keeps = unstacked(notU as tf.Tensor3D);
  const incoming = unstacked(dy);
  const direct = dEvents && unstacked(tf.mul(dEvents, slope));
  const dGates: tf.Tensor2D[] = [];
  const dValues: tf.Tensor2D[] = [];
  const dSent: tf.Tensor2D[] = [];
  let carried = { dy: tf.zerosLike(initial.y), dh: tf.zerosLike(initial.h) };
  for (let t = steps.length - 1; t >= 0; t -= 1) {
    const step = scoped(() => {
      const dyNow: tf.Tensor2D = tf.add(incoming[t]!, carried.dy);
      let dc: tf.Tensor2D = tf.add(tf.mul(dyNow, ofSent[t]!), carried.dh);
      if (direct) dc = tf.add(dc, direct[t]!);
      const dValue: tf.Tensor2D = tf.mul(dc, ofZ[t]!);
      const dScaled = product(dValue, valueBack);
      const dGate = tf.concat(
        [tf.mul(dc, ofU[t]!) as tf.Tensor2D, tf.mul(dScaled, ofR[t]!) as tf.Tensor2D],
        1,
      );
      const dyBefore = tf.sub(tf.add(product(dGate, gatesBack), tf.mul(dScaled, steps[t]!.r)), dc);
      return { dyNow, dGate, dValue, dy: dyBefore as tf.Tensor2D, dh: tf.mul(dc, keeps[t]!) as tf.Tensor2D };
    });
    dSent.unshift(step.dyNow);
    dGates.unshift(step.dGate);
    dValues.unshift(step.dValue);
    carried = step;
  }
  const gateGradients = stacked(dGates);
  const valueGradients = stacked(dValues);
  const all = tf.concat([gateGradients, valueGradients], 2);
  const { dx, gradients } = weightGradients(x, yBefore, all, all, weights);
  // The candidate's recurrent product saw r∘y, not y.
  const scaled = tf.reshape(tf.mul(r!, yBefore), [-1, units]) as tf.Tensor2D;
  const recurrentValue = product(
    tf.transpose(scaled),
    tf.reshape(valueGradients, [-1, units]) as tf.Tensor2D,
  );
  let dEvent: tf.Tensor3D = tf.mul(stacked(dSent), c!);
  if (dEvents) dEvent = tf.add(dEvent, dEvents);
  return {
    dx,
    gradients: {
      ...gradients,
      recurrentKernel: tf.concat([columns(gradients.recurrentKernel, 0, 2 * units), recurrentValue], 1),
      threshold: tf.neg(sumOverSteps(tf.mul(dEvent, slope))),
    },
  };
}
