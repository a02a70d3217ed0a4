import { ACCUMULATOR_FRACTION_BITS, GATE_FRACTION_BITS } from "../../../src/core/number-format.ts";
import { send } from "../event-list.ts";
import {
  fromQ15,
  saturate,
  sigmoidFloat32,
  tableSigmoid,
  tableStep,
  tableTanh,
  tanhFloat32,
} from "./gates.ts";
import type { NeuronModel } from "./neuron-model.ts";

const { fround } = Math;

/** Two Q15 factors to a payload of Q23. */
const TO_PAYLOAD = 2 ** 7;

/**
 * c = σ(f)·c + σ(i)·tanh(g)    h = σ(o)·tanh(c)
 *
 * Sends h where it is not 0. Accumulators i, f, g, o; state c, integers with the accumulators' fraction bits.
 */
export const LSTM: NeuronModel = {
  stepFloat32({ size, sums, state }, events) {
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const kept = fround(sigmoidFloat32(sums[size + n]!) * state[n]!);
      const added = fround(sigmoidFloat32(sums[n]!) * tanhFloat32(sums[2 * size + n]!));
      const c = fround(kept + added);
      state[n] = c;
      const h = fround(sigmoidFloat32(sums[3 * size + n]!) * tanhFloat32(c));
      if (h !== 0) send(events, n, h);
    }
  },

  stepInteger({ size, sums, state, tables, accumulatorBits }, events, saturations) {
    const step = tableStep(accumulatorBits);
    const toState = 2 ** (ACCUMULATOR_FRACTION_BITS[accumulatorBits] - GATE_FRACTION_BITS);
    events.count = 0;
    for (const { first, end, sigmoid, tanh } of tables) {
      for (let n = first; n < end; n += 1) {
        const i = tableSigmoid(sigmoid, sums[n]!, step);
        const f = tableSigmoid(sigmoid, sums[size + n]!, step);
        const g = tableTanh(tanh, sums[2 * size + n]!, step);
        const o = tableSigmoid(sigmoid, sums[3 * size + n]!, step);
        const c = saturate(fromQ15(f * state[n]! + i * g * toState), accumulatorBits, saturations);
        state[n] = c;
        const h = Math.floor((o * tableTanh(tanh, c, step) + TO_PAYLOAD / 2) / TO_PAYLOAD);
        if (h !== 0) send(events, n, h);
      }
    }
  },
};
