import type { LifPopulation } from "../../src/core/model-ir.ts";
import type { LoweredNeurons } from "./neurons.ts";

/** One accumulator; the bias is what it starts from. */
export function lowerLif(population: LifPopulation): LoweredNeurons {
  const { bias, currentDecay, gain, potentialDecay, leak, threshold, reset } = population;
  const shared = [currentDecay, gain, potentialDecay, leak];
  const neurons = { accumulatorStart: bias, gates: { 0: [0], 1: [0] } } as const;
  if (threshold === undefined) return { ...neurons, kind: "integrator", parameters: shared };
  if (reset === undefined) return { ...neurons, kind: "lif", parameters: [...shared, threshold] };
  return { ...neurons, kind: "lif-reset", parameters: [...shared, threshold, reset] };
}
