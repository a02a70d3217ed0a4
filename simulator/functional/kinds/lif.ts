import { type AccumulatorBits, SUM_FRACTION_BITS } from "../../../src/core/number-format.ts";
import { send } from "../event-list.ts";
import type { Saturations } from "../saturations.ts";
import { fromQ15, saturate } from "./gates.ts";
import { sumPayload } from "./linear.ts";
import type { FloatNeurons, IntegerNeurons, NeuronModel } from "./neuron-model.ts";

const { fround } = Math;

/** A spike's payload in integers. */
const SPIKE = 2 ** SUM_FRACTION_BITS;

/**
 * i = currentDecay·i + x    v = potentialDecay·v + gain·i + leak
 *
 * One accumulator x, whose start holds the bias; state i, v. Writes i and gives v, which the caller stores.
 */
function potentialFloat32({ size, sums, parameters, state }: FloatNeurons, n: number): number {
  const [currentDecay, gain, potentialDecay, leak] = parameters;
  const i = fround(fround(currentDecay![n]! * state[n]!) + sums[n]!);
  state[n] = i;
  const driven = fround(fround(potentialDecay![n]! * state[size + n]!) + fround(gain![n]! * i));
  return fround(driven + leak![n]!);
}

/** The same with factors in Q15 and the accumulators' fraction bits elsewhere; i and v saturate like accumulators. */
function potentialInteger(neurons: IntegerNeurons, n: number, saturations: Saturations): number {
  const { size, sums, parameters, state, accumulatorBits } = neurons;
  const [currentDecay, gain, potentialDecay, leak] = parameters;
  const i = saturate(fromQ15(currentDecay![n]! * state[n]!) + sums[n]!, accumulatorBits, saturations);
  state[n] = i;
  const driven = fromQ15(potentialDecay![n]! * state[size + n]! + gain![n]! * i);
  return saturate(driven + leak![n]!, accumulatorBits, saturations);
}

/** v after a spike: a value, or the threshold less; integers saturate. */
type Reset = (v: number, n: number, parameters: readonly (Float32Array | Int32Array)[]) => number;

const THRESHOLD = 4;
const RESET = 5;

const spiking = (reset: Reset): NeuronModel => ({
  stepFloat32(neurons, events) {
    const { size, parameters, state } = neurons;
    const threshold = parameters[THRESHOLD]!;
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const v = potentialFloat32(neurons, n);
      const fires = v > threshold[n]!;
      state[size + n] = fires ? fround(reset(v, n, parameters)) : v;
      if (fires) send(events, n, 1);
    }
  },

  stepInteger(neurons, events, saturations) {
    const { size, parameters, state, accumulatorBits } = neurons;
    const threshold = parameters[THRESHOLD]!;
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const v = potentialInteger(neurons, n, saturations);
      const fires = v > threshold[n]!;
      state[size + n] = fires ? saturate(reset(v, n, parameters), accumulatorBits, saturations) : v;
      if (fires) send(events, n, SPIKE);
    }
  },
});

/** The threshold is taken off v. */
export const LIF = spiking((v, n, parameters) => v - parameters[THRESHOLD]![n]!);

/** v is set to a value. */
export const LIF_RESET = spiking((_, n, parameters) => parameters[RESET]![n]!);

/** No threshold: sends v where it is not 0, integers as payloads of Q16. */
export const INTEGRATOR: NeuronModel = {
  stepFloat32(neurons, events) {
    const { size, state } = neurons;
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const v = potentialFloat32(neurons, n);
      state[size + n] = v;
      if (v !== 0) send(events, n, v);
    }
  },

  stepInteger(neurons, events, saturations) {
    const { size, state } = neurons;
    const bits: AccumulatorBits = neurons.accumulatorBits;
    events.count = 0;
    for (let n = 0; n < size; n += 1) {
      const v = potentialInteger(neurons, n, saturations);
      state[size + n] = v;
      const payload = sumPayload(v, bits);
      if (payload !== 0) send(events, n, payload);
    }
  },
};
