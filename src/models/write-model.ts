import type { ModelIr, Population, WeightMatrix } from "../core/model-ir.ts";
import { writeSafetensors } from "../formats/safetensors.ts";
import type { Tensor } from "../formats/tensors.ts";
import { sourceMajor, targetMajor } from "./matrix-layout.ts";
import { EVALUATION_ORDER, OWN_METADATA } from "./own-metadata.ts";

/**
 * Writes a model as safetensors under the reference's names, so that `readModel` returns an equal one and
 * torch can load it. Pruned weights are written as zeros; thresholds as `thr`; tied matrices twice, as the
 * format demands. Metadata and vocabulary travel in the file's metadata.
 */
export function writeModel(model: ModelIr): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const keep = (name: string, shape: readonly number[], data: Float32Array): void => {
    tensors.set(name, { name, dtype: "float32", shape, data });
  };
  let layer = 0;
  for (const population of model.populations) {
    const incoming = weightsInto(model, population, 0);
    if (population.kind === "embedding") {
      const { sources, targets } = required(incoming, population);
      keep("embeddings.weight", [sources, targets], sourceMajor(incoming!));
    } else if (population.kind === "linear") {
      const prefix = fileName(population.name);
      const { sources, targets } = required(incoming, population);
      keep(`${prefix}.weight`, [targets, sources], targetMajor(incoming!));
      keep(`${prefix}.bias`, [targets], population.bias);
    } else if (population.kind === "egru") {
      const { sources, targets } = required(incoming, population);
      const recurrent = required(weightsInto(model, population, 1), population);
      keep(`rnns.${layer}.kernel`, [sources, targets], sourceMajor(incoming!));
      keep(`rnns.${layer}.recurrent_kernel`, [recurrent.sources, recurrent.targets], sourceMajor(recurrent));
      keep(`rnns.${layer}.bias`, [targets], population.bias);
      keep(`rnns.${layer}.recurrent_bias`, [targets], population.recurrentBias);
      keep(`rnns.${layer}.thr`, [population.size], population.threshold);
      layer += 1;
    }
  }
  const { metadata, vocabulary } = model;
  return writeSafetensors(tensors, {
    ...metadata,
    [OWN_METADATA.order]: EVALUATION_ORDER,
    ...(vocabulary === undefined ? {} : { [OWN_METADATA.vocabulary]: vocabulary.join("\n") }),
  });
}

const fileName = (population: string): string =>
  population === "decoder" || population === "projection" ? `decoder.${population}` : population;

const weightsInto = (model: ModelIr, { name }: Population, delay: 0 | 1): WeightMatrix | undefined =>
  model.projections.find((projection) => projection.target === name && projection.delay === delay)?.weights;

function required(matrix: WeightMatrix | undefined, { name }: Population): WeightMatrix {
  if (matrix === undefined) throw new Error(`the model has no weights into ${name}`);
  return matrix;
}
