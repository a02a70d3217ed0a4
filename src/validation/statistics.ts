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

export interface Interval {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval; undefined where the series is too short for one. */
  readonly halfWidth?: number;
}

const BATCHES = 10;
/** 97.5 % quantile of Student's t with 9 degrees of freedom. */
const T_QUANTILE = 2.262;

/**
 * Mean of a series with its 95 % confidence interval by batch means: ten contiguous batches of equal length, whose means
 * are taken as independent, as consecutive timesteps are not. A rest that fills no batch counts in the mean alone.
 */
export function meanWithInterval(series: ArrayLike<number>): Interval {
  const values = Array.from(series);
  const mean = sumOf(values) / values.length;
  const length = Math.floor(values.length / BATCHES);
  if (length === 0) return { mean };
  const means = Array.from(
    { length: BATCHES },
    (_, batch) => sumOf(values.slice(batch * length, (batch + 1) * length)) / length,
  );
  const centre = sumOf(means) / BATCHES;
  const variance = sumOf(means.map((value) => (value - centre) ** 2)) / (BATCHES - 1);
  return { mean, halfWidth: T_QUANTILE * Math.sqrt(variance / BATCHES) };
}
