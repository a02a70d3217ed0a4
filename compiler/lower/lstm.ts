import type { LstmPopulation } from "../../src/core/model-ir.ts";
import type { LoweredNeurons } from "./neurons.ts";
import { added } from "./vectors.ts";

/** Accumulators i, f, g, o, each with the input and the recurrent sum. */
export const lowerLstm = ({ bias, recurrentBias }: LstmPopulation): LoweredNeurons => ({
  kind: "lstm",
  accumulatorStart: added(bias, recurrentBias),
  parameters: [],
  gates: { 0: [0, 1, 2, 3], 1: [0, 1, 2, 3] },
});
