import { InputError } from "../../core/errors.ts";
import type { LifPopulation } from "../../core/model-ir.ts";
import type { Hdf5Group } from "../../formats/hdf5.ts";
import { formatShape } from "../../formats/tensors.ts";
import { type NeuronType, numbersOf, tensorOf } from "./nir-graph.ts";

/** A lif population without what the graph around it gives: name, size and bias. */
export type NeuronFields = Omit<LifPopulation, "name" | "size" | "bias">;

const PARAMETERS: Readonly<Record<NeuronType, readonly string[]>> = {
  CubaLIF: ["tau_syn", "tau_mem", "r", "v_leak", "v_threshold"],
  CubaLI: ["tau_syn", "tau_mem", "r", "v_leak"],
  LIF: ["tau", "r", "v_leak", "v_threshold"],
  LI: ["tau", "r", "v_leak"],
  IF: ["r", "v_threshold"],
  I: ["r"],
};

/** Shape of a node's neurons as its parameters have it; of parameters that are one number for all, undefined. */
export function shapeOfNeurons(type: NeuronType, group: Hdf5Group): readonly number[] | undefined {
  const shapes = PARAMETERS[type].map((name) => numbersOf(group, name).shape);
  return shapes.find((shape) => shape.some((size) => size !== 1)) ?? shapes.find((shape) => shape.length > 0);
}

/**
 * NIR's continuous neurons in steps of `dt` seconds, by forward Euler:
 *
 *     i ← i + dt/τ_syn · (w_in·x − i)        v ← v + dt/τ_mem · (v_leak − v + r·i)
 *
 * with the current of the same step; without synaptic dynamics i is x. Integrators without τ: v ← v + dt·r·x. Our current leaves out the
 * factor dt/τ_syn · w_in, which the gain takes up. A spike sets v to v_reset, 0 where the file has none.
 */
export function neuronFields(type: NeuronType, group: Hdf5Group, size: number, dt: number): NeuronFields {
  const parameter = (name: string): Float64Array => spread(group, name, size);
  const r = parameter("r");
  const isCurrentBased = type === "CubaLIF" || type === "CubaLI";
  const synaptic = isCurrentBased ? shares(group, "tau_syn", parameter("tau_syn"), dt) : undefined;
  const weightIn = isCurrentBased && tensorOf(group, "w_in") !== undefined ? parameter("w_in") : undefined;
  const hasLeak = type !== "IF" && type !== "I";
  const tau = isCurrentBased ? "tau_mem" : "tau";
  const share = hasLeak ? shares(group, tau, parameter(tau), dt) : undefined;
  const vLeak = hasLeak ? parameter("v_leak") : undefined;
  const each = (value: (n: number) => number): Float32Array =>
    Float32Array.from({ length: size }, (_, n) => value(n));
  const isSpiking = type === "CubaLIF" || type === "LIF" || type === "IF";
  const reset = isSpiking && tensorOf(group, "v_reset") !== undefined ? parameter("v_reset") : undefined;
  const threshold = isSpiking ? parameter("v_threshold") : undefined;
  return {
    kind: "lif",
    currentDecay: each((n) => (synaptic === undefined ? 0 : 1 - synaptic[n]!)),
    gain: each((n) => (share?.[n] ?? dt) * r[n]! * (synaptic?.[n] ?? 1) * (weightIn?.[n] ?? 1)),
    potentialDecay: each((n) => 1 - (share?.[n] ?? 0)),
    leak: each((n) => (share?.[n] ?? 0) * (vLeak?.[n] ?? 0)),
    ...(threshold !== undefined && {
      threshold: Float32Array.from(threshold),
      reset: each((n) => reset?.[n] ?? 0),
    }),
  };
}

/** dt/τ, which forward Euler wants in (0, 1]. */
function shares(group: Hdf5Group, name: string, taus: Float64Array, dt: number): Float64Array {
  return taus.map((tau) => {
    // A τ of dt, written in another precision, stands for dt.
    const share = Math.abs(dt / tau - 1) < 1e-6 ? 1 : dt / tau;
    if (share > 0 && share <= 1) return share;
    throw new InputError(
      { field: `${group.path}/${name}` },
      tau > 0 ? `${tau} s is shorter than the timestep, ${dt} s` : `${tau} is no time constant`,
      "Choose a shorter timestep with --dt; a file whose times are counted in timesteps wants --dt 1.",
    );
  });
}

/** A parameter of every neuron, or one for all. */
function spread(group: Hdf5Group, name: string, size: number): Float64Array {
  const { shape, values } = numbersOf(group, name);
  if (values.length === size) return values;
  if (values.length === 1) return new Float64Array(size).fill(values[0]!);
  throw new InputError(
    { field: `${group.path}/${name}` },
    `has the shape ${formatShape(shape)}, but the node has ${size} neurons`,
    "Write the graph again with nir.write.",
  );
}
