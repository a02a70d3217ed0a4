import type { Evaluation } from "../../src/core/result.ts";
import type { Stimulus } from "../../src/core/stimulus.ts";
import { negativeLogLikelihood } from "../functional/host-stages.ts";
import type { OutputStage } from "./output.ts";

/** How well the output predicts the stimulus' targets; nothing is computed where it has none. */
export interface Score {
  /** Call once a step, when its output is there. */
  add(step: number): void;
  /** Undefined while nothing was scored. */
  evaluation(): Evaluation | undefined;
}

export function startScore(stimulus: Stimulus, output: OutputStage): Score {
  const targets = stimulus.kind === "tokens" ? stimulus.targets : undefined;
  const losses = new Float64Array(targets?.length ?? 0);
  let loss = 0;
  let tokens = 0;
  return {
    add(step) {
      const logits = targets === undefined ? undefined : output.logits();
      if (logits === undefined) return;
      losses[tokens] = negativeLogLikelihood(logits, targets![step]!);
      loss += losses[tokens]!;
      tokens += 1;
    },
    evaluation: () =>
      tokens === 0
        ? undefined
        : {
            tokens,
            negativeLogLikelihood: loss,
            perplexity: Math.exp(loss / tokens),
            losses: losses.slice(0, tokens),
          },
  };
}
