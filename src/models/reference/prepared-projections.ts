import { UnsupportedError } from "../../core/errors.ts";
import { type ModelIr, type Population, populationNamed } from "../../core/model-ir.ts";
import type { ReferenceProjection } from "./executor.ts";
import { chipLayers, isLayer, kindOf } from "./kinds/kinds.ts";
import { type SourceRows, sourceRows } from "./source-rows.ts";

/** A projection as an executor runs it. */
export interface PreparedProjection extends ReferenceProjection {
  readonly rows: SourceRows;
  /** Whether all of the source's values are sent each step: everything but events of layers on the chip and of spike trains, and token ids. */
  readonly graded: boolean;
  /** Whether it only picks a row of a table; that is no synop. */
  readonly lookUp: boolean;
}

/** In the model's order, which is the order in which sums are made. */
export function prepareProjections(model: ModelIr): PreparedProjection[] {
  const onChip = new Set(chipLayers(model.populations).map(({ name }) => name));
  return model.projections.map(({ source, target, delay, weights }) => {
    const from = populationNamed(model, source);
    const to = populationNamed(model, target);
    const rows = sourceRows(weights, to, delay);
    return {
      source,
      target,
      delay,
      synapses: rows.weight.length,
      rows,
      graded: !onChip.has(source) && !isSilentAtZero(from),
      lookUp: to.kind === "embedding",
    };
  });
}

/** Token ids pick a row; spike trains have events where they are not 0. */
const isSilentAtZero = (population: Population): boolean =>
  population.kind === "token-input" || (population.kind === "dense-input" && population.silentZeros === true);

/** What a population's sums are before any source has added to them, in float64. */
export function biases(population: Population): Float64Array {
  const { kind, name, size } = population;
  if (isLayer(population)) return kindOf(population).biases(population);
  if (kind === "embedding") return new Float64Array(size);
  throw new UnsupportedError(
    `${name} is a second input (${kind}).`,
    "Give the model one input, as its first population.",
  );
}
