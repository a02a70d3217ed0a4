import { sumOf } from "../core/counts.ts";

/** Of relative errors. */
export interface ErrorSummary {
  readonly n: number;
  /** Mean of absolute relative errors. */
  readonly mean: number;
  readonly worst: number;
}

/** A prediction beside its measurement, both above 0. */
export interface Pair {
  readonly predicted: number;
  readonly measured: number;
}

/** −0.1: a tenth too little. */
export const relativeError = ({ predicted, measured }: Pair): number => predicted / measured - 1;

export function summariseErrors(pairs: readonly Pair[]): ErrorSummary | undefined {
  if (pairs.length === 0) return undefined;
  const errors = pairs.map((pair) => Math.abs(relativeError(pair)));
  return { n: errors.length, mean: sumOf(errors) / errors.length, worst: Math.max(...errors) };
}

/** Below so many pairs a correlation says nothing. */
export const LEAST_FOR_PEARSON = 5;

/** Pearson's correlation of predicted and measured; undefined for too few pairs, or where one side does not vary. */
export function pearson(pairs: readonly Pair[]): number | undefined {
  const n = pairs.length;
  if (n < LEAST_FOR_PEARSON) return undefined;
  const meanOf = (of: (pair: Pair) => number) => sumOf(pairs.map(of)) / n;
  const [x, y] = [meanOf(({ predicted }) => predicted), meanOf(({ measured }) => measured)];
  const product = (of: (pair: Pair) => number) => sumOf(pairs.map(of));
  const xx = product(({ predicted }) => (predicted - x) ** 2);
  const yy = product(({ measured }) => (measured - y) ** 2);
  if (xx === 0 || yy === 0) return undefined;
  return product(({ predicted, measured }) => (predicted - x) * (measured - y)) / Math.sqrt(xx * yy);
}
