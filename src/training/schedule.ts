import { randomNumbers } from "../core/random.ts";
import { normalNumbers, seedFor } from "./random-draws.ts";

/** How the learning rate goes over a training, counted in steps or in epochs alike. */
export interface RateSchedule {
  /** Rises linearly from 0 until here; 0 for none. In steps. */
  readonly warmupSteps: number;
  /** The cosine begins here. In epochs. */
  readonly cosineStart: number;
  /** Share of the rate at its end. */
  readonly finalShare: number;
}

/** Factor on the learning rate after `epoch` epochs, which need not be whole, of `epochs`. */
export function rateFactor(schedule: RateSchedule, epoch: number, epochs: number, step: number): number {
  const { warmupSteps, cosineStart, finalShare } = schedule;
  const rise = warmupSteps > 0 ? Math.min(1, (step + 1) / warmupSteps) : 1;
  if (epoch <= cosineStart || cosineStart >= epochs) return rise;
  const way = Math.min(1, (epoch - cosineStart) / (epochs - cosineStart));
  return rise * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * way)));
}

/** Lengths of the windows of truncated backpropagation: normal, around a shorter mean now and then. */
export interface WindowLengths {
  readonly mean: number;
  /** Share of draws around half the mean. */
  readonly shortShare: number;
  readonly deviation: number;
  readonly shortest: number;
}

/**
 * Cuts so many steps into windows: Normal(mean, or half of it in `shortShare` of the draws; deviation), no shorter than
 * `shortest`; the last one is what is left. The same epoch and seed, the same windows.
 */
export function windowsOf(
  steps: number,
  lengths: WindowLengths,
  seed: number,
  epoch: number,
): readonly number[] {
  const uniform = randomNumbers(seedFor(seed, "short windows", epoch));
  const normal = normalNumbers(seedFor(seed, "windows", epoch));
  const windows: number[] = [];
  for (let rest = steps; rest > 0;) {
    const mean = uniform() < lengths.shortShare ? lengths.mean / 2 : lengths.mean;
    const drawn = Math.max(lengths.shortest, Math.trunc(mean + lengths.deviation * normal()));
    const length = Math.min(drawn, rest);
    windows.push(length);
    rest -= length;
  }
  return windows;
}
