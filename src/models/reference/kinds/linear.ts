import type { LinearPopulation } from "../../../core/model-ir.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  GATE_FRACTION_BITS,
  PAYLOAD_LIMIT,
  STATE_FRACTION_BITS,
  SUM_FRACTION_BITS,
} from "../../../core/number-format.ts";
import type { FloatArray } from "../executor.ts";
import { clamped, nearest, sigmoid, tanh } from "../fixed-point.ts";
import { operationsOf } from "./float.ts";
import type { ReferenceKind } from "./reference-kind.ts";

/** An accumulator's value as a payload of Q16 (docs/model.md, 2: Linear layers). */
export const payloadOfSum = (sum: number, bits: AccumulatorBits): number =>
  clamped(nearest(sum / 2 ** (ACCUMULATOR_FRACTION_BITS[bits] - SUM_FRACTION_BITS)), PAYLOAD_LIMIT);

/** Sums through the layer's non-linearity, in the precision of the array. */
export function activated({ activation }: LinearPopulation, sums: FloatArray): FloatArray {
  const { sigmoid, tanh } = operationsOf(sums);
  if (activation === undefined) return sums.slice();
  return sums.map({ relu: (sum: number) => Math.max(sum, 0), sigmoid, tanh }[activation]);
}

/** A sum, sent where it is not 0 after the non-linearity. No state. */
export const LINEAR: ReferenceKind<LinearPopulation> = {
  states: 0,
  keepsEvents: false,
  fractionBits: ({ activation }) =>
    activation === "sigmoid" || activation === "tanh" ? STATE_FRACTION_BITS : SUM_FRACTION_BITS,
  biases: ({ bias }) => Float64Array.from(bias),

  step(layer, sums) {
    const y = activated(layer, sums);
    return { y, c: y.slice() };
  },

  integerVectors: () => [],

  stepInteger({ activation }, _, sums, __, bits) {
    const wide = (gate: number) =>
      clamped(gate * 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS), PAYLOAD_LIMIT);
    const y = sums.map((sum) => {
      if (activation === "sigmoid") return wide(sigmoid(sum, bits));
      if (activation === "tanh") return wide(tanh(sum, bits));
      const payload = payloadOfSum(sum, bits);
      return activation === "relu" ? Math.max(payload, 0) : payload;
    });
    return { y, c: y.slice() };
  },
};
