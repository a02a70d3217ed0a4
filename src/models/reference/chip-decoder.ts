import type { AccumulatorBits } from "../../core/number-format.ts";
import { clamped, endOfRange, nearest, saturated } from "./fixed-point.ts";
import type { SourceRows } from "./source-rows.ts";

const INT8_LIMIT = 127;

/** A linear layer in int8, as the MAC arrays hold it. */
export interface Int8Layer {
  readonly rows: SourceRows<Int32Array>;
  /** One for each output, float32. */
  readonly scale: Float32Array;
  readonly bias: Float32Array;
}

/** s_o = max|w_o| / 127 in float32; weights ⌊w / s_o⌉ within ±127. */
export function int8Layer(rows: SourceRows, bias: Float32Array): Int8Layer {
  const largest = new Float64Array(bias.length);
  for (const [i, output] of rows.sum.entries())
    largest[output] = Math.max(largest[output]!, Math.abs(rows.weight[i]!));
  const scale = Float32Array.from(largest, (most) => most / INT8_LIMIT);
  const weight = Int32Array.from(rows.weight, (w, i) => int8(w, scale[rows.sum[i]!]!));
  return { rows: { ...rows, weight }, scale, bias };
}

const int8 = (value: number, scale: number): number =>
  scale === 0 ? 0 : clamped(nearest(value / scale), INT8_LIMIT);

/**
 * Logits of one timestep (docs/model.md, 2: Decoder on the chip).
 *
 * @param y What the layer reads. Shape [inputs].
 * @returns Shape [outputs], float64.
 */
export function int8Logits(
  layer: Int8Layer,
  y: Float64Array,
  accumulatorBits: AccumulatorBits,
): Float64Array {
  const { rows, scale, bias } = layer;
  const inputScale = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / INT8_LIMIT;
  const end = endOfRange(accumulatorBits);
  const sums = new Float64Array(bias.length);
  for (const [source, value] of y.entries()) {
    const input = int8(value, inputScale);
    if (input === 0) continue;
    for (let i = rows.rowStart[source]!; i < rows.rowStart[source + 1]!; i += 1) {
      const output = rows.sum[i]!;
      sums[output] = saturated(sums[output]! + input * rows.weight[i]!, end);
    }
  }
  return sums.map((sum, output) => sum * scale[output]! * inputScale + bias[output]!);
}
