import {
  type ModelIr,
  nonZerosOf,
  type Population,
  type Projection,
  storedValuesOf,
} from "../core/model-ir.ts";
import { biasParameters, denseWorkOf, isFixed } from "../core/fixed-matrices.ts";

/** Kinds that go to the chip whatever stands around them (docs/model.md, 3). */
const CORE_KINDS: ReadonlySet<Population["kind"]> = new Set(["egru", "lstm", "gru", "lif"]);

export interface MatrixSummary {
  readonly source: string;
  readonly target: string;
  readonly delay: 0 | 1;
  readonly sources: number;
  /** Columns; one a gate of each neuron. */
  readonly targets: number;
  /** Values that are stored, zeros of dense ones too; a convolution's kernel counts once. */
  readonly weights: number;
  /** Multiply-accumulates for one input: a convolution's at each place. */
  readonly denseMacs: number;
  /** Of them those with a weight that is not zero. */
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
  /**
   * Parameters as a model file has them: a convolution's kernel once, its bias once a channel; none of pooling and of what merely
   * rearranges. Those of a tied matrix are counted where it is first used.
   */
  readonly parameters: number;
  readonly matrices: readonly MatrixSummary[];
  readonly thresholds?: ThresholdSummary;
}

/** Multiply-accumulates for one token (one timestep). An embedding is looked up, at no MAC. */
export interface MacSummary {
  /** Of the layers from the first recurrent or spiking one to the last; of a feed-forward model, all. */
  readonly recurrent: number;
  /** Linear layers before them. */
  readonly encoder: number;
  /** Linear layers behind them. */
  readonly decoder: number;
  /** All but those before. */
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
  /** Share of zeros among the weights of those layers. */
  readonly recurrentSparsity: number;
  readonly vocabulary: number | undefined;
}

/** What `inspect` shows of a model, as plain data. */
export function summariseModel(model: ModelIr): ModelSummary {
  const owners = new Map<unknown, string>();
  const layers = model.populations.map((population) => layerSummary(model, population, owners));
  const denseMacs = macsOf(layers, ({ denseMacs }) => denseMacs);
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
  const inbound = model.projections.filter(({ target }) => target === name);
  const matrices = inbound.map((projection) => matrixSummary(projection, owners));
  const weights = matrices.reduce(
    (sum, matrix, i) =>
      sum + (matrix.tiedTo !== undefined || isFixed(inbound[i]!.weights) ? 0 : matrix.weights),
    0,
  );
  const layer = { name, kind, size, parameters: weights + vectorParameters(population, inbound), matrices };
  const { threshold } = population as { readonly threshold?: Float32Array };
  return threshold ? { ...layer, thresholds: thresholdsOf(threshold) } : layer;
}

function matrixSummary(
  { source, target, delay, weights }: Projection,
  owners: Map<unknown, string>,
): MatrixSummary {
  const values = storedValuesOf(weights);
  const owner = owners.get(values);
  if (owner === undefined) owners.set(values, `${source} -> ${target}`);
  const denseMacs = denseWorkOf(weights);
  const nonZeros = nonZerosOf(weights);
  return {
    source,
    target,
    delay,
    sources: weights.sources,
    targets: weights.targets,
    weights: weights.kind === "convolution" ? values.length : denseMacs,
    denseMacs,
    nonZeros,
    connectionSparsity: sparsityOf(denseMacs, nonZeros),
    ...(owner === undefined ? {} : { tiedTo: owner }),
  };
}

function vectorParameters(population: Population, inbound: readonly Projection[]): number {
  if (population.kind === "linear") return biasParameters(population.bias, inbound);
  return Object.values(population).reduce<number>(
    (sum, value) => sum + (value instanceof Float32Array ? value.length : 0),
    0,
  );
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
  const isCore = ({ kind }: LayerSummary) => CORE_KINDS.has(kind);
  const hasCore = layers.some(isCore);
  // Max pooling multiplies nothing, but draws what stands behind it to the chip.
  const isChipOnly = ({ kind }: LayerSummary) => CORE_KINDS.has(kind) || kind === "max-pool";
  const first = hasCore ? layers.findIndex(isChipOnly) : 0;
  const last = hasCore ? layers.findLastIndex(isChipOnly) : layers.length - 1;
  const sumOver = (isCounted: (layer: LayerSummary, index: number) => boolean): number =>
    layers.filter(isCounted).reduce((sum, { matrices }) => {
      return matrices.reduce((inner, matrix) => inner + weightsOf(matrix), sum);
    }, 0);
  const isComputed = ({ kind }: LayerSummary) => CORE_KINDS.has(kind) || kind === "linear";
  const recurrent = sumOver((layer, index) => isComputed(layer) && index >= first && index <= last);
  const encoder = sumOver((layer, index) => isComputed(layer) && index < first);
  const decoder = sumOver((layer, index) => isComputed(layer) && index > last);
  return { recurrent, encoder, decoder, withDecoder: recurrent + decoder };
}
