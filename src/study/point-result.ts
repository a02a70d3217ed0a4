import type { Evaluation } from "../training/evaluate.ts";
import type { Distribution } from "./distribution.ts";
import type { PointFacts } from "./points.ts";

/** What a chip takes for a point's model, or why it cannot run it. */
export type ChipFigures =
  | {
      readonly profile: string;
      readonly operatingPoint: string;
      readonly format: string;
      readonly steps: number;
      readonly pes: number;
      /** Seconds from a token's (or a vector's) input to its result, mean. */
      readonly latencySeconds: number;
      /** Joules a token; a lower bound where `isLowerBound`, as costs of some actions are not known. */
      readonly energyJoules: number;
      readonly isLowerBound: boolean;
      readonly synopsPerToken: number;
      /** Of the tokens that ran here; a few, so that chance is in it. Integers and the reference's float32 differ, too. */
      readonly perplexity?: number;
      /** Whole sequences that ran here, and the share of which the class came out right. */
      readonly sequences?: number;
      readonly accuracy?: number;
    }
  | { readonly profile: string; readonly refused: string; readonly hint?: string };

/** A finished point. */
export interface PointResult extends PointFacts {
  readonly id: string;
  /** On the study's test text, or on the validation text. */
  readonly evaluation: Evaluation;
  readonly evaluatedOn: "test" | "validation";
  readonly bestEpoch: number;
  readonly measuredSparsity: number;
  /** λ_a: share of the dense MACs that silence alone leaves. λ_w: that pruning alone leaves. */
  readonly lambdaA: number;
  readonly lambdaW: number;
  /** Share of the dense MACs that is left as measured, and that over λ_a·λ_w, less one. */
  readonly measured: number;
  readonly residual: number;
  readonly weights: Distribution;
  readonly biases: Distribution;
  readonly chip?: ChipFigures;
}

/** What the product law predicts, beside what was measured. */
export function productLaw({
  macs,
}: Evaluation): Pick<PointResult, "lambdaA" | "lambdaW" | "measured" | "residual"> {
  const lambdaA = macs.active / macs.dense;
  const lambdaW = macs.kept / macs.dense;
  const measured = macs.effective / macs.dense;
  const product = lambdaA * lambdaW;
  return { lambdaA, lambdaW, measured, residual: product === 0 ? 0 : measured / product - 1 };
}
