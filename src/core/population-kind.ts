import type { FormatAction } from "./counts.ts";

/** Kinds of populations whose neurons live on PEs. */
export const CHIP_POPULATION_KINDS = ["egru", "linear"] as const;
export type ChipPopulationKind = (typeof CHIP_POPULATION_KINDS)[number];
export type PopulationKind = "input" | ChipPopulationKind;

/** What one neuron of a kind holds, in words of four bytes, and what updating it costs. */
export interface NeuronTraits {
  readonly accumulators: number;
  /** Words that are loaded: what the accumulators start from, and an EGRU neuron's threshold. */
  readonly parameters: number;
  /** Words that are carried on to the next timestep. */
  readonly state: number;
  readonly update: Extract<FormatAction, "neuronUpdate" | "linearUpdate">;
  /** Whether integer formats look σ and tanh up. */
  readonly readsTables: boolean;
}

/**
 * egru: a gated recurrent unit with the accumulators z, r, input part and recurrent part of g.
 * linear: a sum and nothing else, sent in each timestep in which it is not 0.
 */
export const NEURON_TRAITS: Readonly<Record<ChipPopulationKind, NeuronTraits>> = {
  egru: { accumulators: 4, parameters: 5, state: 1, update: "neuronUpdate", readsTables: true },
  linear: { accumulators: 1, parameters: 1, state: 0, update: "linearUpdate", readsTables: false },
};

export const isChipKind = (kind: string): kind is ChipPopulationKind =>
  (CHIP_POPULATION_KINDS as readonly string[]).includes(kind);
