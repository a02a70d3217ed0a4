import type { EgruPopulation, GruPopulation } from "../../../core/model-ir.ts";

/** Of two gates with both biases summed, then of a candidate whose parts stand apart. Shape [4 · size]. */
export function gatedBiases({ size, bias, recurrentBias }: EgruPopulation | GruPopulation): Float64Array {
  const sums = new Float64Array(4 * size);
  for (let i = 0; i < 2 * size; i += 1) sums[i] = bias[i]! + recurrentBias[i]!;
  sums.set(bias.subarray(2 * size), 2 * size);
  sums.set(recurrentBias.subarray(2 * size), 3 * size);
  return sums;
}
