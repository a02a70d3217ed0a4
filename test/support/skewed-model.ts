import { type EgruPopulation, type ModelIr, type Projection, verifyModel } from "../../src/core/model-ir.ts";
import { randomNumbers } from "../../src/core/random.ts";

export interface SkewedModelOptions {
  readonly inputs: number;
  readonly layers: readonly number[];
  /** Probability of a weight, 0 … 1, by its source's and its target's place in their populations, 0 … 1. */
  readonly density: (source: number, target: number) => number;
  /** Added to the bias of a neuron's candidate g: the larger, the more often it fires. */
  readonly drive?: (neuron: number) => number;
  readonly weightScale?: number;
  readonly seed?: number;
}

/** A seeded EGRU stack on a dense input whose synapses are unevenly spread. */
export function skewedModel(options: SkewedModelOptions): ModelIr {
  const { inputs, layers, density, drive = () => 0, weightScale = 0.05, seed = 3 } = options;
  const random = randomNumbers(seed);
  const uniform = (limit: number) => Math.fround((2 * random() - 1) * limit);
  const sparse = (sources: number, size: number): Projection["weights"] => {
    const rowStart = new Uint32Array(sources + 1);
    const target: number[] = [];
    const value: number[] = [];
    for (let source = 0; source < sources; source += 1) {
      for (let column = 0; column < 3 * size; column += 1) {
        if (random() >= density(source / sources, (column % size) / size)) continue;
        target.push(column);
        value.push(uniform(weightScale));
      }
      rowStart[source + 1] = target.length;
    }
    const arrays = { target: Uint32Array.from(target), value: Float32Array.from(value) };
    return { kind: "sparse", sources, targets: 3 * size, rowStart, ...arrays };
  };
  const egrus = layers.map((size, layer): EgruPopulation => ({
    kind: "egru",
    name: `egru${layer}`,
    size,
    bias: Float32Array.from({ length: 3 * size }, (_, i) =>
      i < 2 * size ? uniform(0.5) : Math.fround(uniform(0.5) + drive(i - 2 * size)),
    ),
    recurrentBias: Float32Array.from({ length: 3 * size }, () => uniform(0.1)),
    threshold: Float32Array.from({ length: size }, () => Math.fround(0.05 + 0.1 * random())),
  }));
  return verifyModel({
    version: 1,
    name: "skewed",
    metadata: {},
    populations: [{ kind: "dense-input", name: "input", size: inputs }, ...egrus],
    projections: egrus.flatMap(({ name, size }, layer): Projection[] => {
      const [source, width] =
        layer === 0 ? ["input", inputs] : [egrus[layer - 1]!.name, egrus[layer - 1]!.size];
      return [
        { source, target: name, delay: 0, weights: sparse(width, size) },
        { source: name, target: name, delay: 1, weights: sparse(size, size) },
      ];
    }),
  });
}
