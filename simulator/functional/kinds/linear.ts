import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  GATE_FRACTION_BITS,
  PAYLOAD_LIMIT,
  STATE_FRACTION_BITS,
  SUM_FRACTION_BITS,
} from "../../../src/core/number-format.ts";
import { send } from "../event-list.ts";
import { sigmoidFloat32, tableSigmoid, tableStep, tableTanh, tanhFloat32 } from "./gates.ts";
import type { NeuronModel, TableRange } from "./neuron-model.ts";

/** A value of the accumulators as a payload of Q16: rounded to the nearest, clamped to 24 bits. */
export function sumPayload(sum: number, bits: AccumulatorBits): number {
  const unit = 2 ** (ACCUMULATOR_FRACTION_BITS[bits] - SUM_FRACTION_BITS);
  const rounded = Math.floor(sum / unit + 0.5);
  return Math.min(Math.max(rounded, -PAYLOAD_LIMIT), PAYLOAD_LIMIT);
}

/** Sends f(sum) where it is not 0. One accumulator, no state. */
const sumModel = (float32: (sum: number) => number, integer: (payload: number) => number): NeuronModel => ({
  stepFloat32({ size, sums }, events) {
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const value = float32(sums[n]!);
      if (value !== 0) send(events, n, value);
    }
  },

  stepInteger({ size, sums, accumulatorBits }, events) {
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const payload = integer(sumPayload(sums[n]!, accumulatorBits));
      if (payload !== 0) send(events, n, payload);
    }
  },
});

/** The sum as it is. */
export const LINEAR = sumModel(
  (sum) => sum,
  (payload) => payload,
);

export const RELU = sumModel(
  (sum) => (sum > 0 ? sum : 0),
  (payload) => (payload > 0 ? payload : 0),
);

const TO_PAYLOAD = 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS);

/** Sends f(sum) where it is not 0; integers from a table, in Q23. */
const tableModel = (
  float32: (sum: number) => number,
  integer: (range: TableRange, sum: number, step: number) => number,
): NeuronModel => ({
  stepFloat32: sumModel(float32, () => 0).stepFloat32,

  stepInteger({ sums, tables, accumulatorBits }, events) {
    const step = tableStep(accumulatorBits);
    events.count = 0;
    for (const range of tables) {
      for (let n = range.first; n < range.end; n += 1) {
        const wide = integer(range, sums[n]!, step) * TO_PAYLOAD;
        const payload = Math.min(Math.max(wide, -PAYLOAD_LIMIT), PAYLOAD_LIMIT);
        if (payload !== 0) send(events, n, payload);
      }
    }
  },
});

export const SIGMOID = tableModel(sigmoidFloat32, ({ sigmoid }, sum, step) =>
  tableSigmoid(sigmoid, sum, step),
);

export const TANH = tableModel(tanhFloat32, ({ tanh }, sum, step) => tableTanh(tanh, sum, step));
