import type { ModelIr, Population } from "../../core/model-ir.ts";
import type { PreparedProjection } from "./prepared-projections.ts";

/** What a projection brings to its target in one timestep. */
export interface Incoming<Output> {
  readonly projection: PreparedProjection;
  /** Of the source, in this timestep or the one before. */
  readonly y: Output;
}

/**
 * One timestep: all populations in order of evaluation, each from what its projections bring, in the
 * model's order.
 *
 * @param input  Output of the first population.
 * @param before Outputs of the timestep before; at first of the layers on the chip only, so that what else is
 *               projected with a delay brings nothing yet.
 * @returns Outputs of this timestep, by population.
 */
export function runPopulations<Output>(
  model: ModelIr,
  projections: readonly PreparedProjection[],
  input: Output,
  before: ReadonlyMap<string, Output>,
  outputOf: (population: Population, incoming: readonly Incoming<Output>[]) => Output,
): Map<string, Output> {
  const [first, ...others] = model.populations;
  const now = new Map([[first!.name, input]]);
  for (const population of others) {
    const incoming: Incoming<Output>[] = [];
    for (const projection of projections) {
      if (projection.target !== population.name) continue;
      const y = (projection.delay === 1 ? before : now).get(projection.source);
      if (y !== undefined) incoming.push({ projection, y });
    }
    now.set(population.name, outputOf(population, incoming));
  }
  return now;
}
