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

export type Population = TokenInput | DenseInput | EmbeddingPopulation | LinearPopulation | EgruPopulation;
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
}

/** Row t of its one projection's matrix for token t. Port: float32, shape [size]. */
export interface EmbeddingPopulation {
  readonly kind: "embedding";
  readonly name: string;
  readonly size: number;
}

/** Weighted sum plus bias, no non-linearity. Port: float32, shape [size]. */
export interface LinearPopulation {
  readonly kind: "linear";
  readonly name: string;
  readonly size: number;
  /** Shape [size]. */
  readonly bias: Float32Array;
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

export interface Projection {
  readonly source: string;
  readonly target: string;
  /** 0: the source's output of this timestep; 1: of the one before (recurrent). */
  readonly delay: 0 | 1;
  /** Sources × targets; an EGRU target has 3 · size columns, gates z, r, g. */
  readonly weights: WeightMatrix;
}

export type WeightMatrix = DenseMatrix | SparseMatrix;

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

/** Number of non-zero weights. */
export function nonZerosOf(matrix: WeightMatrix): number {
  if (matrix.kind === "sparse") return matrix.value.length;
  let count = 0;
  for (const value of matrix.values) if (value !== 0) count += 1;
  return count;
}

/** Columns of a projection into this population: three gates for an EGRU neuron, else one. */
export const columnsOf = (population: Population): number =>
  population.kind === "egru" ? 3 * population.size : population.size;

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
  return model;
}

function verifyPopulation(population: Population): void {
  const { name, size } = population;
  if (!Number.isSafeInteger(size) || size < 1) fail(name, `size ${size} is not a positive integer`);
  if (population.kind === "linear") verifyVector(population.bias, size, `${name}.bias`);
  if (population.kind !== "egru") return;
  verifyVector(population.bias, 3 * size, `${name}.bias`);
  verifyVector(population.recurrentBias, 3 * size, `${name}.recurrentBias`);
  verifyVector(population.threshold, size, `${name}.threshold`);
  for (const threshold of population.threshold) {
    if (threshold < 0 || threshold > 1) fail(`${name}.threshold`, `${threshold} lies outside [0, 1]`);
  }
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
