import type { Activity } from "../../compiler/place/problem.ts";

/** Activity of which sums can be told by counting: every neuron sends one event in each timestep. */
export const oneEventEach = (
  populations: readonly { readonly name: string; readonly size: number }[],
): Activity => new Map(populations.map(({ name, size }) => [name, new Float64Array(size).fill(1)]));
