import type { LinearPopulation } from "../../src/core/model-ir.ts";
import type { LoweredNeurons } from "./neurons.ts";

/** One sum, with the bias as its start; the kind says what is made of it. */
export const lowerLinear = ({ bias, activation }: LinearPopulation): LoweredNeurons => ({
  kind: activation ?? "linear",
  accumulatorStart: bias,
  parameters: [],
  gates: { 0: [0], 1: [0] },
});
