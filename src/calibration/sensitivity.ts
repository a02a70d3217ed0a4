import type { Quality } from "./quality.ts";
import type { Trial, Trials } from "./trials.ts";

/** What each projection loses by itself in the narrow format. */
export interface Sensitivity {
  /** All projections in int16, and all in int8. */
  readonly wide: Trial;
  readonly narrow: Trial;
  /** In the model's order. */
  readonly projections: readonly ProjectionSensitivity[];
}

export interface ProjectionSensitivity {
  readonly name: string;
  /** Weights that are stored in int16; int8 rounds some more of them to 0. */
  readonly synapses: number;
  readonly wideBytes: number;
  readonly narrowBytes: number;
  /** This projection in int8, all others in int16. */
  readonly alone: Quality;
  readonly loss: number;
  /** By which that is worse than all in int16. Negative: better. */
  readonly harm: number;
}

/** Measures each projection alone in int8, all others in int16. */
export function sensitivityOf(trials: Trials): Sensitivity {
  const { projections } = trials;
  const [wide, narrow] = [trials.run(projections), trials.run([])];
  return {
    wide,
    narrow,
    projections: projections.map((name) => {
      const { measurement, loss } = trials.run(projections.filter((other) => other !== name));
      const { synapses, bytes } = wide.weights.get(name)!;
      return {
        name,
        synapses,
        wideBytes: bytes,
        narrowBytes: narrow.weights.get(name)!.bytes,
        alone: measurement.quality,
        loss,
        harm: loss - wide.loss,
      };
    }),
  };
}
