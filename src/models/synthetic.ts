import {
  columnsOf,
  type DenseMatrix,
  type EgruPopulation,
  type LifPopulation,
  type ModelIr,
  type Population,
  type Projection,
  type SparseMatrix,
  verifyModel,
} from "../core/model-ir.ts";
import { randomNumbers } from "../core/random.ts";

export const SYNTHETIC_KINDS = ["egru", "lstm", "gru", "lif", "linear"] as const;
export type SyntheticKind = (typeof SYNTHETIC_KINDS)[number];

export interface SyntheticShape {
  /** Of all layers: EGRU where absent; linear ones have a ReLU and no recurrent matrix. */
  readonly kind?: SyntheticKind;
  /** Width of what the first layer receives. */
  readonly inputs: number;
  /** Words; adds an embedding and a decoder, tied where the last layer is as wide as the embedding. */
  readonly vocabulary?: number;
  /** Width of the embedding where it is not `inputs`; a Linear layer then leads from one to the other. */
  readonly embedding?: number;
  /** Neurons of each layer. */
  readonly layers: readonly number[];
  /** Share of weights that are not zero, 0 … 1, met exactly up to rounding by every matrix but those of embedding, encoder and decoder. */
  readonly density: number;
  readonly seed: number;
  /** Of EGRU the mean bias of the candidate g; the lower, the fewer neurons fire. */
  readonly biasMean?: number;
  readonly name?: string;
}

/** Mean bias of g at which 10 to 20 % of the neurons of each layer fire in a step (see the test). */
const BIAS_MEAN = -1.15;
/** How a kind's weights are scaled, so that layers are about as active as trained ones (see the test). */
interface Statistics {
  /** Spread of the sums that a neuron receives from inputs. */
  readonly input: number;
  /** The same from recurrent events. */
  readonly recurrent: number;
  /** Mean square of a layer's outputs, silent neurons included. */
  readonly outputPower: number;
}

const STATISTICS: Readonly<Record<SyntheticKind, Statistics>> = {
  // 15 % events of about 0.45.
  egru: { input: 1.5, recurrent: 0.5, outputPower: 0.15 * 0.45 ** 2 },
  lstm: { input: 1.5, recurrent: 0.5, outputPower: 0.08 },
  gru: { input: 1.5, recurrent: 0.5, outputPower: 0.2 },
  // 5 % spikes.
  lif: { input: 0.42, recurrent: 0.1, outputPower: 0.05 },
  linear: { input: 1, recurrent: 0, outputPower: 0.5 },
};

const THRESHOLD_MEAN = 0.01;

/**
 * A seeded stand-in for a trained and pruned model: non-zero weights at uniformly random places, scaled so that
 * the layers are about as active as trained ones when the input is like unit normal noise. Made for sizes, times and
 * memory; it has learnt nothing.
 */
export function syntheticModel(shape: SyntheticShape): ModelIr {
  const {
    kind = "egru",
    inputs,
    vocabulary,
    embedding = inputs,
    layers,
    density,
    seed,
    biasMean = BIAS_MEAN,
  } = shape;
  const normal = normalNumbers(randomNumbers(seed));
  const uniform = randomNumbers(seed ^ 0x5bd1e995);
  const populations: Population[] = [];
  const projections: Projection[] = [];
  const append = (population: Population, weights: Projection["weights"]): void => {
    projections.push({ source: populations.at(-1)!.name, target: population.name, delay: 0, weights });
    populations.push(population);
  };
  const appendLinear = (name: string, sources: number, size: number, values: Float32Array): void => {
    append({ kind: "linear", name, size, bias: new Float32Array(size) }, targetMajor(sources, size, values));
  };

  const table = filled((vocabulary ?? 0) * embedding, normal);
  if (vocabulary === undefined) {
    // Spiking layers read spike trains: a component at 0 is no event.
    const isSilent = kind === "lif" && { silentZeros: true as const };
    populations.push({ kind: "dense-input", name: "input", size: inputs, ...isSilent });
  } else {
    populations.push({ kind: "token-input", name: "tokens", size: vocabulary });
    append(
      { kind: "embedding", name: "embedding", size: embedding },
      { kind: "dense", sources: vocabulary, targets: embedding, layout: "source-major", values: table },
    );
    const spread = 1 / Math.sqrt(embedding);
    if (embedding !== inputs) {
      appendLinear(
        "encoder",
        embedding,
        inputs,
        filled(embedding * inputs, () => spread * normal()),
      );
    }
  }
  const { input, recurrent, outputPower } = STATISTICS[kind];
  for (const [index, size] of layers.entries()) {
    const layer = POPULATIONS[kind](`${kind}${index}`, size, normal, biasMean);
    const matrix = (sources: number, spread: number, power: number): SparseMatrix =>
      randomSparse(
        sources,
        columnsOf(layer),
        density,
        spreadFor(spread, sources, density, power),
        uniform,
        normal,
      );
    append(layer, matrix(populations.at(-1)!.size, input, index === 0 ? 1 : outputPower));
    if (recurrent === 0) continue;
    const weights = matrix(size, recurrent, outputPower);
    projections.push({ source: layer.name, target: layer.name, delay: 1, weights });
  }
  if (vocabulary !== undefined) {
    const width = populations.at(-1)!.size;
    appendLinear(
      "decoder",
      width,
      vocabulary,
      width === embedding ? table : filled(vocabulary * width, normal),
    );
  }
  const metadata = { synthetic: `seed ${seed}` };
  return verifyModel({ version: 1, name: shape.name ?? "synthetic", populations, projections, metadata });
}

/** Standard deviation of the weights at which sums over `sources` of that mean square spread so far. */
const spreadFor = (spread: number, sources: number, density: number, power: number): number =>
  spread / Math.sqrt(Math.max(1, sources * density) * power);

function filled(length: number, next: () => number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 1) values[i] = next();
  return values;
}

const targetMajor = (sources: number, targets: number, values: Float32Array): DenseMatrix => ({
  kind: "dense",
  sources,
  targets,
  layout: "target-major",
  values,
});

type MakePopulation = (name: string, size: number, normal: () => number, biasMean: number) => Population;

const POPULATIONS: Readonly<Record<SyntheticKind, MakePopulation>> = {
  egru: egruPopulation,
  lstm: (name, size, normal) => ({ kind: "lstm", name, size, ...gateBiases(4 * size, normal) }),
  gru: (name, size, normal) => ({ kind: "gru", name, size, ...gateBiases(3 * size, normal) }),
  lif: lifPopulation,
  linear: (name, size, normal) => ({
    kind: "linear",
    name,
    size,
    bias: filled(size, () => 0.1 * normal()),
    activation: "relu",
  }),
};

const gateBiases = (columns: number, normal: () => number) => ({
  bias: filled(columns, () => 0.2 * normal()),
  recurrentBias: filled(columns, () => 0.1 * normal()),
});

function egruPopulation(name: string, size: number, normal: () => number, biasMean: number): EgruPopulation {
  const bias = new Float32Array(3 * size);
  for (let i = 0; i < 3 * size; i += 1) bias[i] = 0.2 * normal() + (i >= 2 * size ? biasMean : 0);
  const threshold = new Float32Array(size);
  for (let i = 0; i < size; i += 1) threshold[i] = THRESHOLD_MEAN * Math.exp(0.3 * normal());
  return { kind: "egru", name, size, bias, recurrentBias: filled(3 * size, () => 0.1 * normal()), threshold };
}

/** A membrane that keeps 0.9 of its potential a timestep, without synaptic dynamics. */
function lifPopulation(name: string, size: number, normal: () => number): LifPopulation {
  const all = (value: number) => new Float32Array(size).fill(value);
  return {
    kind: "lif",
    name,
    size,
    bias: filled(size, () => 0.02 * normal()),
    currentDecay: all(0),
    gain: all(1),
    potentialDecay: all(0.9),
    leak: all(0),
    threshold: all(1),
  };
}

/** Places drawn without replacement by selection sampling (Knuth, TAOCP 3.4.2 S), so that rows come out ascending. */
function randomSparse(
  sources: number,
  targets: number,
  density: number,
  spread: number,
  uniform: () => number,
  normal: () => number,
): SparseMatrix {
  const places = sources * targets;
  const nonZeros = Math.round(density * places);
  const rowStart = new Uint32Array(sources + 1);
  const target = new Uint32Array(nonZeros);
  const value = new Float32Array(nonZeros);
  let chosen = 0;
  for (let place = 0, source = 0; source < sources; source += 1) {
    for (let column = 0; column < targets; column += 1, place += 1) {
      if ((places - place) * uniform() >= nonZeros - chosen) continue;
      target[chosen] = column;
      value[chosen] = nonZero(spread * normal());
      chosen += 1;
    }
    rowStart[source + 1] = chosen;
  }
  return { kind: "sparse", sources, targets, rowStart, target, value };
}

const nonZero = (value: number): number => (Math.fround(value) === 0 ? 1e-6 : value);

/** Standard normal numbers, two a draw of the Box-Muller transform. */
function normalNumbers(uniform: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
