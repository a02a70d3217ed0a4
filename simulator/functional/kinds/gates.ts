import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  GATE_FRACTION_BITS,
  TABLE_INTERVALS,
  TABLE_STEP_BITS,
} from "../../../src/core/number-format.ts";
import type { Saturations } from "../saturations.ts";

const { fround } = Math;

/** Rounded after each operation. */
export const sigmoidFloat32 = (x: number): number => fround(1 / fround(1 + fround(Math.exp(-x))));
export const tanhFloat32 = (x: number): number => fround(Math.tanh(x));

/** 1.0 of gates, decays and gains: Q15. */
export const ONE = 2 ** GATE_FRACTION_BITS;

/** x >> 15, rounded to the nearest; exact below 2^52. */
export const fromQ15 = (x: number): number => Math.floor((x + ONE / 2) / ONE);

/** Exponent of the distance of two table entries, in accumulator units. */
export const tableStep = (bits: AccumulatorBits): number => ACCUMULATOR_FRACTION_BITS[bits] - TABLE_STEP_BITS;

/** A half table at |x|, interpolated; Q15. */
function lookUp(table: Uint16Array, x: number, step: number): number {
  const magnitude = Math.abs(x);
  const index = Math.floor(magnitude / 2 ** step);
  if (index >= TABLE_INTERVALS) return table[TABLE_INTERVALS]!;
  const low = table[index]!;
  const rest = magnitude - index * 2 ** step;
  return low + Math.floor(((table[index + 1]! - low) * rest + 2 ** (step - 1)) / 2 ** step);
}

/** Q15 of an accumulator value. */
export const tableSigmoid = (table: Uint16Array, x: number, step: number): number =>
  x < 0 ? ONE - lookUp(table, x, step) : lookUp(table, x, step);
export const tableTanh = (table: Uint16Array, x: number, step: number): number =>
  x < 0 ? -lookUp(table, x, step) : lookUp(table, x, step);

/** A value kept within an accumulator's range; counted where it was outside. */
export function saturate(x: number, bits: AccumulatorBits, saturations: Saturations): number {
  const end = 2 ** (bits - 1);
  if (x >= -end && x < end) return x;
  saturations.accumulator += 1;
  return x < 0 ? -end : end - 1;
}
