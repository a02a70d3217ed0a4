import type { StepView } from "../../simulator/simulate.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { SimulationResult } from "../core/result.ts";
import type { Quality } from "./quality.ts";
import { type LayerAgreement, type Recording, startComparison } from "./recording.ts";
import { runSample, type Sample } from "./trial.ts";

/** What one run of the sample showed. */
export interface Measurement {
  readonly quality: Quality;
  /** EGRU layers, in order of evaluation. */
  readonly layers: readonly LayerAgreement[];
  /** Values that did not fit their integers, by kind. */
  readonly saturations: SimulationResult["counts"]["saturations"];
}

/** Follows the steps of one run; told of each, then once that it is over. */
export interface RunTalk {
  readonly advance: (stepsDone: number) => void;
  readonly end: () => void;
}

/** Begins to follow a run of this name. */
export type Talk = (what: string) => RunTalk;

export const SILENT: Talk = () => ({ advance() {}, end() {} });

/** Runs `program` over the sample and holds it against what float32 did. */
export function measure(
  program: Program,
  profile: HardwareProfile,
  sample: Sample,
  recording: Recording,
  talk: RunTalk,
): Measurement {
  const comparison = startComparison(program, recording);
  const { evaluation, counts } = followed(talk, (advance) =>
    runSample(program, profile, sample, (step: number, view: StepView) => {
      comparison.observe(step, view);
      advance(step + 1);
    }),
  );
  return {
    quality: evaluation ? { kind: "perplexity", ...evaluation } : comparison.outputError()!,
    layers: comparison.layers(),
    saturations: counts.saturations,
  };
}

/** Ends the talk in any case. */
export function followed<Result>(talk: RunTalk, run: (advance: RunTalk["advance"]) => Result): Result {
  try {
    return run(talk.advance);
  } finally {
    talk.end();
  }
}
