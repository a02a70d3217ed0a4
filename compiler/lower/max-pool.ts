import { LEAST_FLOAT32 } from "../../src/core/maxima.ts";
import { fanInsOf, type MaxPoolPopulation, type Projection } from "../../src/core/model-ir.ts";
import type { LoweredNeurons } from "./neurons.ts";
import { joined } from "./vectors.ts";

/** Accumulators largest and missing (src/core/maxima.ts); rows name the first alone. */
export function lowerMaxPool({ size }: MaxPoolPopulation, inbound: readonly Projection[]): LoweredNeurons {
  const fanIns = Float32Array.from(fanInsOf(inbound[0]!.weights));
  return {
    kind: "max-pool",
    accumulatorStart: joined(new Float32Array(size).fill(LEAST_FLOAT32), fanIns),
    parameters: [],
    gates: { 0: [0], 1: [0] },
  };
}
