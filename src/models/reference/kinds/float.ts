import type { FloatArray } from "../executor.ts";
import { rounded } from "../source-rows.ts";

/** Operations in the precision of an array: float32 rounds each, float64 none. */
export function operationsOf(values: FloatArray) {
  const single = values instanceof Float32Array;
  const round = (value: number) => rounded(single, value);
  return {
    round,
    sigmoid: (x: number) => round(1 / round(1 + round(Math.exp(-x)))),
    tanh: (x: number) => round(Math.tanh(x)),
  };
}

/** Zeros in the precision of an array. */
export const zerosLike = <Values extends FloatArray>(values: Values, length: number): Values =>
  values.slice(0, length).fill(0) as Values;
