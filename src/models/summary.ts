import {
  type ModelIr,
  nonZerosOf,
  type Population,
  type Projection,
  storedValuesOf,
} from "../core/model-ir.ts";

export interface MatrixSummary {
  readonly source: string;
  readonly target: string;
  readonly delay: 0 | 1;
  readonly sources: number;
  /** Columns; three gates for each EGRU neuron. */
  readonly targets: number;
  readonly weights: number;
  readonly nonZeros: number;
  /** Share of weights that are zero. */
  readonly connectionSparsity: number;
  /** The matrix whose values this one shares, as `source -> target`. */
  readonly tiedTo?: string;
}

export interface ThresholdSummary {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export interface LayerSummary {
  readonly name: string;
  readonly kind: Population["kind"];
  /** Neurons, or words of the vocabulary for a token input. */
  readonly size: number;
  /** All parameters of the layer; those of a tied matrix are counted where it is first used. */
  readonly parameters: number;
  readonly matrices: readonly MatrixSummary[];
  readonly thresholds?: ThresholdSummary;
}

/** Multiply-accumulates for one token (one timestep). An embedding is looked up, at no MAC. */
export interface MacSummary {
  /** Kernels and recurrent kernels. */
  readonly recurrent: number;
  /** Linear layers before the recurrent ones. */
  readonly encoder: number;
  /** Linear layers behind them. */
  readonly decoder: number;
  /** Recurrent and decoder together. */
  readonly withDecoder: number;
}

export interface ModelSummary {
  readonly name: string;
  readonly layers: readonly LayerSummary[];
  /** Weights, biases and thresholds, pruned ones too, tied ones once. */
  readonly parameters: number;
  /** With every weight and every activation taken as non-zero. */
  readonly denseMacs: MacSummary;
  /** The same with non-zero weights only: what is left where every neuron is active. */
  readonly effectiveMacs: MacSummary;
  /** Share of zeros among the weights of the recurrent layers. */
  readonly recurrentSparsity: number;
  readonly vocabulary: number | undefined;
}

/** What `inspect` shows of a model, as plain data. */
export function summariseModel(model: ModelIr): ModelSummary {
  const owners = new Map<unknown, string>();
  const layers = model.populations.map((population) => layerSummary(model, population, owners));
  const denseMacs = macsOf(layers, ({ weights }) => weights);
  const effectiveMacs = macsOf(layers, ({ nonZeros }) => nonZeros);
  return {
    name: model.name,
    layers,
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    denseMacs,
    effectiveMacs,
    recurrentSparsity: sparsityOf(denseMacs.recurrent, effectiveMacs.recurrent),
    vocabulary: model.vocabulary?.length,
  };
}

const sparsityOf = (weights: number, nonZeros: number): number =>
  weights === 0 ? 0 : 1 - nonZeros / weights;

/** @param owners First matrix that uses each array of values. */
function layerSummary(model: ModelIr, population: Population, owners: Map<unknown, string>): LayerSummary {
  const { name, kind, size } = population;
  const matrices = model.projections
    .filter(({ target }) => target === name)
    .map((projection) => matrixSummary(projection, owners));
  const weights = matrices.reduce(
    (sum, matrix) => sum + (matrix.tiedTo === undefined ? matrix.weights : 0),
    0,
  );
  const layer = { name, kind, size, parameters: weights + vectorParameters(population), matrices };
  return population.kind === "egru" ? { ...layer, thresholds: thresholdsOf(population.threshold) } : layer;
}

function matrixSummary(
  { source, target, delay, weights }: Projection,
  owners: Map<unknown, string>,
): MatrixSummary {
  const values = storedValuesOf(weights);
  const owner = owners.get(values);
  if (owner === undefined) owners.set(values, `${source} -> ${target}`);
  const count = weights.sources * weights.targets;
  const nonZeros = nonZerosOf(weights);
  return {
    source,
    target,
    delay,
    sources: weights.sources,
    targets: weights.targets,
    weights: count,
    nonZeros,
    connectionSparsity: sparsityOf(count, nonZeros),
    ...(owner === undefined ? {} : { tiedTo: owner }),
  };
}

function vectorParameters(population: Population): number {
  if (population.kind === "linear") return population.bias.length;
  if (population.kind !== "egru") return 0;
  return population.bias.length + population.recurrentBias.length + population.threshold.length;
}

function thresholdsOf(values: Float32Array): ThresholdSummary {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, mean: sum / values.length, max };
}

function macsOf(layers: readonly LayerSummary[], weightsOf: (matrix: MatrixSummary) => number): MacSummary {
  const firstRecurrent = layers.findIndex(({ kind }) => kind === "egru");
  const sumOver = (isCounted: (layer: LayerSummary, index: number) => boolean): number =>
    layers.filter(isCounted).reduce((sum, { matrices }) => {
      return matrices.reduce((inner, matrix) => inner + weightsOf(matrix), sum);
    }, 0);
  const recurrent = sumOver(({ kind }) => kind === "egru");
  const encoder = sumOver(({ kind }, index) => kind === "linear" && index < firstRecurrent);
  const decoder = sumOver(({ kind }, index) => kind === "linear" && index > firstRecurrent);
  return { recurrent, encoder, decoder, withDecoder: recurrent + decoder };
}
