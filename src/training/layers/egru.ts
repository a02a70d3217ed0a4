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

/** What one timestep leaves for the way back. Shape [batch, units] each. */
interface Step {
  readonly z: tf.Tensor2D;
  readonly r: tf.Tensor2D;
  readonly g: tf.Tensor2D;
  /** Recurrent part of g, before r scales it. */
  readonly rg: tf.Tensor2D;
  readonly c: tf.Tensor2D;
  /** 1 where an event was sent; absent in a GRU, which sends c throughout. */
  readonly o?: tf.Tensor2D;
  readonly y: tf.Tensor2D;
  readonly h: tf.Tensor2D;
}

/**
 * EGRU in the reference's form (docs/model.md, 1), gates z, r, g. A GRU is the same without events: it sends c and
 * keeps it, and this is what it gives without a surrogate.
 */
export const egruLayer =
  (surrogate: Surrogate): RecurrentLayer =>
  (x, weights, state) =>
    runGated(x, weights, state, surrogate);

/** torch's GRU: z and r change places in its tensors, n is our g. */
export const gruLayer: RecurrentLayer = (x, weights, state) => runGated(x, weights, state, undefined);

function runGated(
  x: tf.Tensor3D,
  weights: RecurrentWeights,
  initial: RecurrentState,
  surrogate: Surrogate | undefined,
): Forward {
  const units = weights.recurrentKernel.shape[0];
  const parts = splitGates(weights, units);
  const inputGates = inputSums(x, columns(weights.kernel, 0, 2 * units), parts.gateBias);
  const inputCandidate = inputSums(x, columns(weights.kernel, 2 * units, units), parts.candidateBias);
  const threshold = surrogate && weights.threshold!;
  const steps: Step[] = [];
  let { h, y } = initial;
  for (let t = 0; t < inputGates.length; t += 1) {
    const [before, sent] = [h, y];
    const step = scoped(() => stepGated(inputGates[t]!, inputCandidate[t]!, before, sent, parts, threshold));
    steps.push(step);
    ({ h, y } = step);
  }
  const sent = stacked(steps.map((step) => step.y));
  const events = surrogate && stacked(steps.map(({ o }) => o!));
  return {
    y: sent,
    state: { h, y },
    ...(events && { events }),
    backward: (dy, dEvents) => backThroughGates(x, weights, initial, steps, surrogate, dy, dEvents),
  };
}

interface Parts {
  readonly gateBias: tf.Tensor1D;
  readonly candidateBias: tf.Tensor1D;
  readonly recurrentGates: tf.Tensor2D;
  readonly recurrentCandidate: tf.Tensor2D;
  readonly recurrentCandidateBias: tf.Tensor1D;
}

function splitGates({ bias, recurrentBias, recurrentKernel }: RecurrentWeights, units: number): Parts {
  return {
    gateBias: tf.add(tf.slice(bias, 0, 2 * units), tf.slice(recurrentBias!, 0, 2 * units)),
    candidateBias: tf.slice(bias, 2 * units, units),
    recurrentGates: columns(recurrentKernel, 0, 2 * units),
    recurrentCandidate: columns(recurrentKernel, 2 * units, units),
    recurrentCandidateBias: tf.slice(recurrentBias!, 2 * units, units),
  };
}

function stepGated(
  inputGates: tf.Tensor2D,
  inputCandidate: tf.Tensor2D,
  h: tf.Tensor2D,
  y: tf.Tensor2D,
  parts: Parts,
  threshold: tf.Tensor1D | undefined,
): Step {
  const units = h.shape[1];
  const gates: tf.Tensor2D = tf.sigmoid(tf.add(inputGates, product(y, parts.recurrentGates)));
  const z = columns(gates, 0, units);
  const r = columns(gates, units, units);
  const rg = tf.fused.matMul({
    a: y,
    b: parts.recurrentCandidate,
    bias: parts.recurrentCandidateBias,
  }) as tf.Tensor2D;
  const g: tf.Tensor2D = tf.tanh(tf.add(inputCandidate, tf.mul(r, rg)));
  const c: tf.Tensor2D = tf.add(g, tf.mul(z, tf.sub(h, g)));
  if (threshold === undefined) return { z, r, g, rg, c, y: c, h: c };
  const o: tf.Tensor2D = tf.step(tf.sub(c, threshold));
  return { z, r, g, rg, c, o, y: tf.mul(o, c), h: tf.sub(c, tf.mul(o, threshold)) };
}

/**
 * From y = o·c, h = c − o·θ and the surrogate s of o: dc = dy·(o + c·s) + dh·(1 − θ·s), and from there as in any
 * GRU. Whatever does not depend on later steps is computed for all steps at once.
 */
function backThroughGates(
  x: tf.Tensor3D,
  weights: RecurrentWeights,
  initial: RecurrentState,
  steps: readonly Step[],
  surrogate: Surrogate | undefined,
  dy: tf.Tensor3D,
  dEvents: tf.Tensor3D | undefined,
): Backward {
  const hBefore = stacked([initial.h, ...steps.slice(0, -1).map(({ h }) => h)]);
  const yBefore = stacked([initial.y, ...steps.slice(0, -1).map(({ y }) => y)]);
  const slopes = gateSlopes(steps, hBefore);
  const emission = surrogate && emissionSlopes(steps, weights.threshold!, surrogate);
  const transposed = tf.transpose(weights.recurrentKernel);
  const incoming = unstacked(dy);
  const direct = dEvents && emission && unstacked(tf.mul(dEvents, emission.slope));
  const ofSteps: { dz: tf.Tensor2D; dr: tf.Tensor2D; dg: tf.Tensor2D; dRecurrent: tf.Tensor2D }[] = [];
  const dSent: tf.Tensor2D[] = [];
  const dKept: tf.Tensor2D[] = [];
  let carried = { dy: tf.zerosLike(initial.y), dh: tf.zerosLike(initial.h) };
  for (let t = steps.length - 1; t >= 0; t -= 1) {
    const step = scoped(() => {
      const dyNow = tf.add(incoming[t]!, carried.dy) as tf.Tensor2D;
      let dc: tf.Tensor2D = emission
        ? tf.add(tf.mul(dyNow, emission.ofSent[t]!), tf.mul(carried.dh, emission.ofKept[t]!))
        : tf.add(dyNow, carried.dh);
      if (direct) dc = tf.add(dc, direct[t]!);
      const dg = tf.mul(dc, slopes.g[t]!) as tf.Tensor2D;
      const dz = tf.mul(dc, slopes.z[t]!) as tf.Tensor2D;
      const dr = tf.mul(dg, slopes.r[t]!) as tf.Tensor2D;
      const dRecurrent = tf.concat([dz, dr, tf.mul(dg, steps[t]!.r) as tf.Tensor2D], 1);
      return {
        dyNow,
        dz,
        dr,
        dg,
        dRecurrent,
        dh: tf.mul(dc, steps[t]!.z) as tf.Tensor2D,
        dy: product(dRecurrent, transposed),
      };
    });
    dSent.unshift(step.dyNow);
    dKept.unshift(carried.dh);
    ofSteps.unshift(step);
    carried = step;
  }
  const dInput = tf.concat(
    [
      stacked(ofSteps.map(({ dz }) => dz)),
      stacked(ofSteps.map(({ dr }) => dr)),
      stacked(ofSteps.map(({ dg }) => dg)),
    ],
    2,
  );
  const { dx, gradients } = weightGradients(
    x,
    yBefore,
    dInput,
    stacked(ofSteps.map(({ dRecurrent }) => dRecurrent)),
    weights,
  );
  if (!emission) return { dx, gradients };
  const threshold = thresholdGradient(emission, weights.threshold!, stacked(dSent), stacked(dKept), dEvents);
  return { dx, gradients: { ...gradients, threshold } };
}

/** dz = dc·z', dg = dc·g', dr = dg·r', each as one [batch, units] a step. */
function gateSlopes(steps: readonly Step[], hBefore: tf.Tensor3D) {
  return scoped(() => {
    const z = stacked(steps.map((step) => step.z));
    const r = stacked(steps.map((step) => step.r));
    const g = stacked(steps.map((step) => step.g));
    const rg = stacked(steps.map((step) => step.rg));
    const notZ = tf.sub(1, z);
    return {
      z: unstacked(tf.mul(tf.sub(hBefore, g), tf.mul(z, notZ))),
      r: unstacked(tf.mul(rg, tf.mul(r, tf.sub(1, r)))),
      g: unstacked(tf.mul(notZ, tf.sub(1, tf.square(g)))),
    };
  });
}

function emissionSlopes(steps: readonly Step[], threshold: tf.Tensor1D, { dampening, support }: Surrogate) {
  return scoped(() => {
    const c = stacked(steps.map((step) => step.c));
    const o = stacked(steps.map((step) => step.o!));
    const distance = tf.abs(tf.sub(c, threshold));
    const slope = tf.mul(dampening, tf.relu(tf.sub(1, tf.mul(support, distance)))) as tf.Tensor3D;
    const ofSent = tf.add(o, tf.mul(c, slope)) as tf.Tensor3D;
    return {
      c,
      o,
      slope,
      ofSent: unstacked(ofSent),
      ofKept: unstacked(tf.sub(1, tf.mul(threshold, slope))),
    };
  });
}

/** θ lowers o through the surrogate, and h directly where an event was sent. Shape [units]. */
function thresholdGradient(
  { c, o, slope }: ReturnType<typeof emissionSlopes>,
  threshold: tf.Tensor1D,
  dSent: tf.Tensor3D,
  dKept: tf.Tensor3D,
  dEvents: tf.Tensor3D | undefined,
): tf.Tensor1D {
  return scoped(() => {
    let dEvent: tf.Tensor3D = tf.sub(tf.mul(dSent, c), tf.mul(dKept, threshold));
    if (dEvents) dEvent = tf.add(dEvent, dEvents);
    return tf.neg(sumOverSteps(tf.add(tf.mul(dEvent, slope), tf.mul(dKept, o))));
  });
}
