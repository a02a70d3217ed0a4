import type { GruPopulation } from "../../src/core/model-ir.ts";
import type { LoweredNeurons } from "./neurons.ts";
import { added, joined } from "./vectors.ts";

/** Accumulators r and z hold both sums; n has an input part and, from recurrent events, a part that r scales. */
export function lowerGru({ size, bias, recurrentBias }: GruPopulation): LoweredNeurons {
  const candidate = 2 * size;
  return {
    kind: "gru",
    accumulatorStart: joined(
      added(bias.subarray(0, candidate), recurrentBias.subarray(0, candidate)),
      bias.subarray(candidate),
      recurrentBias.subarray(candidate),
    ),
    parameters: [],
    gates: { 0: [0, 1, 2], 1: [0, 1, 3] },
  };
}
