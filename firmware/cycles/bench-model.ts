import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import {
  columnsOf,
  type ModelIr,
  type Population,
  sparseFromDense,
  verifyModel,
} from "../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram, Program } from "../../src/core/program.ts";
import { randomNumbers } from "../../src/core/random.ts";

/** One EGRU layer whose rows are laid out for counting. */
export interface BenchModel {
  readonly neurons: number;
  /** Columns (gate · neurons + neuron, gates z, r, g) of the synapses of each input. */
  readonly inputs: readonly (readonly number[])[];
  /** The same of each neuron's own. */
  readonly recurrent: readonly (readonly number[])[];
  /** Whether every neuron sends an event in each timestep, or none ever does. */
  readonly fires?: boolean;
}

/** Biases have either sign, so that a neuron's update goes both ways of its branches. */
export function benchModel({ neurons, inputs, recurrent, fires = false }: BenchModel): ModelIr {
  const random = randomNumbers(5);
  const weights = (rows: readonly (readonly number[])[]) => {
    const dense = new Float32Array(rows.length * 3 * neurons);
    for (const [row, columns] of rows.entries())
      for (const column of columns) dense[row * 3 * neurons + column] = 0.25 + 0.5 * random();
    return sparseFromDense(dense, rows.length, 3 * neurons);
  };
  const bias = Float32Array.from({ length: 3 * neurons }, (_, i) =>
    i < 2 * neurons ? 4 * random() - 2 : fires ? 2 : 4 * random() - 2,
  );
  return verifyModel({
    version: 1,
    name: "bench",
    metadata: {},
    populations: [
      { kind: "dense-input", name: "input", size: inputs.length },
      {
        kind: "egru",
        name: "layer",
        size: neurons,
        bias,
        recurrentBias: new Float32Array(3 * neurons),
        threshold: new Float32Array(neurons).fill(fires ? 0.01 : 1),
      },
    ],
    projections: [
      { source: "input", target: "layer", delay: 0, weights: weights(inputs) },
      { source: "layer", target: "layer", delay: 1, weights: weights(recurrent) },
    ],
  });
}

/** Kinds of neurons whose update is counted beside an EGRU's and a plain sum's. */
export type UpdatedKind = "lstm" | "gru" | "lif" | "tanh";

/** One population without synapses that matter. LIF neurons have a reset value, and a threshold that none reaches. */
export function updateModel(kind: UpdatedKind, neurons: number): ModelIr {
  const random = randomNumbers(5);
  const between = (count: number, low: number, high: number) =>
    Float32Array.from({ length: count * neurons }, () => low + (high - low) * random());
  const biases = (gates: number) => ({
    bias: between(gates, -2, 2),
    recurrentBias: new Float32Array(gates * neurons),
  });
  const layer = { name: "layer", size: neurons };
  const populations = {
    lstm: { kind: "lstm", ...layer, ...biases(4) },
    gru: { kind: "gru", ...layer, ...biases(3) },
    lif: {
      kind: "lif",
      ...layer,
      bias: between(1, -2, 2),
      currentDecay: between(1, 0, 1),
      gain: between(1, -1, 1),
      potentialDecay: between(1, 0, 1),
      leak: between(1, -1, 1),
      threshold: new Float32Array(neurons).fill(1000),
      reset: new Float32Array(neurons),
    },
    tanh: { kind: "linear", ...layer, bias: between(1, -2, 2), activation: "tanh" },
  } as const satisfies Record<UpdatedKind, Population>;
  const population = populations[kind];
  const columns = columnsOf(population);
  return verifyModel({
    version: 1,
    name: "update",
    metadata: {},
    populations: [{ kind: "dense-input", name: "input", size: 1 }, population],
    projections: [
      {
        source: "input",
        target: "layer",
        delay: 0,
        weights: sparseFromDense(new Float32Array(columns).fill(0.5), 1, columns),
      },
    ],
  });
}

/** Max pooling: neuron n reads input n, and the first of them all inputs from n to `rows` - 1, so that input i has a row of i + 1. */
export function maxPoolModel(neurons: number, rows = 0): ModelIr {
  const sources = Math.max(neurons, rows);
  const windows = new Float32Array(sources * neurons);
  for (let source = 0; source < sources; source += 1) {
    const first = source < rows ? 0 : source;
    for (let neuron = first; neuron <= Math.min(source, neurons - 1); neuron += 1)
      windows[source * neurons + neuron] = 1;
  }
  return verifyModel({
    version: 1,
    name: "maxima",
    metadata: {},
    populations: [
      { kind: "dense-input", name: "input", size: sources },
      { kind: "max-pool", name: "layer", size: neurons },
    ],
    projections: [
      { source: "input", target: "layer", delay: 0, weights: sparseFromDense(windows, sources, neurons) },
    ],
  });
}

/** A model's program, and the one PE that holds its layer. */
export function compileBench(
  model: ModelIr,
  profile: HardwareProfile,
  options: CompileOptions,
): { readonly program: Program; readonly pe: PeProgram } {
  const { program } = compile(model, profile, { pes: 1, order: "model", ...options });
  const [pe] = program.pes;
  if (pe === undefined || program.pes.length > 1) throw new Error("a bench model takes one PE");
  return { program, pe };
}
