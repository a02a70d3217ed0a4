import type { LstmPopulation } from "../../../core/model-ir.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  GATE_FRACTION_BITS,
  STATE_FRACTION_BITS,
} from "../../../core/number-format.ts";
import { endOfRange, saturated, shiftedRight, sigmoid, tanh } from "../fixed-point.ts";
import { operationsOf, zerosLike } from "./float.ts";
import type { ReferenceKind } from "./reference-kind.ts";

/**
 * c = σ(a_f)∘c + σ(a_i)∘tanh(a_g), h = σ(a_o)∘tanh(c), sent where it is not 0. Sums: a_i, a_f, a_g, a_o. State: c, integers
 * with the accumulators' fraction bits.
 */
export const LSTM: ReferenceKind<LstmPopulation> = {
  states: 1,
  keepsEvents: false,
  fractionBits: () => STATE_FRACTION_BITS,
  biases: ({ bias, recurrentBias }) => Float64Array.from(bias, (own, i) => own + recurrentBias[i]!),

  step({ size }, sums, c) {
    const { round, sigmoid, tanh } = operationsOf(sums);
    const y = zerosLike(sums, size);
    for (let n = 0; n < size; n += 1) {
      const [i, f, g, o] = [sums[n]!, sums[size + n]!, sums[2 * size + n]!, sums[3 * size + n]!];
      c[n] = round(round(sigmoid(f) * c[n]!) + round(sigmoid(i) * tanh(g)));
      y[n] = round(sigmoid(o) * tanh(c[n]!));
    }
    return { y, c: y.slice() };
  },

  integerVectors: () => [],

  stepInteger({ size }, _, sums, c, bits) {
    const one = 2 ** GATE_FRACTION_BITS;
    const y = new Int32Array(size);
    for (let n = 0; n < size; n += 1) {
      const i = sigmoid(sums[n]!, bits);
      const f = sigmoid(sums[size + n]!, bits);
      const g = tanh(sums[2 * size + n]!, bits);
      const o = sigmoid(sums[3 * size + n]!, bits);
      const added = i * g * 2 ** (ACCUMULATOR_FRACTION_BITS[bits] - GATE_FRACTION_BITS);
      const cell = saturated(shiftedRight(f * c[n]! + added + one / 2, one), endOfRange(bits));
      c[n] = cell;
      const unit = 2 ** (2 * GATE_FRACTION_BITS - STATE_FRACTION_BITS);
      y[n] = shiftedRight(o * tanh(cell, bits) + unit / 2, unit);
    }
    return { y, c: y.slice() };
  },
};
