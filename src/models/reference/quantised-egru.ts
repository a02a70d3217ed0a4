import type { EgruPopulation } from "../../core/model-ir.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  GATE_FRACTION_BITS,
  STATE_FRACTION_BITS,
} from "../../core/number-format.ts";
import { eventsIn, type LayerStep } from "./executor.ts";
import { endOfRange, nearest, saturated, shiftedRight, sigmoid, tanh } from "./fixed-point.ts";
import { biases } from "./prepared-projections.ts";

/** An EGRU layer in integers. */
export interface QuantisedLayer {
  readonly name: string;
  readonly size: number;
  /** Shape [4, size]. */
  readonly accumulatorStart: Int32Array;
  /** Q23, shape [size]. */
  readonly threshold: Int32Array;
}

/** Biases, summed in float32, and thresholds in fixed point (docs/model.md, 2: Accumulator start). */
export function quantiseLayer(layer: EgruPopulation, bits: AccumulatorBits): QuantisedLayer {
  const { name, size, threshold } = layer;
  const one = 2 ** ACCUMULATOR_FRACTION_BITS[bits];
  return {
    name,
    size,
    accumulatorStart: Int32Array.from(biases(layer), (bias) =>
      saturated(nearest(Math.fround(bias) * one), endOfRange(bits)),
    ),
    threshold: Int32Array.from(threshold, (value) => nearest(value * 2 ** STATE_FRACTION_BITS)),
  };
}

/**
 * One EGRU layer, one timestep, in integers (docs/model.md, 2: Update).
 *
 * @param sums Accumulators z, r, input and recurrent part of g. Shape [4, size].
 * @param h    Hidden state, Q23; overwritten. Shape [size].
 */
export function stepQuantisedEgru(
  { name, size, threshold }: QuantisedLayer,
  sums: Int32Array,
  h: Int32Array,
  bits: AccumulatorBits,
): LayerStep<Int32Array> {
  const one = 2 ** GATE_FRACTION_BITS;
  const end = endOfRange(bits);
  const y = new Int32Array(size);
  const c = new Int32Array(size);
  for (let n = 0; n < size; n += 1) {
    const z = sigmoid(sums[n]!, bits);
    const r = sigmoid(sums[size + n]!, bits);
    const late = shiftedRight(r * sums[3 * size + n]! + one / 2, one);
    const g = tanh(saturated(sums[2 * size + n]! + late, end), bits);
    const wide = g * 2 ** (STATE_FRACTION_BITS - GATE_FRACTION_BITS);
    const state = shiftedRight(z * h[n]! + (one - z) * wide + one / 2, one);
    const fires = state > threshold[n]!;
    c[n] = state;
    y[n] = fires ? state : 0;
    h[n] = fires ? state - threshold[n]! : state;
  }
  return { name, y, h: h.slice(), c, events: eventsIn(y) };
}
