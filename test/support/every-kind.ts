import {
  type ModelIr,
  type Population,
  type Projection,
  sparseFromDense,
  verifyModel,
} from "../../src/core/model-ir.ts";
import { randomNumbers } from "../../src/core/random.ts";
import { pooling } from "../../src/models/convolutions.ts";

/** A model of every kind of population and matrix: branches, delays, ties, words, metadata. Seeded. */
export function modelOfEveryKind(seed = 5): ModelIr {
  const random = randomNumbers(seed);
  const vector = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * random() - 1);
  const unit = (length: number): Float32Array => Float32Array.from({ length }, () => random());
  const sparse = (sources: number, targets: number) =>
    sparseFromDense(
      vector(sources * targets).map((value) => (Math.abs(value) < 0.5 ? 0 : value)),
      sources,
      targets,
    );
  const table = vector(5 * 8);
  const pooled = pooling({ channels: 2, height: 2, width: 2 }, [2, 2], 0.25);
  if (typeof pooled === "string") throw new Error(pooled);
  const populations: Population[] = [
    { kind: "token-input", name: "words", size: 5 },
    { kind: "embedding", name: "table", size: 8 },
    { kind: "linear", name: "maps", size: 8, bias: vector(8), activation: "relu" },
    { kind: "linear", name: "pooled", size: 2, bias: vector(2), activation: "tanh" },
    { kind: "egru", name: "e", size: 3, bias: vector(9), recurrentBias: vector(9), threshold: unit(3) },
    { kind: "lstm", name: "l", size: 2, bias: vector(8), recurrentBias: vector(8) },
    { kind: "gru", name: "g", size: 2, bias: vector(6), recurrentBias: vector(6) },
    {
      kind: "lif",
      name: "spiking",
      size: 4,
      bias: vector(4),
      currentDecay: unit(4),
      gain: vector(4),
      potentialDecay: unit(4),
      leak: vector(4),
      threshold: unit(4),
      reset: vector(4),
    },
    {
      kind: "lif",
      name: "integrator",
      size: 8,
      bias: vector(8),
      currentDecay: new Float32Array(8),
      gain: vector(8),
      potentialDecay: unit(8),
      leak: new Float32Array(8),
    },
    { kind: "linear", name: "decoder", size: 5, bias: vector(5) },
  ];
  const projections: Projection[] = [
    {
      source: "words",
      target: "table",
      delay: 0,
      weights: { kind: "dense", sources: 5, targets: 8, layout: "source-major", values: table },
    },
    {
      source: "table",
      target: "maps",
      delay: 0,
      weights: {
        kind: "convolution",
        sources: 8,
        targets: 8,
        input: { channels: 2, height: 2, width: 2 },
        output: { channels: 2, height: 2, width: 2 },
        values: vector(2 * 2 * 3 * 3),
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        padding: [1, 1],
        groups: 1,
      },
    },
    { source: "maps", target: "pooled", delay: 0, weights: pooled },
    { source: "pooled", target: "e", delay: 0, weights: sparse(2, 9) },
    { source: "e", target: "e", delay: 1, weights: sparse(3, 9) },
    { source: "e", target: "l", delay: 0, weights: sparse(3, 8) },
    { source: "l", target: "l", delay: 1, weights: sparse(2, 8) },
    { source: "l", target: "g", delay: 0, weights: sparse(2, 6) },
    { source: "pooled", target: "g", delay: 1, weights: sparse(2, 6) },
    { source: "g", target: "g", delay: 1, weights: sparse(2, 6) },
    { source: "g", target: "spiking", delay: 0, weights: sparse(2, 4) },
    { source: "spiking", target: "spiking", delay: 1, weights: sparse(4, 4) },
    { source: "integrator", target: "spiking", delay: 1, weights: sparse(8, 4) },
    { source: "spiking", target: "integrator", delay: 0, weights: sparse(4, 8) },
    {
      source: "integrator",
      target: "decoder",
      delay: 0,
      weights: { kind: "dense", sources: 8, targets: 5, layout: "target-major", values: table },
    },
  ];
  return verifyModel({
    version: 1,
    name: "every kind",
    populations,
    projections,
    vocabulary: ["<eos>", "a\r", "b\nc", "ü", "last"],
    metadata: { "model.rnn_type": "none", note: "ü\n" },
  });
}
