import type { Activation } from "./model-ir.ts";
import type { Quantisation } from "./number-format.ts";
import type { ChipPopulationKind } from "./population-kind.ts";
import type { SharedConvolution } from "./shared-convolution.ts";

/**
 * EventGraph: what is sent to whom. Populations that live on the chip, the inputs that reach it, and
 * their synapses as fan-out rows by source neuron. What stays on the host travels along as `host`.
 *
 * A float32 graph holds the model's values; the pass `quantise-weights` makes it an integer graph.
 */
export interface EventGraph {
  readonly name: string;
  readonly quantisation: Quantisation;
  /** In order of evaluation. */
  readonly populations: readonly GraphPopulation[];
  readonly projections: readonly GraphProjection[];
  readonly host: HostStages;
}

export type GraphPopulation = InputGraphPopulation | ChipGraphPopulation;

/** Events that enter the chip, signed and graded: one for each component and timestep, or for each that is not 0. */
export interface InputGraphPopulation {
  readonly kind: "input";
  readonly name: string;
  readonly size: number;
  /** The model's number of each component, where a pass has put them into another order. Shape [size]. */
  readonly order?: Uint32Array;
  /** Fraction bits of the integer payload; 0 for float32. */
  readonly payloadFractionBits: number;
  /** Whether components whose payload is 0 send nothing, as in spike trains. */
  readonly silentZeros?: true;
}

/** Values of a float32 graph, or of an integer one. */
export type GraphValues = Float32Array | Int32Array;

/** A population whose neurons live on PEs; what its vectors mean, NEURON_TRAITS says for its kind. */
export interface ChipGraphPopulation {
  readonly kind: ChipPopulationKind;
  readonly name: string;
  readonly size: number;
  /** The model's number of each neuron, where a pass has put them into another order. Shape [size]. */
  readonly order?: Uint32Array;
  /** Of partial sums alone: the population whose fan-in they share. The model knows only that one. */
  readonly partOf?: string;
  readonly payloadFractionBits: number;
  /**
   * What the accumulators start from in each timestep: biases. Shape [accumulators, size]. Float32Array, or Int32Array
   * with the accumulators' fraction bits.
   */
  readonly accumulatorStart: GraphValues;
  /** The kind's other parameters, in its traits' order. Shape [size] each; integers with the traits' fraction bits. */
  readonly parameters: readonly GraphValues[];
}

export interface GraphProjection {
  readonly source: string;
  readonly target: string;
  readonly delay: 0 | 1;
  /**
   * Which part of a connection whose rows are divided among several projections, so that each can be stored in its own way.
   * Absent: the whole, or the first part.
   */
  readonly part?: number;
  /**
   * Present where rows are of some source neurons only, an aligned block of them: `first` is a multiple of a power of two that is at
   * least `count`, and the block's other keys, if any, lie past the population's end. Slices that none of its synapses reach
   * have no part of such a projection, and get none of its events.
   */
  readonly sources?: SourceRange;
  /** Worked off on MAC arrays, as one product a timestep, instead of event by event; int8 with one scale. */
  readonly onMacArray?: true;
  /** Of one on MAC arrays whose synapses are a convolution's at all places: it is multiplied by its kernel, which PEs hold once. */
  readonly convolution?: SharedConvolution;
  readonly synapses: FanOut;
}

/** Neurons first … first + count − 1 of a source. */
export interface SourceRange {
  readonly first: number;
  readonly count: number;
}

/** Source neuron of a projection's first row. */
export const firstSourceOf = ({ sources }: Pick<GraphProjection, "sources">): number => sources?.first ?? 0;

/** Values by source neuron as a projection's rows meet them. Shape [rows]. */
export const bySource = (
  { sources }: Pick<GraphProjection, "sources">,
  values: Float64Array,
): Float64Array => (sources ? values.subarray(sources.first, sources.first + sources.count) : values);

/** Whether a projection brings partial sums to the population that they are a part of. */
export const carriesPartialSums = (
  { populations }: Pick<EventGraph, "populations">,
  { source }: Pick<GraphProjection, "source">,
): boolean => populations.some(({ name, kind }) => name === source && kind === "partial-sum");

/** Whether a projection's synapses are weights of the model: neither sums that are brought, nor what max pooling compares. */
export const isWeighed = (
  graph: Pick<EventGraph, "populations">,
  projection: Pick<GraphProjection, "source" | "target">,
): boolean =>
  !carriesPartialSums(graph, projection) &&
  !graph.populations.some(({ name, kind }) => name === projection.target && kind === "max-pool");

/** The population whose fan-in a partial sum shares; undefined of all others. */
export const partOf = (population: GraphPopulation | undefined): string | undefined =>
  population === undefined || population.kind === "input" ? undefined : population.partOf;

/** The projection of the model that one of the graph is a part of. */
export function modelProjectionName(
  { populations }: Pick<EventGraph, "populations">,
  projection: Pick<GraphProjection, "source" | "target" | "delay">,
): string {
  const target = populations.find(({ name }) => name === projection.target);
  return projectionName({ ...projection, target: partOf(target) ?? projection.target });
}

/** A connection in words. Parts of one share the name. */
export const projectionName = ({
  source,
  target,
  delay,
}: Pick<GraphProjection, "source" | "target" | "delay">): string =>
  `${source} -> ${target}${delay === 1 ? " (recurrent)" : ""}`;

/** Projections of the model that end on the chip, each once, in the graph's order. */
export const modelProjectionNames = (graph: Pick<EventGraph, "populations" | "projections">): string[] => [
  ...new Set(
    graph.projections
      .filter((projection) => !carriesPartialSums(graph, projection))
      .map((projection) => modelProjectionName(graph, projection)),
  ),
];

/** Synapses by source neuron: row s owns the entries rowStart[s] … rowStart[s + 1] − 1. */
export interface FanOut {
  /** Shape [rows + 1]: one row a source neuron, or one for each of `sources`. */
  readonly rowStart: Uint32Array;
  /** Accumulator index `accumulator · targetSize + neuron`, ascending within a row. Shape [synapses]. */
  readonly target: Uint32Array;
  /** Shape [synapses]; the array's type is the projection's number format, int8 and int16 beside each other. */
  readonly weight: Float32Array | Int16Array | Int8Array;
  /** Integer formats only: how a row's payloads are scaled before they meet its weights. */
  readonly scale?: RowScale;
}

/**
 * scaledPayload = clamp((payload · multiplier + half) >> shift).
 * `multiplier` has one entry for the whole matrix or one for each source row.
 */
export interface RowScale {
  readonly multiplier: Uint32Array;
  readonly shift: number;
}

export const multiplierOf = ({ multiplier }: RowScale, source: number): number =>
  multiplier[multiplier.length === 1 ? 0 : source]!;

/** What the host computes around the chip. Matrices may share storage where the model ties them. */
export interface HostStages {
  /** From the model's input to the chip's: an embedding, Linear layers, or nothing. */
  readonly encoder: readonly HostStage[];
  /** From the chip's output on: Linear layers up to the logits, or nothing. */
  readonly decoder: readonly HostStage[];
  /** Size of the token vocabulary, where the model reads tokens. */
  readonly tokens?: number;
  readonly vocabulary?: readonly string[];
}

export type HostStage = EmbeddingStage | LinearStage;

export interface EmbeddingStage {
  readonly kind: "embedding";
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  /** Shape [rows, width]. */
  readonly table: Float32Array;
}

export interface LinearStage {
  readonly kind: "linear";
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Target-major: shape [outputs, inputs]. */
  readonly weights: Float32Array;
  /** Shape [outputs]. */
  readonly bias: Float32Array;
  /** Absent: none. */
  readonly activation?: Activation;
}

/** Accumulators that a population holds. */
export const accumulatorsOf = (population: GraphPopulation): number =>
  population.kind === "input" ? 0 : population.accumulatorStart.length;

/** Accumulators of each of its neurons. */
export const accumulatorsPerNeuron = (population: GraphPopulation): number =>
  accumulatorsOf(population) / population.size;

export function graphPopulationNamed(graph: EventGraph, name: string): GraphPopulation {
  const found = graph.populations.find((population) => population.name === name);
  if (found === undefined) throw new Error(`event graph ${graph.name} has no population ${name}`);
  return found;
}
