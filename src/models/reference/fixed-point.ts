import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  GATE_FRACTION_BITS,
  TABLE_INTERVALS,
  TABLE_STEP_BITS,
} from "../../core/number-format.ts";

/**
 * The integer arithmetic of docs/model.md, 2, in doubles. It is exact: all integers that occur stay below
 * 2^53 (the largest products are payload · multiplier < 2^47 and scaled payload · weight < 2^46), and a
 * division by a power of two only changes the exponent, so that Math.floor sees the true quotient.
 */

/** ⌊x⌉ = ⌊x + ½⌋. */
export const nearest = (x: number): number => Math.floor(x + 0.5);

/** x >> log2(unit), rounding down; `unit` is a power of two. */
export const shiftedRight = (x: number, unit: number): number => Math.floor(x / unit);

/** x kept within ±limit. */
export const clamped = (x: number, limit: number): number => Math.min(Math.max(x, -limit), limit);

/** Two's-complement integers of so many bits are −end … end − 1. */
export const endOfRange = (bits: number): number => 2 ** (bits - 1);

/** x kept within −end … end − 1. */
export const saturated = (x: number, end: number): number => Math.min(Math.max(x, -end), end - 1);

/** ⌊f(i / 64) · 2^15⌉ for i = 0 … 512. */
const tableOf = (f: (x: number) => number): readonly number[] =>
  Array.from({ length: TABLE_INTERVALS + 1 }, (_, i) =>
    nearest(f(i / 2 ** TABLE_STEP_BITS) * 2 ** GATE_FRACTION_BITS),
  );

export const SIGMOID_TABLE = tableOf((x) => 1 / (1 + Math.exp(-x)));
export const TANH_TABLE = tableOf(Math.tanh);

/** The table's value at |x|, between its points on a straight line. x has F fraction bits; the result is Q15. */
function tableAt(table: readonly number[], x: number, fractionBits: number): number {
  const magnitude = Math.abs(x);
  const spacing = 2 ** (fractionBits - TABLE_STEP_BITS);
  const i = shiftedRight(magnitude, spacing);
  if (i >= TABLE_INTERVALS) return table[TABLE_INTERVALS]!;
  const rest = magnitude - i * spacing;
  const rise = table[i + 1]! - table[i]!;
  return table[i]! + shiftedRight(rise * rest + spacing / 2, spacing);
}

/** σ of an accumulator value, Q15. */
export function sigmoid(x: number, bits: AccumulatorBits): number {
  const y = tableAt(SIGMOID_TABLE, x, ACCUMULATOR_FRACTION_BITS[bits]);
  return x < 0 ? 2 ** GATE_FRACTION_BITS - y : y;
}

/** tanh of an accumulator value, Q15. */
export function tanh(x: number, bits: AccumulatorBits): number {
  const y = tableAt(TANH_TABLE, x, ACCUMULATOR_FRACTION_BITS[bits]);
  return x < 0 ? -y : y;
}
