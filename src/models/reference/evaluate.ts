import { InputError, MismatchError } from "../../core/errors.ts";
import type { ModelIr } from "../../core/model-ir.ts";
import type { Evaluation } from "../../core/result.ts";
import { type Stimulus, stepsOf } from "../../core/stimulus.ts";
import { createReference, type ReferenceOptions } from "./dense-executor.ts";
import type { FloatArray, ReferenceExecutor, ReferenceProjection, StateArray } from "./executor.ts";

/** What a reference run saw. The fields of Evaluation are present where the stimulus has targets. */
export interface ReferenceEvaluation extends Partial<Evaluation> {
  readonly steps: number;
  /** EGRU layers in order of evaluation. */
  readonly eventsPerLayer: readonly number[];
  /** For each EGRU layer, shape [steps]. */
  readonly eventsPerStep: readonly Uint32Array[];
  readonly synopsPerProjection: readonly (ReferenceProjection & { readonly synops: number })[];
}

/** −ln softmax(logits)[target], in float64. */
export function negativeLogLikelihood(logits: FloatArray, target: number): number {
  if (!Number.isInteger(target) || target < 0 || target >= logits.length)
    throw new InputError(
      { field: "target" },
      `target ${target} is not one of the ${logits.length} outputs`,
      "Check that the model's last layer has one output for each word of the vocabulary.",
    );
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return Math.log(sum) - (logits[target]! - largest);
}

/** Runs the dense reference over a stimulus from its first step on, from a state of zeros. */
export const evaluate = (
  model: ModelIr,
  stimulus: Stimulus,
  options: ReferenceOptions,
): ReferenceEvaluation => evaluateWith(createReference(model, options), stimulus);

/** Runs any reference executor over a stimulus, from the state that it is in. */
export function evaluateWith<Values extends StateArray>(
  executor: ReferenceExecutor<Values>,
  stimulus: Stimulus,
): ReferenceEvaluation {
  const steps = stepsOf(stimulus);
  const targets = stimulus.kind === "tokens" ? stimulus.targets : undefined;
  if (targets !== undefined && targets.length !== steps)
    throw new MismatchError(
      `The stimulus has ${steps} steps, but ${targets.length} targets.`,
      "Give one target for each step.",
    );
  const eventsPerStep = executor.layers.map(() => new Uint32Array(steps));
  const synops = executor.projections.map(() => 0);
  const losses = new Float64Array(targets?.length ?? 0);
  let loss = 0;
  for (let t = 0; t < steps; t += 1) {
    const step = executor.step(inputAt(stimulus, t));
    for (const [layer, { events }] of step.layers.entries()) eventsPerStep[layer]![t] = events.length;
    for (const [projection, count] of step.synops.entries()) synops[projection]! += count;
    if (targets === undefined) continue;
    losses[t] = negativeLogLikelihood(step.output, targets[t]!);
    loss += losses[t]!;
  }
  return {
    steps,
    eventsPerLayer: eventsPerStep.map((counts) => counts.reduce((sum, count) => sum + count, 0)),
    eventsPerStep,
    synopsPerProjection: executor.projections.map((projection, i) => ({ ...projection, synops: synops[i]! })),
    ...(targets !== undefined && steps > 0
      ? { tokens: steps, negativeLogLikelihood: loss, perplexity: Math.exp(loss / steps), losses }
      : {}),
  };
}

const inputAt = (stimulus: Stimulus, step: number): number | Float32Array =>
  stimulus.kind === "tokens"
    ? stimulus.ids[step]!
    : stimulus.values.subarray(step * stimulus.width, (step + 1) * stimulus.width);
