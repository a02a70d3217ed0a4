import type { AgainstFloat32 } from "../compare/against-float32.ts";
import { type MeanInterval, meanOfSeries } from "../core/intervals.ts";
import type { Evaluation } from "../core/result.ts";
import type { AgainstFloat32Json, QualityJson } from "./quality-schema.ts";

export function qualityJson(evaluation: Evaluation): QualityJson {
  const { tokens, negativeLogLikelihood, perplexity, losses } = evaluation;
  const interval = exponential(meanOfSeries(losses));
  return {
    tokens,
    negativeLogLikelihoodNats: negativeLogLikelihood,
    perplexity,
    ...(interval && { perplexityInterval: interval }),
  };
}

export function againstFloat32Json(against: AgainstFloat32): AgainstFloat32Json {
  if (against.kind === "output-error") return { rmsError: against.rms, largestError: against.max };
  const interval = exponential(against.lossGrowth);
  return {
    float32Perplexity: against.perplexity,
    perplexityGrowth: Math.exp(against.lossGrowth.mean) - 1,
    ...(interval && { growthInterval: { low: interval.low - 1, high: interval.high - 1 } }),
  };
}

/** e to the ends of an interval of a mean loss: that of a perplexity. */
function exponential({ mean, halfWidth }: MeanInterval): { low: number; high: number } | undefined {
  if (halfWidth === undefined) return undefined;
  return { low: Math.exp(mean - halfWidth), high: Math.exp(mean + halfWidth) };
}
