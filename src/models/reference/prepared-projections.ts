import { UnsupportedError } from "../../core/errors.ts";
import { type ModelIr, type Population, populationNamed } from "../../core/model-ir.ts";
import type { ReferenceProjection } from "./executor.ts";
import { type SourceRows, sourceRows } from "./source-rows.ts";

/** A projection as an executor runs it. */
export interface PreparedProjection extends ReferenceProjection {
  readonly rows: SourceRows;
  /** Whether all of the source's values are sent each step: everything but events and token ids. */
  readonly graded: boolean;
  /** Whether it only picks a row of a table; that is no synop. */
  readonly lookUp: boolean;
}

/** In the model's order, which is the order in which sums are made. */
export const prepareProjections = (model: ModelIr): PreparedProjection[] =>
  model.projections.map(({ source, target, delay, weights }) => {
    const from = populationNamed(model, source).kind;
    const to = populationNamed(model, target);
    const rows = sourceRows(weights, to, delay);
    return {
      source,
      target,
      delay,
      synapses: rows.weight.length,
      rows,
      graded: from !== "egru" && from !== "token-input",
      lookUp: to.kind === "embedding",
    };
  });

/**
 * What a population's sums are before any source has added to them, in float64. An EGRU has the four
 * blocks of `sourceRows`; both biases of z and of r are summed. Shape [4, size] or [size].
 */
export function biases(population: Population): Float64Array {
  const { kind, name, size } = population;
  switch (kind) {
    case "egru": {
      const { bias, recurrentBias } = population;
      const sums = new Float64Array(4 * size);
      for (let i = 0; i < 2 * size; i += 1) sums[i] = bias[i]! + recurrentBias[i]!;
      sums.set(bias.subarray(2 * size), 2 * size);
      sums.set(recurrentBias.subarray(2 * size), 3 * size);
      return sums;
    }
    case "linear":
      return Float64Array.from(population.bias);
    case "embedding":
      return new Float64Array(size);
    case "lstm":
    case "gru":
    case "lif":
      throw new UnsupportedError(
        `${name} is a layer of kind ${kind}, which no executor runs yet.`,
        "Give a model of EGRU and Linear layers.",
      );
    case "token-input":
    case "dense-input":
      throw new UnsupportedError(
        `${name} is a second input (${kind}).`,
        "Give the model one input, as its first population.",
      );
  }
}
