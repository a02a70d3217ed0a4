import type { EgruPopulation } from "../../src/core/model-ir.ts";
import type { LoweredNeurons } from "./neurons.ts";
import { added, joined } from "./vectors.ts";

/** Accumulators z and r hold both sums; g has an input part and, from recurrent events, a part that r scales. */
export function lowerEgru({ size, bias, recurrentBias, threshold }: EgruPopulation): LoweredNeurons {
  const candidate = 2 * size;
  return {
    kind: "egru",
    accumulatorStart: joined(
      added(bias.subarray(0, candidate), recurrentBias.subarray(0, candidate)),
      bias.subarray(candidate),
      recurrentBias.subarray(candidate),
    ),
    parameters: [threshold],
    gates: { 0: [0, 1, 2], 1: [0, 1, 3] },
  };
}
