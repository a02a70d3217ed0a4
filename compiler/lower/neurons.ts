import type { ChipGraphPopulation } from "../../src/core/event-graph.ts";
import type { Population, Projection } from "../../src/core/model-ir.ts";
import type { ChipPopulationKind } from "../../src/core/population-kind.ts";
import { lowerEgru } from "./egru.ts";
import { lowerGru } from "./gru.ts";
import { lowerLif } from "./lif.ts";
import { lowerLinear } from "./linear.ts";
import { lowerLstm } from "./lstm.ts";
import { lowerMaxPool } from "./max-pool.ts";

/** A population as the chip holds it: its kind there, and its vectors in the order of NEURON_TRAITS. */
export interface LoweredNeurons {
  readonly kind: ChipPopulationKind;
  /** Shape [accumulators, size]. */
  readonly accumulatorStart: Float32Array;
  /** Shape [size] each. */
  readonly parameters: readonly Float32Array[];
  /**
   * Accumulator that each gate of the model's columns adds to, by the projection's delay. Ascending, so that rows stay so.
   */
  readonly gates: Readonly<Record<0 | 1, readonly number[]>>;
}

type ChipPopulation = Exclude<Population, { kind: "token-input" | "dense-input" | "embedding" }>;

/** One file of this folder a kind of the model. */
const LOWERINGS: {
  readonly [Kind in ChipPopulation["kind"]]: (
    population: Extract<ChipPopulation, { kind: Kind }>,
    inbound: readonly Projection[],
  ) => LoweredNeurons;
} = {
  egru: lowerEgru,
  lstm: lowerLstm,
  gru: lowerGru,
  lif: lowerLif,
  linear: lowerLinear,
  "max-pool": lowerMaxPool,
};

export const canBeOnChip = (population: Population): population is ChipPopulation =>
  Object.hasOwn(LOWERINGS, population.kind);

/** @param inbound Projections that lead to the population. */
export const lowerNeurons = (population: ChipPopulation, inbound: readonly Projection[]): LoweredNeurons =>
  (
    LOWERINGS[population.kind] as (
      population: ChipPopulation,
      inbound: readonly Projection[],
    ) => LoweredNeurons
  )(population, inbound);

/** With the kind's vectors, without the gates, which projections take. */
export const chipPopulation = (
  { name, size }: Population,
  { kind, accumulatorStart, parameters }: LoweredNeurons,
): ChipGraphPopulation => ({ kind, name, size, payloadFractionBits: 0, accumulatorStart, parameters });
