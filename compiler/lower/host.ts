import { UnsupportedError } from "../../src/core/errors.ts";
import type { HostStage, HostStages } from "../../src/core/event-graph.ts";
import type { ModelIr, Population } from "../../src/core/model-ir.ts";
import { denseOf, sourceMajor, targetMajor } from "./matrices.ts";

/**
 * The stages around the chip, each from the one before it.
 *
 * @param before From the model's input to the chip's.
 * @param after  From the chip's output on.
 */
export function lowerHost(
  model: ModelIr,
  before: readonly Population[],
  after: readonly Population[],
): HostStages {
  const first = before[0]!;
  return {
    encoder: before.slice(1).map((population, index) => lowerStage(model, before[index]!, population)),
    decoder: after.slice(1).map((population, index) => lowerStage(model, after[index]!, population)),
    ...(first.kind === "token-input" && { tokens: first.size }),
    ...(model.vocabulary && { vocabulary: model.vocabulary }),
  };
}

function lowerStage(model: ModelIr, source: Population, population: Population): HostStage {
  const { name } = population;
  const inbound = model.projections.filter(({ target }) => target === name);
  const projection = inbound[0];
  if (inbound.length !== 1 || projection!.source !== source.name || projection!.delay !== 0) {
    throw new UnsupportedError(
      `${model.name}: ${name} does not follow ${source.name} alone.`,
      "Host layers must form a chain.",
    );
  }
  const matrix = denseOf(projection!.weights, `${model.name}: ${name}`);
  const { sources, targets } = matrix;
  if (population.kind === "embedding")
    return { kind: "embedding", name, rows: sources, width: targets, table: sourceMajor(matrix) };
  if (population.kind === "linear") {
    const { bias, activation } = population;
    return {
      kind: "linear",
      name,
      inputs: sources,
      outputs: targets,
      weights: targetMajor(matrix),
      bias,
      ...(activation && { activation }),
    };
  }
  throw new UnsupportedError(
    `${model.name}: ${population.kind} layer ${name} cannot run on the host.`,
    "Host layers are embeddings and Linear layers.",
  );
}
