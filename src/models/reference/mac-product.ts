import {
  type AccumulatorBits,
  PRODUCT_SHIFT,
  type Quantisation,
  WEIGHT_LIMIT,
} from "../../core/number-format.ts";
import { clamped, endOfRange, nearest, saturated } from "./fixed-point.ts";
import type { QuantisedRows } from "./quantised-rows.ts";

/**
 * sums += payloads · W as the MAC arrays do it (docs/model.md, 2: Products on MAC arrays): payloads brought to int8 by a common
 * shift, sums in the array's accumulators, each scaled once.
 *
 * @param sums      Accumulators; overwritten.
 * @param graded    Whether every source sends each step, also where its payload is 0.
 * @param arrayBits Width of the array's accumulators.
 * @returns Weights met by an event.
 */
export function addMacProduct(
  sums: Int32Array,
  payloads: Int32Array,
  { rowStart, sum, weight, multiplier, shift }: QuantisedRows,
  graded: boolean,
  { accumulatorBits }: Pick<Quantisation, "accumulatorBits">,
  arrayBits: AccumulatorBits,
): number {
  const largest = payloads.reduce((most, payload) => Math.max(most, Math.abs(payload)), 0);
  let unit = 1;
  while (Math.floor(largest / unit) > WEIGHT_LIMIT.int8) unit *= 2;
  const end = endOfRange(arrayBits);
  const products = new Map<number, number>();
  let synops = 0;
  for (const [source, payload] of payloads.entries()) {
    if (payload === 0 && !graded) continue;
    const input = clamped(nearest(payload / unit), WEIGHT_LIMIT.int8);
    for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1) {
      synops += 1;
      products.set(sum[i]!, saturated((products.get(sum[i]!) ?? 0) + input * weight[i]!, end));
    }
  }
  // Of a matrix all multipliers are the same.
  const factor = BigInt(multiplier[0]!) * BigInt(unit);
  const divisor = 2n ** BigInt(shift + PRODUCT_SHIFT.int8);
  for (const [accumulator, product] of products) {
    const scaled = roundedQuotient(BigInt(product) * factor, divisor);
    sums[accumulator] = Number(
      saturatedWide(BigInt(sums[accumulator]!) + scaled, BigInt(endOfRange(accumulatorBits))),
    );
  }
  return synops;
}

/** ⌊x / divisor + ½⌋; products of sums and multipliers exceed what doubles hold exactly. */
function roundedQuotient(x: bigint, divisor: bigint): bigint {
  const twice = 2n * x + divisor;
  const quotient = twice / (2n * divisor);
  return twice < 0n && quotient * 2n * divisor !== twice ? quotient - 1n : quotient;
}

const saturatedWide = (x: bigint, end: bigint): bigint => (x < -end ? -end : x >= end ? end - 1n : x);
