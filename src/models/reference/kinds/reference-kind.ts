import type { AccumulatorBits } from "../../../core/number-format.ts";
import type { FloatArray } from "../executor.ts";

/** What a layer computed in one timestep. Shape [size] each. */
export interface Computed<Values> {
  /** Payloads, 0 where no event is sent. */
  readonly y: Values;
  /** What the payload is made of: of EGRU and LIF the state before the reset, elsewhere the value itself. */
  readonly c: Values;
}

/** A layer's vectors in integers: what sums start from, shape [sums · size], and what else it has, shape [size] each. */
export interface IntegerParameters {
  readonly start: Int32Array;
  readonly vectors: readonly Int32Array[];
}

/** What a kind of population computes, as docs/model.md writes it down. One file of this folder a kind. */
export interface ReferenceKind<Layer> {
  /** Vectors that are carried on. */
  readonly states: number;
  /** Whether events outlive a window. */
  readonly keepsEvents: boolean;
  /** Present where sources are compared and not added: what are sums elsewhere are the largest values so far. */
  readonly takesMaxima?: true;
  /** Of integer payloads; or those of the one population that is read. */
  readonly fractionBits: ((layer: Layer) => number) | "source's";
  /**
   * Where the columns of a projection with a delay end, gate by gate, in blocks of `size` sums; those of one without end in
   * blocks 0, 1, 2, …
   */
  readonly lateBlocks?: readonly number[];
  /** What sums start from, in float64. Shape [sums · size]. */
  readonly biases: (layer: Layer) => Float64Array;
  /** Float32 rounds every operation. @param state Overwritten. Shape [states · size]. */
  readonly step: (layer: Layer, sums: FloatArray, state: FloatArray) => Computed<FloatArray>;
  /** Beside `start`, which is alike for all. */
  readonly integerVectors: (layer: Layer, bits: AccumulatorBits) => readonly Int32Array[];
  /** @param state Overwritten. Shape [states · size]. */
  readonly stepInteger: (
    layer: Layer,
    parameters: IntegerParameters,
    sums: Int32Array,
    state: Int32Array,
    bits: AccumulatorBits,
  ) => Computed<Int32Array>;
}
