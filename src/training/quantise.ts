import * as tf from "@tensorflow/tfjs-core";
import { type IntegerFormat, type ScaleGranularity, WEIGHT_LIMIT } from "../core/number-format.ts";
import { scoped } from "./layers/sequence-ops.ts";

/** Integer formats in which weights may be trained; the compiler's. */
export interface WeightFormat {
  readonly format: IntegerFormat;
  readonly scales: ScaleGranularity;
}

/**
 * Weights as the compiler will hold them (docs/model.md, 2): integers q = ⌊w/s⌉ times their scale. Gradients pass as if
 * nothing were rounded (straight through).
 *
 * @param matrix Rows are sources: a scale a row is a scale a fan-out row. Shape [sources, targets].
 */
export function asQuantised(matrix: tf.Tensor2D, { format, scales }: WeightFormat): tf.Tensor2D {
  const largest = WEIGHT_LIMIT[format];
  return scoped(() => {
    const magnitude = tf.abs(matrix);
    const most = scales === "row" ? tf.max(magnitude, 1, true) : tf.max(magnitude);
    const exact = tf.div(most, largest);
    // The smallest power of two that is large enough; a matrix without weights keeps scale 1.
    const scale =
      scales === "power-of-two"
        ? tf.scalar(powerOfTwoStep(most.dataSync()[0]!, largest))
        : tf.where(tf.greater(exact, 0), exact, tf.onesLike(exact));
    const rounded = tf.floor(tf.add(tf.div(matrix, scale), 0.5));
    return tf.mul(tf.clipByValue(rounded, -largest, largest), scale);
  });
}

/** The smallest power of two in whose steps the largest weight is at most `limit`; 1 where there is no weight. */
function powerOfTwoStep(most: number, limit: number): number {
  if (most === 0) return 1;
  let step = 2 ** Math.ceil(Math.log2(most / limit));
  while (step * limit < most) step *= 2;
  while ((step / 2) * limit >= most) step /= 2;
  return step;
}
