import type { NeuronUpdate } from "./counts.ts";
import { STATE_FRACTION_BITS, SUM_FRACTION_BITS } from "./number-format.ts";

/**
 * Kinds of populations whose neurons live on PEs:
 *
 * - egru, lstm, gru: gated recurrent units;
 * - lif, lif-reset: leaky integrate-and-fire, whose threshold is taken off v after a spike, or v set to a value;
 * - integrator: the same without threshold, which sends v;
 * - linear, relu, sigmoid, tanh: a weighted sum, sent as it is or through a non-linearity;
 * - max-pool: the largest of its sources' values;
 * - partial-sum: a part of another population's fan-in, gathered elsewhere and sent on to it.
 */
export const CHIP_POPULATION_KINDS = [
  "egru",
  "lstm",
  "gru",
  "lif",
  "lif-reset",
  "integrator",
  "linear",
  "relu",
  "sigmoid",
  "tanh",
  "partial-sum",
  "max-pool",
] as const;
export type ChipPopulationKind = (typeof CHIP_POPULATION_KINDS)[number];
export type PopulationKind = "input" | ChipPopulationKind;

/** A vector of one value a neuron, and its fraction bits in integer formats; "sum" stands for those of the accumulators. */
export interface ParameterTrait {
  readonly name: string;
  readonly fractionBits: number | "sum";
}

/** What one neuron of a kind holds, in words of four bytes, what updating it costs, and what it sends. */
export interface NeuronTraits {
  /** Names, in the accumulators' order. What events do to them is to add, but for max-pool (src/core/maxima.ts). */
  readonly accumulators: readonly string[];
  /** Vectors that are loaded beside what the accumulators start from, in their order. */
  readonly parameters: readonly ParameterTrait[];
  /** Names of what is carried on to the next timestep, in its order. */
  readonly state: readonly ParameterTrait[];
  readonly update: NeuronUpdate;
  /** σ and tanh that integer formats look up in an update. */
  readonly lookups: number;
  /** Of integer payloads. */
  readonly payloadFractionBits: number;
  /** A spike is 1 and nothing else, so that its synops are accumulations; other events carry a value. */
  readonly sends: "values" | "spikes";
  /** Whether events of the timestep before outlive a restart of the state (docs/model.md, 1). */
  readonly keepsEvents: boolean;
}

const q = (name: string, fractionBits: ParameterTrait["fractionBits"]): ParameterTrait => ({
  name,
  fractionBits,
});

/** Decays, gains and gates: Q15. */
const UNIT = 15;

const GATED = {
  lookups: 3,
  parameters: [],
  state: [q("h", STATE_FRACTION_BITS)],
  payloadFractionBits: STATE_FRACTION_BITS,
  sends: "values",
  keepsEvents: false,
} as const;

const LEAKY = {
  accumulators: ["x"],
  parameters: [q("currentDecay", UNIT), q("gain", UNIT), q("potentialDecay", UNIT), q("leak", "sum")],
  state: [q("i", "sum"), q("v", "sum")],
  update: "lifUpdate",
  lookups: 0,
  payloadFractionBits: SUM_FRACTION_BITS,
  sends: "spikes",
  keepsEvents: false,
} as const;

const SUM = {
  accumulators: ["x"],
  parameters: [],
  state: [],
  update: "linearUpdate",
  lookups: 0,
  payloadFractionBits: SUM_FRACTION_BITS,
  sends: "values",
  keepsEvents: false,
} as const;

const SQUASHED = {
  ...SUM,
  update: "activationUpdate",
  lookups: 1,
  payloadFractionBits: STATE_FRACTION_BITS,
} as const;

export const NEURON_TRAITS: Readonly<Record<ChipPopulationKind, NeuronTraits>> = {
  egru: {
    ...GATED,
    accumulators: ["z", "r", "gx", "gr"],
    parameters: [q("threshold", STATE_FRACTION_BITS)],
    update: "neuronUpdate",
    keepsEvents: true,
  },
  lstm: {
    ...GATED,
    accumulators: ["i", "f", "g", "o"],
    state: [q("c", "sum")],
    update: "lstmUpdate",
    lookups: 5,
  },
  gru: { ...GATED, accumulators: ["r", "z", "nx", "nr"], update: "gruUpdate" },
  lif: { ...LEAKY, parameters: [...LEAKY.parameters, q("threshold", "sum")] },
  "lif-reset": { ...LEAKY, parameters: [...LEAKY.parameters, q("threshold", "sum"), q("reset", "sum")] },
  integrator: { ...LEAKY, sends: "values" },
  linear: SUM,
  relu: SUM,
  sigmoid: SQUASHED,
  tanh: SQUASHED,
  "partial-sum": SUM,
  // Payloads have the fraction bits of the one population that it reads; SUM's stand for none.
  "max-pool": { ...SUM, accumulators: ["largest", "missing"], update: "maxUpdate" },
};

/** Words that are loaded for each neuron: starts of its accumulators, then its parameters. */
export const parameterWords = ({ accumulators, parameters }: NeuronTraits): number =>
  accumulators.length + parameters.length;

export const isChipKind = (kind: string): kind is ChipPopulationKind =>
  (CHIP_POPULATION_KINDS as readonly string[]).includes(kind);
