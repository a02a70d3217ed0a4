import { UnsupportedError } from "../../core/errors.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  type IntegerFormat,
  MAX_MULTIPLIER_SHIFT,
  MULTIPLIER_LIMIT,
  PRODUCT_SHIFT,
  type Quantisation,
  SCALED_PAYLOAD_LIMIT,
  type ScaleGranularity,
  WEIGHT_LIMIT,
} from "../../core/number-format.ts";
import { clamped, endOfRange, nearest, saturated, shiftedRight } from "./fixed-point.ts";
import type { SourceRows } from "./source-rows.ts";

/** A quantisation to integers. */
export interface IntegerQuantisation extends Quantisation {
  readonly format: IntegerFormat;
}

/** Rows of integer weights, and how payloads are scaled before they meet them. */
export interface QuantisedRows extends SourceRows<Int32Array> {
  readonly format: IntegerFormat;
  /** One for each source row, 0 … 2^24 − 1. */
  readonly multiplier: Float64Array;
  readonly shift: number;
}

/**
 * Weights, multipliers and shift of one projection (docs/model.md, 2: Weights, Row multiplier).
 *
 * @param payloadFractionBits f of the payloads that the source sends.
 * @throws UnsupportedError where a weight is too large for any multiplier.
 */
export function quantiseRows(
  name: string,
  rows: SourceRows,
  payloadFractionBits: number,
  { format, scales, accumulatorBits }: IntegerQuantisation,
): QuantisedRows {
  const scale = scalesOf(rows, WEIGHT_LIMIT[format], scales);
  const exponent = ACCUMULATOR_FRACTION_BITS[accumulatorBits] + PRODUCT_SHIFT[format] - payloadFractionBits;
  const factors = scale.map((s) => s * 2 ** exponent);
  const shift = largestShift(factors.reduce((largest, e) => Math.max(largest, e), 0));
  if (shift === undefined)
    throw new UnsupportedError(
      `${name}: the weights are too large for ${format} with payloads of ${payloadFractionBits} fraction bits.`,
      "Use float32 for this model.",
    );
  return {
    ...integerRows(rows, scale, WEIGHT_LIMIT[format]),
    format,
    multiplier: factors.map((e) => nearest(e * 2 ** shift)),
    shift,
  };
}

/** max|w| / L of each row, or of the whole matrix for each row, perhaps the next power of two. Shape [sources]. */
function scalesOf({ rowStart, weight }: SourceRows, limit: number, scales: ScaleGranularity): Float64Array {
  const sources = rowStart.length - 1;
  const largest = (from: number, to: number) =>
    weight.subarray(from, to).reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const all = largest(0, weight.length);
  if (scales === "power-of-two") return new Float64Array(sources).fill(powerOfTwo(all, limit));
  return Float64Array.from(
    { length: sources },
    (_, source) => (scales === "row" ? largest(rowStart[source]!, rowStart[source + 1]!) : all) / limit,
  );
}

/** The smallest 2^n with largest ≤ L·2^n, found by comparing; 0 for no weight. */
function powerOfTwo(largest: number, limit: number): number {
  if (largest === 0) return 0;
  let power = 1;
  while (limit * power < largest) power *= 2;
  while (limit * (power / 2) >= largest) power /= 2;
  return power;
}

/** The largest k in 0 … 62 with ⌊e · 2^k⌉ < 2^24. */
function largestShift(largestFactor: number): number | undefined {
  for (let k = MAX_MULTIPLIER_SHIFT; k >= 0; k -= 1)
    if (nearest(largestFactor * 2 ** k) < MULTIPLIER_LIMIT) return k;
  return undefined;
}

/** q = clamp(⌊w/s⌉, ±L); those that come out as 0 are left out. */
function integerRows(rows: SourceRows, scale: Float64Array, limit: number): SourceRows<Int32Array> {
  const rowStart = new Uint32Array(rows.rowStart.length);
  const sum: number[] = [];
  const weight: number[] = [];
  for (const [source, s] of scale.entries()) {
    for (let i = rows.rowStart[source]!; i < rows.rowStart[source + 1]!; i += 1) {
      const q = clamped(nearest(rows.weight[i]! / s), limit);
      if (q === 0) continue;
      sum.push(rows.sum[i]!);
      weight.push(q);
    }
    rowStart[source + 1] = sum.length;
  }
  return { rowStart, sum: Uint32Array.from(sum), weight: Int32Array.from(weight) };
}

/**
 * sums += payloads · W (docs/model.md, 2: Synop), sources ascending, saturating after each addition.
 *
 * @param sums   Accumulators; overwritten.
 * @param graded Whether every source sends each step, also where its payload is 0.
 * @returns Weights met by an event.
 */
export function addQuantisedProducts(
  sums: Int32Array,
  payloads: Int32Array,
  { rowStart, sum, weight, format, multiplier, shift }: QuantisedRows,
  graded: boolean,
  { accumulatorBits }: Pick<Quantisation, "accumulatorBits">,
): number {
  const unit = 2 ** PRODUCT_SHIFT[format];
  const end = endOfRange(accumulatorBits);
  const limit = SCALED_PAYLOAD_LIMIT[format];
  let synops = 0;
  for (let source = 0; source < payloads.length; source += 1) {
    const payload = payloads[source]!;
    if (payload === 0 && !graded) continue;
    const next = rowStart[source + 1]!;
    synops += next - rowStart[source]!;
    const scaled = scaledPayload(payload, multiplier[source]!, 2 ** shift, limit);
    for (let i = rowStart[source]!; i < next; i += 1) {
      const product = shiftedRight(scaled * weight[i]!, unit);
      sums[sum[i]!] = saturated(sums[sum[i]!]! + product, end);
    }
  }
  return synops;
}

/**
 * clamp((payload · m + h_k) >> k), computed as ⌊payload · m / unit + ½⌋ with unit = 2^k, which is the same
 * number. The product stays below 2^47, so quotient and sum fit 53 bits up to k = 48. For larger k the
 * quotient lies within ±¼: the sum may be rounded, but stays between 0 and 1, and its floor is 0.
 */
export const scaledPayload = (payload: number, multiplier: number, unit: number, limit: number): number =>
  clamped(nearest((payload * multiplier) / unit), limit);
