import fc from "fast-check";
import {
  columnsOf,
  type ConvolutionMatrix,
  type ModelIr,
  type Population,
  type Projection,
  sparseFromDense,
  verifyModel,
} from "../../src/core/model-ir.ts";
import { randomNumbers } from "../../src/core/random.ts";

/** Layers that a mixed model may have; those with a suffix are variants of a kind. */
export const LAYERS = [
  "egru",
  "lstm",
  "gru",
  "lif",
  "lif-reset",
  "integrator",
  "linear",
  "relu",
  "sigmoid",
  "tanh",
  "max-pool",
] as const;
export type LayerChoice = (typeof LAYERS)[number];

export interface MixedModelOptions {
  readonly inputs: number;
  readonly layers: readonly { readonly kind: LayerChoice; readonly size: number }[];
  readonly seed: number;
  readonly weightScale?: number;
  readonly silentZeros?: boolean;
  /** The input leads to the last layer as well, where all are on the chip. */
  readonly skip?: boolean;
}

const isLinear = ({ kind }: { readonly kind: LayerChoice }) =>
  ["linear", "relu", "sigmoid", "tanh"].includes(kind);

/** Linear layers before or after all others run on the host, unless there is nothing but them and max pooling. */
export const areAllOnChip = ({ layers }: Pick<MixedModelOptions, "layers">): boolean =>
  layers.every((layer) => isLinear(layer) || layer.kind === "max-pool") ||
  !(isLinear(layers[0]!) || isLinear(layers.at(-1)!));

export const mixedModels: fc.Arbitrary<MixedModelOptions> = fc.record({
  inputs: fc.integer({ min: 1, max: 5 }),
  layers: fc.array(fc.record({ kind: fc.constantFrom(...LAYERS), size: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  seed: fc.nat(1000),
  weightScale: fc.constantFrom(0.5, 2, 60),
  silentZeros: fc.boolean(),
  skip: fc.boolean(),
});

/**
 * Layers of any kinds, one after the other, each recurrent but the Linear ones.
 */
export function mixedModel(options: MixedModelOptions): ModelIr {
  const { inputs, layers, seed, weightScale = 1, silentZeros = false, skip = false } = options;
  const random = randomNumbers(seed);
  const values = (length: number, low: number, high: number) =>
    Float32Array.from({ length }, () => low + (high - low) * random());
  const sparse = (sources: number, targets: number) =>
    sparseFromDense(
      Float32Array.from({ length: sources * targets }, () =>
        random() < 0.6 ? (2 * random() - 1) * weightScale : 0,
      ),
      sources,
      targets,
    );
  const populations: Population[] = [
    { kind: "dense-input", name: "input", size: inputs, ...(silentZeros && { silentZeros: true as const }) },
  ];
  const projections: Projection[] = [];
  /** Each neuron has a source at least. */
  const windows = (sources: number, targets: number) => {
    const ones = Float32Array.from({ length: sources * targets }, () => Number(random() < 0.4));
    for (let target = 0; target < targets; target += 1) ones[(target % sources) * targets + target] = 1;
    return sparseFromDense(ones, sources, targets);
  };
  for (const [index, { kind, size }] of layers.entries()) {
    const layer = population(`layer${index}`, kind, size, values);
    const before = populations.at(-1)!;
    populations.push(layer);
    const lead = (source: Population, delay: 0 | 1) =>
      projections.push({
        source: source.name,
        target: layer.name,
        delay,
        weights: sparse(source.size, columnsOf(layer)),
      });
    if (layer.kind === "max-pool") {
      const weights = windows(before.size, size);
      projections.push({ source: before.name, target: layer.name, delay: 0, weights });
      continue;
    }
    lead(before, 0);
    if (skip && areAllOnChip(options) && index > 0 && index === layers.length - 1) lead(populations[0]!, 0);
    if (layer.kind !== "linear") lead(layer, 1);
  }
  return verifyModel({ version: 1, name: "mixed", populations, projections, metadata: {} });
}

function population(
  name: string,
  kind: LayerChoice,
  size: number,
  values: (length: number, low: number, high: number) => Float32Array,
): Population {
  const biases = (gates: number) => ({
    bias: values(gates * size, -0.5, 0.5),
    recurrentBias: values(gates * size, -0.5, 0.5),
  });
  switch (kind) {
    case "egru":
      return { kind, name, size, ...biases(3), threshold: values(size, 0, 0.2) };
    case "lstm":
      return { kind, name, size, ...biases(4) };
    case "gru":
      return { kind, name, size, ...biases(3) };
    case "lif":
    case "lif-reset":
    case "integrator":
      return {
        kind: "lif",
        name,
        size,
        bias: values(size, -0.1, 0.3),
        currentDecay: values(size, 0, 1),
        gain: values(size, -0.2, 1.5),
        potentialDecay: values(size, 0.5, 1),
        leak: values(size, -0.05, 0.1),
        ...(kind !== "integrator" && { threshold: values(size, 0.2, 1) }),
        ...(kind === "lif-reset" && { reset: values(size, -0.5, 0.2) }),
      };
    case "max-pool":
      return { kind, name, size };
    case "linear":
      return { kind, name, size, bias: values(size, -0.5, 0.5) };
    default:
      return { kind: "linear", name, size, bias: values(size, -0.5, 0.5), activation: kind };
  }
}

/** 2 × 5 × 5 maps through a strided convolution with ReLU, average pooling, a LIF convolution and a Linear layer. */
export function convolutionalModel(seed: number, spiking: boolean): ModelIr {
  const random = randomNumbers(seed);
  const kernel = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const shape = (channels: number, height: number, width: number) => ({ channels, height, width });
  const convolution = (
    from: ReturnType<typeof shape>,
    to: ReturnType<typeof shape>,
    size: number,
    stride: number,
    padding: number,
    groups = 1,
    values = kernel((to.channels * from.channels * size * size) / groups),
  ): ConvolutionMatrix => ({
    kind: "convolution",
    sources: from.channels * from.height * from.width,
    targets: to.channels * to.height * to.width,
    input: from,
    output: to,
    values,
    kernel: [size, size],
    stride: [stride, stride],
    dilation: [1, 1],
    padding: [padding, padding],
    groups,
  });
  const [input, maps, pooled, last] = [shape(2, 5, 5), shape(3, 5, 5), shape(3, 2, 2), shape(4, 2, 2)];
  const all = (length: number, value: number) => new Float32Array(length).fill(value);
  const spikes: Population = {
    kind: "lif",
    name: "last",
    size: 16,
    bias: all(16, 0),
    currentDecay: all(16, 0.5),
    gain: all(16, 1),
    potentialDecay: all(16, 0.9),
    leak: all(16, 0),
    threshold: all(16, 0.3),
  };
  return verifyModel({
    version: 1,
    name: "convolutional",
    metadata: {},
    populations: [
      { kind: "dense-input", name: "input", size: 50 },
      { kind: "linear", name: "maps", size: 75, bias: kernel(75), activation: "relu" },
      { kind: "linear", name: "pooled", size: 12, bias: all(12, 0) },
      spiking ? spikes : { kind: "linear", name: "last", size: 16, bias: kernel(16), activation: "relu" },
      { kind: "linear", name: "classes", size: 5, bias: kernel(5) },
    ],
    projections: [
      { source: "input", target: "maps", delay: 0, weights: convolution(input, maps, 3, 1, 1) },
      {
        source: "maps",
        target: "pooled",
        delay: 0,
        weights: convolution(maps, pooled, 2, 2, 0, 3, all(12, 0.25)),
      },
      { source: "pooled", target: "last", delay: 0, weights: convolution(pooled, last, 3, 1, 1) },
      { source: "last", target: "classes", delay: 0, weights: sparseFromDense(kernel(80), 16, 5) },
    ],
  });
}
