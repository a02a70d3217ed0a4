/** A distribution in equal bins between its extremes, with its moments. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  /** Values by bin. */
  readonly bins: readonly number[];
}

const BINS = 40;

/** Of values that are not zero where `withoutZeros`, as pruned weights say nothing. */
export function distributionOf(arrays: readonly Float32Array[], withoutZeros: boolean): Distribution {
  let [count, sum, squares, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const each = (visit: (value: number) => void): void => {
    for (const values of arrays) for (const value of values) if (!withoutZeros || value !== 0) visit(value);
  };
  each((value) => {
    count += 1;
    sum += value;
    squares += value * value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  });
  const bins = new Array<number>(BINS).fill(0);
  if (count === 0) return { count, mean: 0, deviation: 0, min: 0, max: 0, bins };
  const width = max > min ? (max - min) / BINS : 1;
  each((value) => (bins[Math.min(BINS - 1, Math.floor((value - min) / width))]! += 1));
  const mean = sum / count;
  return { count, mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)), min, max, bins };
}
