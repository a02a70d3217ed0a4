import type { AccumulatorBits } from "../../../src/core/number-format.ts";
import type { EventList } from "../event-list.ts";
import type { Kernel } from "../kernel.ts";
import type { Saturations } from "../saturations.ts";

/** A population's arrays, all in the kernel's memory; NEURON_TRAITS says what they hold. */
export interface Neurons<Values extends Float32Array | Int32Array> {
  readonly size: number;
  /** Shape [accumulators, size]. */
  readonly sums: Values;
  /** Beside what accumulators start from. Shape [size] each. */
  readonly parameters: readonly Values[];
  /** Overwritten. Shape [states, size]. */
  readonly state: Values;
  readonly kernel: Kernel;
}

export type FloatNeurons = Neurons<Float32Array>;

export interface IntegerNeurons extends Neurons<Int32Array> {
  readonly accumulatorBits: AccumulatorBits;
  /** Cover all neurons, ascending; none where the kind looks nothing up. */
  readonly tables: readonly TableRange[];
}

/** Neurons first … end − 1 of a population, which use the same σ and tanh tables (513 values each). */
export interface TableRange {
  readonly first: number;
  readonly end: number;
  readonly sigmoid: Uint16Array;
  readonly tanh: Uint16Array;
}

/** What a kind of neurons does in a timestep (docs/model.md, 1 and 2): sums and state to the next state and events. */
export interface NeuronModel {
  /** Every operation is rounded to float32. @param events Overwritten. */
  readonly stepFloat32: (neurons: FloatNeurons, events: EventList) => void;
  /** Exact. @param events Overwritten, payloads with the fraction bits of the kind. */
  readonly stepInteger: (neurons: IntegerNeurons, events: EventList, saturations: Saturations) => void;
}
