import type { ModelIr, Population, WeightMatrix } from "../core/model-ir.ts";
import type { Tensor, TensorData } from "../formats/tensors.ts";
import type { DescribedPopulation, DescribedWeights, Description } from "./description-schema.ts";

/** A model as tensors and their description, so that `modelFromDescription` returns an equal one. */
export function describeModel(model: ModelIr): {
  readonly description: Description;
  readonly tensors: ReadonlyMap<string, Tensor>;
} {
  const tensors = new Map<string, Tensor>();
  const tied = new Map<TensorData, string>();
  /** A tied matrix is stored once: the same array of the same shape has one name. */
  const keep = (
    name: string,
    data: Float32Array | Uint32Array,
    shape: readonly number[] = [data.length],
  ): string => {
    const earlier = tied.get(data);
    if (earlier !== undefined && `${tensors.get(earlier)!.shape}` === `${shape}`) return earlier;
    tensors.set(name, { name, dtype: data instanceof Uint32Array ? "uint32" : "float32", shape, data });
    if (earlier === undefined) tied.set(data, name);
    return name;
  };
  const populations = model.populations.map((population) => describePopulation(population, keep));
  const projections = model.projections.map(({ source, target, delay, weights }, index) => ({
    source,
    target,
    ...(delay === 1 && { delay }),
    weights: describeWeights(`projections.${index}`, weights, keep),
  }));
  const { vocabulary } = model;
  const description: Description = {
    version: 1,
    populations,
    projections,
    ...(vocabulary !== undefined && { vocabulary: [...vocabulary] }),
  };
  return { description, tensors };
}

type Keep = (name: string, data: Float32Array | Uint32Array, shape?: readonly number[]) => string;

/** Every array of a population becomes a tensor; what is no array stands as it is. */
function describePopulation(population: Population, keep: Keep): DescribedPopulation {
  const fields = Object.entries(population).map(([field, value]: [string, unknown]) => [
    field,
    value instanceof Float32Array ? keep(`populations.${population.name}.${field}`, value) : value,
  ]);
  return Object.fromEntries(fields) as DescribedPopulation;
}

function describeWeights(name: string, weights: WeightMatrix, keep: Keep): DescribedWeights {
  switch (weights.kind) {
    case "dense": {
      const { kind, layout, sources, targets, values } = weights;
      const shape = layout === "source-major" ? [sources, targets] : [targets, sources];
      return { kind, layout, values: keep(`${name}.values`, values, shape) };
    }
    case "sparse":
      return {
        kind: weights.kind,
        rowStart: keep(`${name}.rowStart`, weights.rowStart),
        target: keep(`${name}.target`, weights.target),
        value: keep(`${name}.value`, weights.value),
      };
    case "convolution": {
      const { kind, input, output, kernel, stride, dilation, padding, groups, values } = weights;
      const shape = [output.channels, input.channels / groups, ...kernel];
      return {
        kind,
        input: { ...input },
        output: { ...output },
        stride: [...stride],
        dilation: [...dilation],
        padding: [...padding],
        groups,
        values: keep(`${name}.values`, values, shape),
      };
    }
  }
}
