import type { GruPopulation } from "../../../core/model-ir.ts";
import { GATE_FRACTION_BITS, PAYLOAD_LIMIT, STATE_FRACTION_BITS } from "../../../core/number-format.ts";
import { clamped, endOfRange, saturated, shiftedRight, sigmoid, tanh } from "../fixed-point.ts";
import { operationsOf } from "./float.ts";
import { gatedBiases } from "./gated-biases.ts";
import type { ReferenceKind } from "./reference-kind.ts";

/**
 * n = tanh(a_n + σ(a_r)∘b_n), h = (1 − σ(a_z))∘n + σ(a_z)∘h, sent where it is not 0. Sums: a_r, a_z, a_n, b_n. State: h,
 * integers in Q23.
 */
export const GRU: ReferenceKind<GruPopulation> = {
  states: 1,
  keepsEvents: false,
  fractionBits: () => STATE_FRACTION_BITS,
  lateBlocks: [0, 1, 3],
  biases: gatedBiases,

  step({ size }, sums, h) {
    const { round, sigmoid, tanh } = operationsOf(sums);
    for (let neuron = 0; neuron < size; neuron += 1) {
      const r = sigmoid(sums[neuron]!);
      const z = sigmoid(sums[size + neuron]!);
      const n = tanh(round(sums[2 * size + neuron]! + round(r * sums[3 * size + neuron]!)));
      h[neuron] = round(round(round(1 - z) * n) + round(z * h[neuron]!));
    }
    return { y: h.slice(), c: h.slice() };
  },

  integerVectors: () => [],

  stepInteger({ size }, _, sums, h, bits) {
    const one = 2 ** GATE_FRACTION_BITS;
    for (let neuron = 0; neuron < size; neuron += 1) {
      const r = sigmoid(sums[neuron]!, bits);
      const z = sigmoid(sums[size + neuron]!, bits);
      const late = shiftedRight(r * sums[3 * size + neuron]! + one / 2, one);
      const n = tanh(saturated(sums[2 * size + neuron]! + late, endOfRange(bits)), bits);
      const wide = n * 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS);
      const next = shiftedRight((one - z) * wide + z * h[neuron]! + one / 2, one);
      h[neuron] = clamped(next, PAYLOAD_LIMIT);
    }
    return { y: h.slice(), c: h.slice() };
  },
};
