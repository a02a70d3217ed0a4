/** How well a run's output is, by what the sample allows to say. */
export type Quality = PerplexityQuality | OutputError;

/** The model predicts tokens, and the sample says which ones came. */
export interface PerplexityQuality {
  readonly kind: "perplexity";
  readonly tokens: number;
  /** Sum over the tokens, in nats. */
  readonly negativeLogLikelihood: number;
  readonly perplexity: number;
}

/** There is nothing to predict: how far outputs lie from those of float32. Both are 0 for float32 itself. */
export interface OutputError {
  readonly kind: "output-error";
  /** Root mean square of the differences over that of the float32 outputs. */
  readonly rms: number;
  /** Largest difference over the largest float32 output. */
  readonly max: number;
}

/** By which share a run is worse than float32: the growth of the perplexity, or the RMS error. Negative: better. */
export const lossOf = (quality: Quality, float32: Quality): number =>
  quality.kind === "perplexity"
    ? quality.perplexity / (float32 as PerplexityQuality).perplexity - 1
    : quality.rms;
