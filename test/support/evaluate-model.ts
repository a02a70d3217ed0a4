import { elementsOf, unrolledConvolution } from "../../src/core/convolution.ts";
import { columnsOf, type ModelIr, type Population, type WeightMatrix } from "../../src/core/model-ir.ts";

/** A timestep's input: a vector, or a token's id. */
export type StepInput = ArrayLike<number> | number;

/**
 * What a model computes, written down once more from the contract's formulas in float64, all weights visited: slow,
 * and independent of executors and simulator. Checks readers against the outputs of the frameworks.
 * @returns Output of the last population, one array a timestep.
 */
export function evaluateModel(model: ModelIr, inputs: readonly StepInput[]): Float64Array[] {
  const states = new Map(model.populations.map((population) => [population.name, newState(population)]));
  return inputs.map((input) => {
    const before = new Map([...states].map(([name, { output }]) => [name, output.slice()]));
    for (const population of model.populations) {
      const state = states.get(population.name)!;
      if (population.kind === "token-input") state.output = oneHot(input as number, population.size);
      else if (population.kind === "dense-input")
        state.output = Float64Array.from(input as ArrayLike<number>);
      else {
        const sums = {
          now: new Float64Array(columnsOf(population)),
          recurrent: new Float64Array(columnsOf(population)),
        };
        for (const { source, target, delay, weights } of model.projections) {
          if (target !== population.name) continue;
          const values = delay === 0 ? states.get(source)!.output : before.get(source)!;
          accumulate(source === target ? sums.recurrent : sums.now, values, weights);
        }
        update(population, state, sums.now, sums.recurrent);
      }
    }
    return states.get(model.populations.at(-1)!.name)!.output.slice();
  });
}

interface State {
  output: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

const newState = ({ size, kind }: Population): State => ({
  output: new Float64Array(kind === "token-input" ? 0 : size),
  first: new Float64Array(kind === "token-input" ? 0 : size),
  second: new Float64Array(kind === "token-input" ? 0 : size),
});

function oneHot(token: number, size: number): Float64Array {
  const values = new Float64Array(size);
  values[token] = 1;
  return values;
}

function accumulate(sums: Float64Array, values: Float64Array, weights: WeightMatrix): void {
  if (weights.kind === "convolution") {
    if (weights.targets !== elementsOf(weights.output)) throw new Error("convolution of a wrong shape");
    return accumulate(sums, values, unrolledConvolution(weights));
  }
  if (weights.kind === "sparse") {
    const { rowStart, target, value } = weights;
    for (let source = 0; source < weights.sources; source += 1)
      for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1)
        sums[target[i]!]! += values[source]! * value[i]!;
    return;
  }
  const { sources, targets, layout } = weights;
  for (let source = 0; source < sources; source += 1)
    for (let to = 0; to < targets; to += 1)
      sums[to]! +=
        values[source]! *
        weights.values[layout === "source-major" ? source * targets + to : to * sources + source]!;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const ACTIVATION = { relu: (x: number) => Math.max(0, x), sigmoid, tanh: Math.tanh } as const;

function update(population: Population, state: State, a: Float64Array, b: Float64Array): void {
  const { size } = population;
  const { output, first, second } = state;
  for (let n = 0; n < size; n += 1) {
    switch (population.kind) {
      case "embedding":
        output[n] = a[n]! + b[n]!;
        break;
      case "linear": {
        const sum = a[n]! + b[n]! + population.bias[n]!;
        output[n] = population.activation === undefined ? sum : ACTIVATION[population.activation](sum);
        break;
      }
      case "lstm": {
        const gate = (g: number) =>
          a[g * size + n]! +
          b[g * size + n]! +
          population.bias[g * size + n]! +
          population.recurrentBias[g * size + n]!;
        first[n] = sigmoid(gate(1)) * first[n]! + sigmoid(gate(0)) * Math.tanh(gate(2));
        output[n] = sigmoid(gate(3)) * Math.tanh(first[n]!);
        break;
      }
      case "gru": {
        const input = (g: number) => a[g * size + n]! + population.bias[g * size + n]!;
        const recurrent = (g: number) => b[g * size + n]! + population.recurrentBias[g * size + n]!;
        const [r, z] = [sigmoid(input(0) + recurrent(0)), sigmoid(input(1) + recurrent(1))];
        output[n] = (1 - z) * Math.tanh(input(2) + r * recurrent(2)) + z * output[n]!;
        break;
      }
      case "lif": {
        const { currentDecay, bias, potentialDecay, gain, leak, threshold, reset } = population;
        first[n] = currentDecay[n]! * first[n]! + a[n]! + b[n]! + bias[n]!;
        second[n] = potentialDecay[n]! * second[n]! + gain[n]! * first[n]! + leak[n]!;
        if (threshold === undefined) output[n] = second[n]!;
        else {
          output[n] = second[n]! > threshold[n]! ? 1 : 0;
          if (output[n] === 1) second[n] = reset === undefined ? second[n]! - threshold[n]! : reset[n]!;
        }
        break;
      }
      default:
        throw new Error(`${population.kind} is not evaluated here`);
    }
  }
}
