import { UnsupportedError } from "../core/errors.ts";
import type { Quality } from "./quality.ts";
import { searchFormats } from "./search-formats.ts";
import type { Sensitivity } from "./sensitivity.ts";
import { describeFormats, totalBytes, type Trials } from "./trials.ts";

/** Formats that were chosen so that a model loses no more than is allowed. */
export interface BudgetedFormats {
  /** Largest loss that is allowed; see `lossOf`. */
  readonly budget: number;
  /** Projections in int16; all others are in int8. In the model's order. */
  readonly wide: readonly string[];
  readonly loss: number;
  readonly quality: Quality;
  /** Of all weights: as chosen, all in int8, all in int16. */
  readonly weightBytes: number;
  readonly narrowBytes: number;
  readonly wideBytes: number;
  /** Choices that were measured on the way, in order. */
  readonly tried: readonly {
    readonly wide: readonly string[];
    readonly loss: number;
    readonly quality: Quality;
  }[];
}

/** @throws UnsupportedError with the best that was found, where no choice keeps to the budget. */
export function chooseFormats(trials: Trials, sensitivity: Sensitivity, budget: number): BudgetedFormats {
  const candidates = sensitivity.projections.map(({ name, wideBytes, narrowBytes, harm }) => ({
    name,
    harm,
    bytes: wideBytes - narrowBytes,
  }));
  const { chosen, tried } = searchFormats(candidates, budget, (wide) => trials.run(wide).loss);
  const qualities = tried.map((choice) => ({
    ...choice,
    quality: trials.run(choice.wide).measurement.quality,
  }));
  if (chosen === undefined) throw outOfReach(trials.projections, qualities, budget);
  const { measurement, weights } = trials.run(chosen.wide);
  return {
    budget,
    ...chosen,
    quality: measurement.quality,
    weightBytes: totalBytes(weights),
    narrowBytes: totalBytes(sensitivity.narrow.weights),
    wideBytes: totalBytes(sensitivity.wide.weights),
    tried: qualities,
  };
}

function outOfReach(
  projections: readonly string[],
  tried: BudgetedFormats["tried"],
  budget: number,
): UnsupportedError {
  const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a));
  return new UnsupportedError(
    `No choice of int8 and int16 that was tried keeps to the budget of ${percent(budget)}: the best is ` +
      `${describeQuality(best.quality, best.loss)}, with ${describeFormats(projections, best.wide)}.`,
    "Allow a larger --budget, choose another --scales, or use float32.",
  );
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** For messages: "a perplexity of 118.9 (+1.8 %)". */
export const describeQuality = (quality: Quality, loss: number): string =>
  quality.kind === "perplexity"
    ? `a perplexity of ${quality.perplexity.toPrecision(5)} (${loss < 0 ? "" : "+"}${percent(loss)})`
    : `an output error of ${percent(loss)}`;
