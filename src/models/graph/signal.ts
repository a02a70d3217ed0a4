import { unrolledConvolution } from "../../core/convolution.ts";
import {
  type ConvolutionMatrix,
  type DenseMatrix,
  type PopulationKind,
  type SparseMatrix,
  sparseFromDense,
  type WeightMatrix,
} from "../../core/model-ir.ts";
import { sourceMajor, sparseFromTargetMajor } from "../matrix-layout.ts";

/**
 * A value of a foreign graph, as a weighted sum of populations that is not computed yet: what is added, scaled or multiplied
 * on the way to the next neurons becomes their projections and biases, not layers of its own.
 */
export interface Signal {
  /** Elements. */
  readonly size: number;
  readonly terms: readonly Term[];
  /** Shape [size]; absent: none. */
  readonly bias?: Float32Array;
  /** What its neurons would be called, were it made of some. */
  readonly wish?: string;
}

export interface Term {
  readonly source: string;
  readonly delay: 0 | 1;
  /** Absent: each element of the source is the element of the same number. */
  readonly weights?: WeightMatrix;
}

/** Whether a signal is the sum of populations' outputs, without weights and bias. */
export const isPlain = ({ terms, bias }: Signal): boolean =>
  bias === undefined && terms.every(({ weights }) => weights === undefined);

/** The population whose output the signal is. */
export const populationOf = (signal: Signal): string | undefined => {
  const [term, another] = signal.terms;
  return isPlain(signal) && another === undefined && term?.delay === 0 ? term.source : undefined;
};

export const signalOf = (source: string, size: number, delay: 0 | 1 = 0): Signal => ({
  size,
  terms: [{ source, delay }],
});

/** Both must have the same size. */
export const added = (a: Signal, b: Signal): Signal => ({
  size: a.size,
  terms: [...a.terms, ...b.terms],
  ...biasOf(sumOfBiases(a.bias, b.bias)),
  ...((a.wish ?? b.wish) !== undefined && { wish: a.wish ?? b.wish! }),
});

const biasOf = (bias: Float32Array | undefined) => (bias === undefined ? {} : { bias });

function sumOfBiases(a: Float32Array | undefined, b: Float32Array | undefined): Float32Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.map((value, i) => value + b[i]!);
}

export const shifted = (signal: Signal, bias: Float32Array): Signal =>
  bias.every((value) => value === 0) ? signal : added(signal, { size: signal.size, terms: [], bias });

/** Each element times its factor. Shape of `factors`: [size]. */
export function scaled(signal: Signal, factors: Float32Array): Signal {
  const { terms, bias } = signal;
  if (factors.every((factor) => factor === 1)) return signal;
  return {
    ...signal,
    terms: terms.map((term) => ({ ...term, weights: withScaledTargets(term.weights, factors) })),
    ...biasOf(bias?.map((value, i) => value * factors[i]!)),
  };
}

function withScaledTargets(weights: WeightMatrix | undefined, factors: Float32Array): WeightMatrix {
  if (weights === undefined) return diagonal(factors);
  if (weights.kind === "convolution") {
    const perChannel = channelFactors(weights, factors);
    return perChannel ?? withScaledTargets(unrolledConvolution(weights), factors);
  }
  if (weights.kind === "sparse")
    return withoutZeros({
      ...weights,
      value: weights.value.map((value, i) => value * factors[weights.target[i]!]!),
    });
  const { sources, targets, layout } = weights;
  const targetOf = (i: number): number => (layout === "source-major" ? i % targets : Math.floor(i / sources));
  return { ...weights, values: weights.values.map((value, i) => value * factors[targetOf(i)]!) };
}

/** The convolution with each output channel scaled, where all places of a channel have one factor. */
function channelFactors(weights: ConvolutionMatrix, factors: Float32Array): ConvolutionMatrix | undefined {
  const { output, values } = weights;
  const places = output.height * output.width;
  for (let i = 0; i < factors.length; i += 1) if (factors[i] !== factors[i - (i % places)]) return undefined;
  const perChannel = values.length / output.channels;
  return {
    ...weights,
    values: values.map((value, i) => value * factors[Math.floor(i / perChannel) * places]!),
  };
}

function withoutZeros(matrix: SparseMatrix): SparseMatrix {
  if (matrix.value.every((value) => value !== 0)) return matrix;
  const { sources, targets } = matrix;
  return sparseFromDense(sourceMajor(matrix), sources, targets);
}

/** Element i to element i, times its factor. */
export function diagonal(factors: Float32Array): SparseMatrix {
  const order = Uint32Array.from(factors.keys());
  return withoutZeros({
    kind: "sparse",
    sources: factors.length,
    targets: factors.length,
    rowStart: Uint32Array.from({ length: factors.length + 1 }, (_, i) => i),
    target: order,
    value: factors.slice(),
  });
}

/**
 * The signal times a full matrix, where nothing but factors and offsets of single elements stands before it: they become part of the
 * matrix and the bias. Undefined elsewhere.
 */
export function timesFull(signal: Signal, matrix: DenseMatrix): Signal | undefined {
  const factors = signal.terms.map(({ weights }) => (weights === undefined ? "none" : factorsOf(weights)));
  if (factors.includes(undefined)) return undefined;
  const terms = signal.terms.map(({ source, delay }, i): Term => {
    const own = factors[i] as Float32Array | "none";
    return { source, delay, weights: own === "none" ? matrix : withScaledSources(matrix, own) };
  });
  const product = { size: matrix.targets, terms };
  return signal.bias === undefined ? product : shifted(product, productOf(matrix, signal.bias));
}

/** The factors of a diagonal matrix. */
function factorsOf(weights: WeightMatrix): Float32Array | undefined {
  if (weights.kind !== "sparse" || weights.sources !== weights.targets) return undefined;
  const { rowStart, target, value, sources } = weights;
  const factors = new Float32Array(sources);
  for (let source = 0; source < sources; source += 1) {
    for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1) {
      if (target[i] !== source) return undefined;
      factors[source] = value[i]!;
    }
  }
  return factors;
}

function withScaledSources(matrix: DenseMatrix, factors: Float32Array): DenseMatrix {
  const { sources, targets, layout, values } = matrix;
  const sourceOf = (i: number): number => (layout === "source-major" ? Math.floor(i / targets) : i % sources);
  return { ...matrix, values: values.map((value, i) => value * factors[sourceOf(i)]!) };
}

function productOf({ sources, targets, layout, values }: DenseMatrix, vector: Float32Array): Float32Array {
  const sums = new Float64Array(targets);
  for (let source = 0; source < sources; source += 1) {
    for (let target = 0; target < targets; target += 1) {
      const at = layout === "source-major" ? source * targets + target : target * sources + source;
      sums[target]! += vector[source]! * values[at]!;
    }
  }
  return Float32Array.from(sums);
}

/** Element i of the source to element `to[i]`; `to` is a permutation. */
export const permutation = (to: Uint32Array): SparseMatrix => ({
  ...diagonal(new Float32Array(to.length).fill(1)),
  target: to,
});

/**
 * Weights as a population of this kind takes them. A matrix that holds zeros was pruned, and one into neurons with gates or
 * spikes is kept by its fan-out: both are sparse.
 */
export function weightsFor(kind: PopulationKind, { weights }: Term, size: number): WeightMatrix {
  if (weights === undefined) return diagonal(new Float32Array(size).fill(1));
  if (weights.kind !== "dense" || kind === "embedding") return weights;
  return kind === "linear" && !weights.values.includes(0) ? weights : sparseFrom(weights);
}

function sparseFrom({ layout, sources, targets, values }: DenseMatrix): SparseMatrix {
  return layout === "source-major"
    ? sparseFromDense(values, sources, targets)
    : sparseFromTargetMajor(values, sources, targets);
}

/** One matrix for several between the same populations. */
export function summed(matrices: readonly WeightMatrix[]): WeightMatrix {
  const [first, ...others] = matrices;
  if (others.length === 0) return first!;
  const { sources, targets } = first!;
  const values = sourceMajor(first!).slice();
  for (const matrix of others) for (const [i, value] of sourceMajor(matrix).entries()) values[i]! += value;
  return sparseFromDense(values, sources, targets);
}
