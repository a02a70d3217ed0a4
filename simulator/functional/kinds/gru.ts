import { GATE_FRACTION_BITS, PAYLOAD_LIMIT, STATE_FRACTION_BITS } from "../../../src/core/number-format.ts";
import { send } from "../event-list.ts";
import {
  fromQ15,
  ONE,
  saturate,
  sigmoidFloat32,
  tableSigmoid,
  tableStep,
  tableTanh,
  tanhFloat32,
} from "./gates.ts";
import type { NeuronModel } from "./neuron-model.ts";

const { fround } = Math;

const TO_STATE = 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS);

/**
 * n = tanh(a_n + σ(r)·b_n)    h = (1 − σ(z))·n + σ(z)·h
 *
 * Sends h where it is not 0. Accumulators r, z, a_n, b_n; state h, integers in Q23.
 */
export const GRU: NeuronModel = {
  stepFloat32({ size, sums, state }, events) {
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const late = fround(sigmoidFloat32(sums[n]!) * sums[3 * size + n]!);
      const z = sigmoidFloat32(sums[size + n]!);
      const candidate = tanhFloat32(fround(sums[2 * size + n]! + late));
      const h = fround(fround(fround(1 - z) * candidate) + fround(z * state[n]!));
      state[n] = h;
      if (h !== 0) send(events, n, h);
    }
  },

  stepInteger({ size, sums, state, tables, accumulatorBits }, events, saturations) {
    const step = tableStep(accumulatorBits);
    events.count = 0;
    for (const { first, end, sigmoid, tanh } of tables) {
      for (let n = first; n < end; n += 1) {
        const r = tableSigmoid(sigmoid, sums[n]!, step);
        const z = tableSigmoid(sigmoid, sums[size + n]!, step);
        const sum = sums[2 * size + n]! + fromQ15(r * sums[3 * size + n]!);
        const candidate = tableTanh(tanh, saturate(sum, accumulatorBits, saturations), step);
        const next = fromQ15((ONE - z) * candidate * TO_STATE + z * state[n]!);
        const h = Math.min(Math.max(next, -PAYLOAD_LIMIT), PAYLOAD_LIMIT);
        state[n] = h;
        if (h !== 0) send(events, n, h);
      }
    }
  },
};
