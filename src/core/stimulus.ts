/** What a run is driven with: one entry a timestep. */
export type Stimulus = TokenStimulus | DenseStimulus;

export interface TokenStimulus {
  readonly kind: "tokens";
  /** Token ids; step t reads ids[t]. Shape [steps]. */
  readonly ids: Uint32Array;
  /** What each step should predict, for perplexity. Shape [steps]. */
  readonly targets?: Uint32Array;
  /** One line on where it came from, for the report. */
  readonly origin: string;
  readonly synthetic: boolean;
}

export interface DenseStimulus {
  readonly kind: "dense";
  readonly width: number;
  /** Shape [steps, width]. */
  readonly values: Float32Array;
  readonly origin: string;
  readonly synthetic: boolean;
  /** Of a synthetic one: drawn at rates that somebody gave. */
  readonly ratesGiven?: true;
}

export const stepsOf = (stimulus: Stimulus): number =>
  stimulus.kind === "tokens" ? stimulus.ids.length : stimulus.values.length / stimulus.width;

/**
 * How state crosses time. `window: n` restarts the hidden state every n steps and keeps the events
 * of the step before, as the reference's language models are trained; undefined carries both on.
 */
export interface StateCarry {
  readonly window?: number | undefined;
}
