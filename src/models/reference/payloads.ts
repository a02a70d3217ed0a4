import { type ModelIr, populationNamed, storedValuesOf } from "../../core/model-ir.ts";
import { DEFAULT_INPUT_FRACTION_BITS, PAYLOAD_LIMIT, STATE_FRACTION_BITS } from "../../core/number-format.ts";
import { clamped, nearest } from "./fixed-point.ts";
import { chipLayers, kindOf } from "./kinds/kinds.ts";

/** Fraction bits of a population's payloads: of layers on the chip their kind's, as wide as a table's values need, else Q20. */
export function fractionBitsOf(model: ModelIr, name: string): number {
  const { kind } = populationNamed(model, name);
  const layer = chipLayers(model.populations).find((own) => own.name === name);
  if (layer !== undefined) {
    const { fractionBits } = kindOf(layer);
    if (fractionBits !== "source's") return fractionBits(layer);
    return fractionBitsOf(model, model.projections.find(({ target }) => target === name)!.source);
  }
  if (kind !== "embedding") return DEFAULT_INPUT_FRACTION_BITS;
  let largest = 0;
  for (const { target, weights } of model.projections) {
    if (target !== name) continue;
    const values = storedValuesOf(weights);
    for (const value of values) largest = Math.max(largest, Math.abs(value));
  }
  let integerBits = 0; // ⌈log2 largest⌉, found by comparing, as Math.log2 rounds
  while (2 ** integerBits < largest) integerBits += 1;
  return STATE_FRACTION_BITS - integerBits;
}

/** ⌊x · 2^f⌉, clamped to ±(2^23 − 1): what the host sends. */
export const hostPayloads = (values: Float64Array, fractionBits: number): Int32Array =>
  Int32Array.from(values, (value) => clamped(nearest(value * 2 ** fractionBits), PAYLOAD_LIMIT));

/** What events stand for. */
export const valuesOfEvents = (payloads: Int32Array, fractionBits: number): Float64Array =>
  Float64Array.from(payloads, (payload) => payload / 2 ** fractionBits);
