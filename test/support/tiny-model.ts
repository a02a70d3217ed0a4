import {
  type EgruPopulation,
  type ModelIr,
  type Projection,
  sparseFromDense,
  verifyModel,
} from "../../src/core/model-ir.ts";
import { randomNumbers } from "../../src/core/random.ts";

export interface TinyModelOptions {
  readonly inputs?: number;
  readonly layers?: readonly number[];
  readonly density?: number;
  readonly seed?: number;
  /** Adds an embedding of this many words and a tied decoder (the last layer must be as wide as the input). */
  readonly vocabulary?: number;
  readonly weightScale?: number;
}

/** A small seeded EGRU stack, dense input or embedding and tied decoder. */
export function tinyModel(options: TinyModelOptions = {}): ModelIr {
  const { inputs = 4, layers = [6, 4], density = 0.5, seed = 7, vocabulary, weightScale = 1 } = options;
  const random = randomNumbers(seed);
  const uniform = (limit: number) => Math.fround((2 * random() - 1) * limit);
  const sparse = (sources: number, targets: number) =>
    sparseFromDense(
      Float32Array.from({ length: sources * targets }, () => (random() < density ? uniform(weightScale) : 0)),
      sources,
      targets,
    );
  const egrus = layers.map((size, layer): EgruPopulation => ({
    kind: "egru",
    name: `egru${layer}`,
    size,
    bias: Float32Array.from({ length: 3 * size }, () => uniform(0.5)),
    recurrentBias: Float32Array.from({ length: 3 * size }, () => uniform(0.5)),
    threshold: Float32Array.from({ length: size }, () => Math.fround(random() * 0.2)),
  }));
  const entry = vocabulary === undefined ? "input" : "embedding";
  const projections = egrus.flatMap(({ name, size }, layer): Projection[] => {
    const [source, width] = layer === 0 ? [entry, inputs] : [egrus[layer - 1]!.name, egrus[layer - 1]!.size];
    return [
      { source, target: name, delay: 0, weights: sparse(width, 3 * size) },
      { source: name, target: name, delay: 1, weights: sparse(size, 3 * size) },
    ];
  });
  const base = { version: 1 as const, name: "tiny", metadata: {} };
  if (vocabulary === undefined) {
    return verifyModel({
      ...base,
      populations: [{ kind: "dense-input", name: "input", size: inputs }, ...egrus],
      projections,
    });
  }
  const table = Float32Array.from({ length: vocabulary * inputs }, () => uniform(1.5));
  const last = egrus.at(-1)!;
  return verifyModel({
    ...base,
    populations: [
      { kind: "token-input", name: "tokens", size: vocabulary },
      { kind: "embedding", name: "embedding", size: inputs },
      ...egrus,
      {
        kind: "linear",
        name: "decoder",
        size: vocabulary,
        bias: Float32Array.from({ length: vocabulary }, () => uniform(0.1)),
      },
    ],
    projections: [
      {
        source: "tokens",
        target: "embedding",
        delay: 0,
        weights: {
          kind: "dense",
          layout: "source-major",
          sources: vocabulary,
          targets: inputs,
          values: table,
        },
      },
      ...projections,
      {
        source: last.name,
        target: "decoder",
        delay: 0,
        weights: {
          kind: "dense",
          layout: "target-major",
          sources: last.size,
          targets: vocabulary,
          values: table,
        },
      },
    ],
  });
}
