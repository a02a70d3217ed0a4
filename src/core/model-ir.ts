import {
  fanInsOfConvolution,
  faultOfConvolution,
  MAX_UNROLLED_SYNAPSES,
  synapsesOfConvolution,
} from "./convolution.ts";
import { InputError } from "./errors.ts";
import { counted } from "./wording.ts";

/**
 * ModelIr: what was trained, and nothing about where it runs. Populations stand in order of
 * evaluation; projections carry weights from one population to another. It describes and never computes.
 * Readers settle the differences between frameworks; whoever receives a ModelIr need not ask.
 */
export interface ModelIr {
  readonly version: 1;
  readonly name: string;
  /** In order of evaluation: the first is the input, the last the output. */
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
  /** Word n is `vocabulary[n]`; for models that read tokens, where the vocabulary came along. */
  readonly vocabulary?: readonly string[];
  /** Foreign settings kept as they were found, such as the entries of a config.yaml. */
  readonly metadata: Readonly<Record<string, string>>;
}

export type Population =
  | TokenInput
  | DenseInput
  | EmbeddingPopulation
  | LinearPopulation
  | EgruPopulation
  | LstmPopulation
  | GruPopulation
  | LifPopulation
  | MaxPoolPopulation;
export type PopulationKind = Population["kind"];

/** One token id a timestep, 0 … size − 1. Port: int32, shape []. */
export interface TokenInput {
  readonly kind: "token-input";
  readonly name: string;
  /** Size of the vocabulary. */
  readonly size: number;
}

/** One real vector a timestep. Port: float32, shape [size]. */
export interface DenseInput {
  readonly kind: "dense-input";
  readonly name: string;
  readonly size: number;
  /** Components at 0 send nothing, as in spike trains. Absent: each component is an event in each timestep. */
  readonly silentZeros?: true;
}

/** Row t of its one projection's matrix for token t. Port: float32, shape [size]. */
export interface EmbeddingPopulation {
  readonly kind: "embedding";
  readonly name: string;
  readonly size: number;
}

export const ACTIVATIONS = ["relu", "sigmoid", "tanh"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** Weighted sum plus bias, then a non-linearity where there is one. Port: float32, shape [size]. */
export interface LinearPopulation {
  readonly kind: "linear";
  readonly name: string;
  readonly size: number;
  /** Shape [size]. */
  readonly bias: Float32Array;
  /** Absent: none. */
  readonly activation?: Activation;
}

/**
 * Event-based GRU in the reference's form (Subramoney et al., ICLR 2023; EvNN v0.2):
 * z keeps, reset after the recurrent product, strict threshold, soft reset in the same step.
 * Gates stand in the order z, r, g. Port: float32, shape [size], zero where no event was sent.
 */
export interface EgruPopulation {
  readonly kind: "egru";
  readonly name: string;
  readonly size: number;
  /** Input bias, shape [3 · size]. */
  readonly bias: Float32Array;
  /** Recurrent bias, shape [3 · size]; its g part is scaled by r. */
  readonly recurrentBias: Float32Array;
  /** Event thresholds, already clamped to [0, 1], shape [size]. */
  readonly threshold: Float32Array;
}

/**
 * Long short-term memory as in torch.nn.LSTM, without peepholes. Gates stand in the order i, f, g, o:
 *
 *     c = σ(f)·c + σ(i)·tanh(g)    h = σ(o)·tanh(c)
 *
 * Port: float32, shape [size]: h, dense.
 */
export interface LstmPopulation {
  readonly kind: "lstm";
  readonly name: string;
  readonly size: number;
  /** Input bias, shape [4 · size]. */
  readonly bias: Float32Array;
  /** Recurrent bias, shape [4 · size]; merely added to the other. */
  readonly recurrentBias: Float32Array;
}

/**
 * Gated recurrent unit as in torch.nn.GRU: reset after the recurrent product. Gates stand in the order r, z, n:
 *
 *     n = tanh(a_n + σ(r)·b_n)    h = (1 − σ(z))·n + σ(z)·h
 *
 * with a_n the input part and b_n the recurrent part, biases included. Port: float32, shape [size]: h, dense.
 */
export interface GruPopulation {
  readonly kind: "gru";
  readonly name: string;
  readonly size: number;
  /** Input bias, shape [3 · size]. */
  readonly bias: Float32Array;
  /** Recurrent bias, shape [3 · size]; its n part is scaled by r. */
  readonly recurrentBias: Float32Array;
}

/**
 * Leaky integrate-and-fire, with or without synaptic dynamics; without leak an integrate-and-fire neuron. With x the
 * weighted sum of a timestep, per neuron:
 *
 *     i = currentDecay·i + x + bias        v = potentialDecay·v + gain·i + leak
 *
 * It spikes where v > threshold, strictly; v is then set to `reset`, or the threshold is taken off it. currentDecay 0: no
 * synaptic dynamics; potentialDecay 1: no leak. Port: float32, shape [size]: 1 where it spiked, else 0; without
 * thresholds the population is a leaky integrator, never resets, and its port is v.
 */
export interface LifPopulation {
  readonly kind: "lif";
  readonly name: string;
  readonly size: number;
  /** Shape [size] each; decays in [0, 1]. */
  readonly bias: Float32Array;
  readonly currentDecay: Float32Array;
  readonly gain: Float32Array;
  readonly potentialDecay: Float32Array;
  readonly leak: Float32Array;
  readonly threshold?: Float32Array;
  /** What v is set to after a spike, shape [size]; absent: the threshold is subtracted. */
  readonly reset?: Float32Array;
}

/**
 * The largest of the values of its sources, one neuron a window. One projection leads to it, without delay and with weights of
 * 1: it says which sources there are. One that sends nothing counts as 0, and what lies outside a map is no source.
 * Port: float32, shape [size].
 */
export interface MaxPoolPopulation {
  readonly kind: "max-pool";
  readonly name: string;
  readonly size: number;
}

export interface Projection {
  readonly source: string;
  readonly target: string;
  /** 0: the source's output of this timestep; 1: of the one before (recurrent). */
  readonly delay: 0 | 1;
  /** Sources × targets; a target has `columnsOf` columns, gate by gate. */
  readonly weights: WeightMatrix;
}

export type WeightMatrix = DenseMatrix | SparseMatrix | ConvolutionMatrix;

/** All values, used as `x @ W`. `layout` says which index runs slowest; tied matrices share `values`. */
export interface DenseMatrix {
  readonly kind: "dense";
  readonly sources: number;
  readonly targets: number;
  readonly layout: "source-major" | "target-major";
  /** Shape [sources, targets] or, target-major, [targets, sources]. */
  readonly values: Float32Array;
}

/** Non-zero values by source (fan-out rows, CSR); columns ascend within a row. */
export interface SparseMatrix {
  readonly kind: "sparse";
  readonly sources: number;
  readonly targets: number;
  /** Shape [sources + 1]. */
  readonly rowStart: Uint32Array;
  /** Target column of each non-zero. Shape [non-zeros]. */
  readonly target: Uint32Array;
  /** Shape [non-zeros]; never 0. */
  readonly value: Float32Array;
}

/** Feature maps; element (c, y, x) has the index (c · height + y) · width + x. */
export interface MapShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * A 2-D convolution (cross-correlation, as in torch.nn.Conv2d): weights shared by all places of a map. Average and sum pooling
 * are convolutions of one value, with as many groups as channels.
 */
export interface ConvolutionMatrix {
  readonly kind: "convolution";
  /** Elements of the input's maps. */
  readonly sources: number;
  /** Elements of the output's maps. */
  readonly targets: number;
  readonly input: MapShape;
  readonly output: MapShape;
  /** Shape [output channels, input channels / groups, kernel height, kernel width]. */
  readonly values: Float32Array;
  readonly kernel: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  /** Zeros in front of the first row and column; those behind the last follow from the output's shape. */
  readonly padding: readonly [top: number, left: number];
  readonly groups: number;
}

/** Keeps the non-zero values of a source-major matrix. Pruned weights cost nothing from here on. */
export function sparseFromDense(values: Float32Array, sources: number, targets: number): SparseMatrix {
  let nonZeros = 0;
  for (const value of values) if (value !== 0) nonZeros += 1;
  const rowStart = new Uint32Array(sources + 1);
  const target = new Uint32Array(nonZeros);
  const value = new Float32Array(nonZeros);
  let next = 0;
  for (let source = 0; source < sources; source += 1) {
    for (let column = 0; column < targets; column += 1) {
      const weight = values[source * targets + column]!;
      if (weight === 0) continue;
      target[next] = column;
      value[next] = weight;
      next += 1;
    }
    rowStart[source + 1] = next;
  }
  return { kind: "sparse", sources, targets, rowStart, target, value };
}

/** The values that are stored: all of a dense matrix, the non-zeros of a sparse one, a convolution's kernel. */
export const storedValuesOf = (matrix: WeightMatrix): Float32Array =>
  matrix.kind === "sparse" ? matrix.value : matrix.values;

/** Number of non-zero weights; of a convolution at each place anew, which is its synapses. */
export function nonZerosOf(matrix: WeightMatrix): number {
  if (matrix.kind === "sparse") return matrix.value.length;
  if (matrix.kind === "convolution") return synapsesOfConvolution(matrix);
  let count = 0;
  for (const value of matrix.values) if (value !== 0) count += 1;
  return count;
}

/** Sources whose weight is not zero, of each column. Shape [targets]. */
export function fanInsOf(matrix: WeightMatrix): Uint32Array {
  if (matrix.kind === "convolution") return fanInsOfConvolution(matrix);
  const fanIns = new Uint32Array(matrix.targets);
  if (matrix.kind === "sparse") for (const column of matrix.target) fanIns[column]! += 1;
  else {
    const { layout, sources, targets, values } = matrix;
    for (const [i, value] of values.entries())
      if (value !== 0) fanIns[layout === "source-major" ? i % targets : Math.floor(i / sources)]! += 1;
  }
  return fanIns;
}

/** Multiply-accumulates of a dense timestep: all weights, pruned ones too; of a convolution at each place that lies within. */
export const denseSynapsesOf = (matrix: WeightMatrix): number =>
  matrix.kind === "convolution" ? synapsesOfConvolution(matrix, () => true) : matrix.sources * matrix.targets;

/** Columns of one neuron of a gated kind. */
const GATES: Readonly<Partial<Record<PopulationKind, number>>> = { egru: 3, gru: 3, lstm: 4 };

/** Columns of a projection into this population: one a gate and neuron, gate by gate. */
export const columnsOf = ({ kind, size }: Pick<Population, "kind" | "size">): number =>
  (GATES[kind] ?? 1) * size;

export function populationNamed(model: ModelIr, name: string): Population {
  const found = model.populations.find((population) => population.name === name);
  if (found === undefined)
    throw new InputError({ field: name }, "no such population", "Name one of the model's populations.");
  return found;
}

/**
 * Checks what every ModelIr promises. Readers call it before they hand a model on.
 * @throws InputError naming the first tensor that is not finite, or has a wrong shape or index.
 */
export function verifyModel(model: ModelIr): ModelIr {
  const position = new Map(model.populations.map((population, index) => [population.name, index]));
  if (position.size !== model.populations.length) fail("populations", "two populations share a name");
  const first = model.populations[0];
  if (first === undefined || !(first.kind === "token-input" || first.kind === "dense-input")) {
    fail("populations", "the first population is not an input");
  }
  for (const population of model.populations) verifyPopulation(population);
  for (const projection of model.projections) {
    const { source, target, delay, weights } = projection;
    const field = `${source} -> ${target}`;
    const from = position.get(source) ?? fail(field, `there is no population ${source}`);
    const to = position.get(target) ?? fail(field, `there is no population ${target}`);
    if (delay === 0 && from >= to) fail(field, "a projection without delay must lead to a later population");
    if (weights.sources !== model.populations[from]!.size)
      fail(field, "the matrix has a wrong number of sources");
    if (weights.targets !== columnsOf(model.populations[to]!))
      fail(field, "the matrix has a wrong number of targets");
    verifyMatrix(weights, field);
  }
  for (const population of model.populations)
    if (population.kind === "max-pool") verifyWindows(population, model.projections);
  return model;
}

function verifyPopulation(population: Population): void {
  const { name, size } = population;
  if (!Number.isSafeInteger(size) || size < 1) fail(name, `size ${size} is not a positive integer`);
  switch (population.kind) {
    case "linear":
      return verifyVector(population.bias, size, `${name}.bias`);
    case "lif":
      return verifyLif(population);
    case "egru":
    case "lstm":
    case "gru":
      verifyVector(population.bias, columnsOf(population), `${name}.bias`);
      verifyVector(population.recurrentBias, columnsOf(population), `${name}.recurrentBias`);
      if (population.kind !== "egru") return;
      verifyVector(population.threshold, size, `${name}.threshold`);
      return verifyRange(population.threshold, `${name}.threshold`);
  }
}

function verifyLif(population: LifPopulation): void {
  const { name, size } = population;
  for (const field of ["bias", "currentDecay", "gain", "potentialDecay", "leak"] as const)
    verifyVector(population[field], size, `${name}.${field}`);
  for (const field of ["currentDecay", "potentialDecay"] as const)
    verifyRange(population[field], `${name}.${field}`);
  for (const field of ["threshold", "reset"] as const) {
    const values = population[field];
    if (values !== undefined) verifyVector(values, size, `${name}.${field}`);
  }
}

/** A pooled value has one projection of its sources, and at least one of them. */
function verifyWindows({ name }: MaxPoolPopulation, projections: readonly Projection[]): void {
  const [only, another] = projections.filter(({ target }) => target === name);
  if (only === undefined || another !== undefined || only.delay === 1)
    fail(name, "max pooling takes one projection, without delay");
  const field = `${only.source} -> ${name}`;
  const other = storedValuesOf(only.weights).find((weight) => weight !== 0 && weight !== 1);
  if (other !== undefined) fail(field, `holds the weight ${other}; max pooling has no weights but 1`);
  if (only.weights.kind === "convolution" && visitedPlaces(only.weights) > MAX_UNROLLED_SYNAPSES)
    fail(field, `is a convolution of more than ${MAX_UNROLLED_SYNAPSES} places`);
  const empty = fanInsOf(only.weights).indexOf(0);
  if (empty >= 0) fail(field, `the window of output ${empty} holds no source`);
}

const visitedPlaces = ({ targets, kernel }: ConvolutionMatrix): number => targets * kernel[0] * kernel[1];

/** Values in [0, 1]. */
function verifyRange(values: Float32Array, field: string): void {
  for (const value of values) if (value < 0 || value > 1) fail(field, `${value} lies outside [0, 1]`);
}

function verifyVector(values: Float32Array, length: number, field: string): void {
  if (values.length !== length) fail(field, `holds ${counted(values.length, "value")} instead of ${length}`);
  for (let i = 0; i < length; i += 1) {
    if (!Number.isFinite(values[i])) fail(field, `value ${i} is ${values[i]}`);
  }
}

function verifyMatrix(matrix: WeightMatrix, field: string): void {
  if (matrix.kind === "dense") {
    verifyVector(matrix.values, matrix.sources * matrix.targets, field);
    return;
  }
  if (matrix.kind === "convolution") {
    const problem = faultOfConvolution(matrix);
    if (problem !== undefined) fail(field, problem);
    return verifyVector(matrix.values, matrix.values.length, field);
  }
  const { sources, targets, rowStart, target, value } = matrix;
  verifyVector(value, target.length, field);
  if (rowStart.length !== sources + 1 || rowStart[0] !== 0 || rowStart[sources] !== target.length) {
    fail(field, "row starts do not span the non-zeros");
  }
  for (let source = 0; source < sources; source += 1) {
    if (rowStart[source]! > rowStart[source + 1]!) fail(field, `row ${source} ends before it starts`);
    for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1) {
      if (target[i]! >= targets) fail(field, `row ${source} names target ${target[i]}, past the last`);
      if (i > rowStart[source]! && target[i]! <= target[i - 1]!)
        fail(field, `row ${source} is not ascending`);
    }
  }
}

function fail(field: string, problem: string): never {
  throw new InputError({ field }, problem, "Check the file that this model was read from.");
}
