import type { EgruPopulation } from "../../../core/model-ir.ts";
import { GATE_FRACTION_BITS, STATE_FRACTION_BITS } from "../../../core/number-format.ts";
import { endOfRange, nearest, saturated, shiftedRight, sigmoid, tanh } from "../fixed-point.ts";
import { operationsOf, zerosLike } from "./float.ts";
import type { ReferenceKind } from "./reference-kind.ts";
import { gatedBiases } from "./gated-biases.ts";

/**
 * z = σ(a_z), r = σ(a_r), g = tanh(a_g + r∘b_g), c = z∘h + (1 − z)∘g; an event carries c where c > threshold, which is then
 * taken off the state. Sums: a_z, a_r, a_g, b_g. State: h, integers in Q23.
 */
export const EGRU: ReferenceKind<EgruPopulation> = {
  states: 1,
  keepsEvents: true,
  fractionBits: () => STATE_FRACTION_BITS,
  lateBlocks: [0, 1, 3],
  biases: gatedBiases,

  step({ size, threshold }, sums, h) {
    const { round, sigmoid, tanh } = operationsOf(sums);
    const y = zerosLike(sums, size);
    const c = zerosLike(sums, size);
    for (let n = 0; n < size; n += 1) {
      const z = sigmoid(sums[n]!);
      const r = sigmoid(sums[size + n]!);
      const g = tanh(round(sums[2 * size + n]! + round(r * sums[3 * size + n]!)));
      const state = round(round(z * h[n]!) + round(round(1 - z) * g));
      const fires = state > threshold[n]!;
      c[n] = state;
      y[n] = fires ? state : 0;
      h[n] = fires ? round(state - threshold[n]!) : state;
    }
    return { y, c };
  },

  integerVectors: ({ threshold }) => [
    Int32Array.from(threshold, (value) => nearest(value * 2 ** STATE_FRACTION_BITS)),
  ],

  stepInteger({ size }, { vectors: [threshold] }, sums, h, bits) {
    const one = 2 ** GATE_FRACTION_BITS;
    const y = new Int32Array(size);
    const c = new Int32Array(size);
    for (let n = 0; n < size; n += 1) {
      const z = sigmoid(sums[n]!, bits);
      const r = sigmoid(sums[size + n]!, bits);
      const late = shiftedRight(r * sums[3 * size + n]! + one / 2, one);
      const g = tanh(saturated(sums[2 * size + n]! + late, endOfRange(bits)), bits);
      const wide = g * 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS);
      const state = shiftedRight(z * h[n]! + (one - z) * wide + one / 2, one);
      const fires = state > threshold![n]!;
      c[n] = state;
      y[n] = fires ? state : 0;
      h[n] = fires ? state - threshold![n]! : state;
    }
    return { y, c };
  },
};
