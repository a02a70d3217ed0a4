export interface Axis {
  readonly label: string;
  /**
   * `sparsity`: evenly in the logarithm of 1 − x, so that 0.9, 0.99 and 0.999 stand equally far apart: what is left counts. Values
   * of 1 and more are left out, as those that have no logarithm are of a log scale.
   */
  readonly scale?: "linear" | "log" | "sparsity";
  readonly min?: number;
  readonly max?: number;
}

/** Places of an axis' values, in pixels. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly holds: (value: number) => boolean;
  readonly ticks: readonly number[];
}

/** About so many. */
const TICKS = 5;
/** A log scale with fewer is given even ticks. */
const FEWEST_TICKS = 3;

/** A scale over all values, a little wider than they are. */
export function scaleOf(
  { scale = "linear", min, max }: Axis,
  values: readonly number[],
  from: number,
  to: number,
): Scale {
  const { inner, outer, holds } = FORMS[scale];
  const usable = values.filter((value) => Number.isFinite(value) && holds(value));
  let low = inner(min ?? least(usable) ?? (scale === "log" ? 1 : 0));
  let high = inner(max ?? most(usable) ?? (scale === "log" ? 10 : 0.9));
  if (high === low) {
    const around = scale === "linear" ? Math.abs(low) / 2 || 0.5 : 0.5;
    [low, high] = [low - around, high + around];
  }
  const margin = 0.04 * (high - low);
  if (min === undefined) low -= margin;
  if (max === undefined) high += margin;
  const at = (value: number) => from + ((inner(value) - low) / (high - low)) * (to - from);
  return { at, holds, ticks: ticksOf(scale, low, high, [outer(low), outer(high)]) };
}

interface Form {
  readonly inner: (value: number) => number;
  readonly outer: (value: number) => number;
  readonly holds: (value: number) => boolean;
}

const FORMS: Readonly<Record<NonNullable<Axis["scale"]>, Form>> = {
  linear: { inner: (value) => value, outer: (value) => value, holds: () => true },
  log: { inner: Math.log10, outer: (value) => 10 ** value, holds: (value) => value > 0 },
  sparsity: {
    inner: (value) => -Math.log10(1 - value),
    outer: (value) => 1 - 10 ** -value,
    holds: (value) => value < 1,
  },
};

function ticksOf(
  scale: NonNullable<Axis["scale"]>,
  low: number,
  high: number,
  [first, last]: readonly [number, number],
): readonly number[] {
  if (scale === "linear") return linearTicks(low, high);
  if (scale === "sparsity")
    // 0, 0.5, 0.8, 0.9, 0.95, …
    return logTicks(-high, -low, [1, 2, 5])
      .map((left) => Number((1 - left).toPrecision(12)))
      .reverse();
  const factors = high - low < 1.2 ? [1, 1.5, 2, 3, 4, 5, 7] : high - low < 3 ? [1, 2, 5] : [1];
  const ticks = logTicks(low, high, factors);
  return ticks.length < FEWEST_TICKS ? linearTicks(first, last) : ticks;
}

function linearTicks(low: number, high: number): number[] {
  const raw = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= 0.7 * raw) ?? raw;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function logTicks(low: number, high: number, factors: readonly number[]): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += 1)
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (Math.log10(tick) >= low && Math.log10(tick) <= high) ticks.push(tick);
    }
  return ticks;
}

export function tickText(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (magnitude >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(4)));
}

const least = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b));
