import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  GATE_FRACTION_BITS,
  STATE_FRACTION_BITS,
  TABLE_INTERVALS,
  TABLE_STEP_BITS,
} from "../../src/core/number-format.ts";
import type { EventList } from "./event-list.ts";
import type { Saturations } from "./synapses.ts";

/** Neurons first … end − 1 of a population, which use the same σ and tanh tables (513 values each). */
export interface TableRange {
  readonly first: number;
  readonly end: number;
  readonly sigmoid: Uint16Array;
  readonly tanh: Uint16Array;
}

const ONE = 2 ** GATE_FRACTION_BITS;
const STATE_PER_GATE = 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS);

/** A half table at |x|, interpolated; Q15. `step` is the exponent of the distance of two entries. */
function lookUp(table: Uint16Array, magnitude: number, step: number): number {
  if (magnitude >= TABLE_INTERVALS << step) return table[TABLE_INTERVALS]!;
  const index = magnitude >> step;
  const rest = magnitude - (index << step);
  const low = table[index]!;
  return low + (((table[index + 1]! - low) * rest + (1 << (step - 1))) >> step);
}

/** Of a negative argument: σ(x) = 1 − σ(−x), tanh(x) = −tanh(−x). */
const sigmoidOf = (table: Uint16Array, x: number, step: number): number =>
  x < 0 ? ONE - lookUp(table, -x, step) : lookUp(table, x, step);
const tanhOf = (table: Uint16Array, x: number, step: number): number =>
  x < 0 ? -lookUp(table, -x, step) : lookUp(table, x, step);

/**
 * Advances one EGRU population by one timestep in integers (docs/model.md, 2). Products of up to 47 bits
 * are exact in float64; Math.floor then is the arithmetic shift.
 *
 * @param sums      Accumulators z, r, input part and recurrent part of g. Shape [4, neurons].
 * @param threshold Q23. Shape [neurons].
 * @param state     h in Q23; overwritten. Shape [neurons].
 * @param tables    Cover all neurons, ascending.
 * @param events    Overwritten with this step's events, payloads in Q23.
 */
export function stepEgruFixedPoint(
  sums: Int32Array,
  threshold: Int32Array,
  state: Int32Array,
  tables: readonly TableRange[],
  accumulatorBits: AccumulatorBits,
  events: EventList,
  saturations: Saturations,
): void {
  const { neurons, payloads } = events;
  const size = state.length;
  const step = ACCUMULATOR_FRACTION_BITS[accumulatorBits] - TABLE_STEP_BITS;
  const limit = 2 ** (accumulatorBits - 1);
  let count = 0;
  for (const { first, end, sigmoid, tanh } of tables) {
    for (let neuron = first; neuron < end; neuron += 1) {
      const z = sigmoidOf(sigmoid, sums[neuron]!, step);
      const r = sigmoidOf(sigmoid, sums[size + neuron]!, step);
      let sum = sums[2 * size + neuron]! + Math.floor((r * sums[3 * size + neuron]! + ONE / 2) / ONE);
      if (sum >= limit || sum < -limit) {
        saturations.accumulator += 1;
        sum = sum < 0 ? -limit : limit - 1;
      }
      const g = tanhOf(tanh, sum, step) * STATE_PER_GATE;
      const c = Math.floor((z * state[neuron]! + (ONE - z) * g + ONE / 2) / ONE);
      const bar = threshold[neuron]!;
      if (c > bar) {
        neurons[count] = neuron;
        payloads[count] = c;
        count += 1;
        state[neuron] = c - bar;
      } else state[neuron] = c;
    }
  }
  events.count = count;
}
