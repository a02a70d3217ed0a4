import { Type } from "typebox";
import { CLOSED, setting } from "./figures.ts";

/** Kinds of neurons that a chip may be said to run, those that the compiler does not put on chips yet among them. */
export const NEURON_KINDS = ["egru", "lstm", "gru", "lif", "linear", "max-pool"] as const;

const limit = (description: string, most = 2 ** 31) =>
  Type.Optional(setting(Type.Integer({ minimum: 1, maximum: most }), description));

/**
 * What a chip's hardware or microcode can do at all. What is left out has no limit but memory and tables: PEs that run
 * software of any kind leave the whole block out.
 */
export const CapabilitiesSchema = Type.Object(
  {
    neurons: Type.Optional(
      setting(
        Type.Array(Type.Enum([...NEURON_KINDS]), { minItems: 1, maxItems: NEURON_KINDS.length }),
        "Kinds of neurons that PEs can run; any where absent",
      ),
    ),
    eventPayload: Type.Optional(
      setting(
        Type.Integer({ minimum: 0, maximum: 64 }),
        "Bits of value that an event carries beside its key; 0: unit spikes. Any where absent",
      ),
    ),
    weightBits: limit("Bits of a weight at most", 64),
    weightsPerNeuron: limit("Different values that the weights of one neuron can have"),
    fanIn: limit("Synapses that one neuron can have"),
    neuronsPerPe: limit("Neurons that one PE can hold"),
    axonsPerPe: limit("Sources whose events one PE can take in"),
    synapsesPerPe: limit("Synapses that one PE can hold"),
  },
  { ...CLOSED, description: "What the chip cannot do, however much memory it has; without it any model" },
);
