import type { LifPopulation } from "../../../core/model-ir.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  GATE_FRACTION_BITS,
  SUM_FRACTION_BITS,
} from "../../../core/number-format.ts";
import { endOfRange, nearest, saturated, shiftedRight } from "../fixed-point.ts";
import { operationsOf, zerosLike } from "./float.ts";
import type { ReferenceKind } from "./reference-kind.ts";
import { payloadOfSum } from "./linear.ts";

/**
 * i = currentDecay·i + x + bias, v = potentialDecay·v + gain·i + leak. A spike where v > threshold, which is then taken off v,
 * or v set to `reset`; without threshold v is sent. Sums: x with the bias. State: i, v, integers with the accumulators' fraction
 * bits, factors in Q15.
 */
export const LIF: ReferenceKind<LifPopulation> = {
  states: 2,
  keepsEvents: false,
  fractionBits: () => SUM_FRACTION_BITS,
  biases: ({ bias }) => Float64Array.from(bias),

  step(layer, sums, state) {
    const { size, currentDecay, gain, potentialDecay, leak, threshold, reset } = layer;
    const { round } = operationsOf(sums);
    const y = zerosLike(sums, size);
    const c = zerosLike(sums, size);
    for (let n = 0; n < size; n += 1) {
      const i = round(round(currentDecay[n]! * state[n]!) + sums[n]!);
      const kept = round(potentialDecay[n]! * state[size + n]!);
      const v = round(round(kept + round(gain[n]! * i)) + leak[n]!);
      const spikes = threshold !== undefined && v > threshold[n]!;
      state[n] = i;
      state[size + n] = spikes ? (reset?.[n] ?? round(v - threshold[n]!)) : v;
      c[n] = v;
      y[n] = threshold === undefined ? v : Number(spikes);
    }
    return { y, c };
  },

  integerVectors({ currentDecay, gain, potentialDecay, leak, threshold, reset }, bits) {
    const factors = [currentDecay, gain, potentialDecay].map((values) =>
      Int32Array.from(values, (value) => nearest(value * 2 ** GATE_FRACTION_BITS)),
    );
    const sums = [leak, threshold, reset].flatMap((values) => {
      const one = 2 ** ACCUMULATOR_FRACTION_BITS[bits];
      return values
        ? Int32Array.from(values, (value) => saturated(nearest(value * one), endOfRange(bits)))
        : [];
    });
    return [...factors, ...sums];
  },

  stepInteger({ size }, { vectors }, sums, state, bits) {
    const [currentDecay, gain, potentialDecay, leak, threshold, reset] = vectors;
    const one = 2 ** GATE_FRACTION_BITS;
    const end = endOfRange(bits);
    const y = new Int32Array(size);
    const c = new Int32Array(size);
    for (let n = 0; n < size; n += 1) {
      const i = saturated(shiftedRight(currentDecay![n]! * state[n]! + one / 2, one) + sums[n]!, end);
      const driven = potentialDecay![n]! * state[size + n]! + gain![n]! * i;
      const v = saturated(shiftedRight(driven + one / 2, one) + leak![n]!, end);
      const spikes = threshold !== undefined && v > threshold[n]!;
      state[n] = i;
      state[size + n] = spikes ? (reset?.[n] ?? saturated(v - threshold[n]!, end)) : v;
      c[n] = v;
      if (threshold === undefined) y[n] = payloadOfSum(v, bits);
      else y[n] = spikes ? 2 ** SUM_FRACTION_BITS : 0;
    }
    return { y, c };
  },
};
