import { sumOf } from "./counts.ts";

/** A mean with its 95 % confidence interval. */
export interface MeanInterval {
  readonly mean: number;
  /** Half the interval's width; undefined where there are too few values for one. */
  readonly halfWidth?: number;
}

const BATCHES = 10;
/** 97.5 % quantile of the normal distribution. */
const NORMAL_QUANTILE = 1.96;

/** 95 % interval of a share of independent trials, after Wilson (J. Am. Stat. Assoc. 22, 1927). */
export function intervalOfShare(
  share: number,
  trials: number,
): { readonly low: number; readonly high: number } {
  const squared = NORMAL_QUANTILE ** 2 / trials;
  const middle = (share + squared / 2) / (1 + squared);
  const half =
    (NORMAL_QUANTILE * Math.sqrt((share * (1 - share)) / trials + squared / (4 * trials))) / (1 + squared);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** 97.5 % quantiles of Student's t with 1, 2, … 29 degrees of freedom. */
const T_QUANTILES = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045,
];
export const MOST_REPEATS = T_QUANTILES.length + 1;

/** Mean of independent values, at most `MOST_REPEATS`, with its interval by Student's t. */
export function meanOfIndependent(values: readonly number[]): MeanInterval {
  const n = values.length;
  const mean = sumOf(values) / n;
  if (n < 2) return { mean };
  const variance = sumOf(values.map((value) => (value - mean) ** 2)) / (n - 1);
  return { mean, halfWidth: T_QUANTILES[n - 2]! * Math.sqrt(variance / n) };
}

/**
 * Mean of a series with its interval by batch means: ten contiguous batches of equal length, whose means are taken as
 * independent, as consecutive values are not. A rest that fills no batch counts in the mean alone.
 */
export function meanOfSeries(series: ArrayLike<number>): MeanInterval {
  const values = Array.from(series);
  const mean = sumOf(values) / values.length;
  const length = Math.floor(values.length / BATCHES);
  if (length === 0) return { mean };
  const means = Array.from(
    { length: BATCHES },
    (_, batch) => sumOf(values.slice(batch * length, (batch + 1) * length)) / length,
  );
  return { ...meanOfIndependent(means), mean };
}
