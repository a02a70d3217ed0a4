import type { EmbeddingStage, HostStage, LinearStage } from "../../src/core/event-graph.ts";
import { PAYLOAD_LIMIT } from "../../src/core/number-format.ts";
import type { Activation } from "../../src/core/model-ir.ts";
import { type EventList, send } from "./event-list.ts";
import type { Saturations } from "./saturations.ts";

/** Multiply-accumulates of one timestep; looking a token up takes none. */
export const macsOf = (stages: readonly HostStage[]): number =>
  stages.reduce((sum, stage) => sum + (stage.kind === "linear" ? stage.inputs * stage.outputs : 0), 0);

/** Row of the table for a token. A view. */
export const lookUpToken = ({ table, width }: EmbeddingStage, token: number): Float32Array =>
  table.subarray(token * width, (token + 1) * width);

/** Runs Linear layers in float64. */
export const runLinear = (stages: readonly LinearStage[], values: ArrayLike<number>): ArrayLike<number> =>
  stages.reduce<ArrayLike<number>>((inputs, stage) => activated(stage, linear(stage, inputs)), values);

const ACTIVATION_FUNCTIONS: Readonly<Record<Activation, (sum: number) => number>> = {
  relu: (sum) => Math.max(sum, 0),
  sigmoid: (sum) => 1 / (1 + Math.exp(-sum)),
  tanh: Math.tanh,
};

const activated = ({ activation }: LinearStage, sums: Float64Array): Float64Array =>
  activation === undefined ? sums : sums.map(ACTIVATION_FUNCTIONS[activation]);

/** Outputs computed together: their sums do not wait for each other. */
const LANES = 4;

/**
 * Bias plus weights · inputs in float64; inputs of 0 are left out, which changes no sum.
 *
 * @param inputs Shape [inputs].
 * @returns Shape [outputs].
 */
function linear(
  { inputs: width, outputs, weights, bias }: LinearStage,
  inputs: ArrayLike<number>,
): Float64Array {
  const used = new Uint32Array(width);
  const values = new Float64Array(width);
  let count = 0;
  for (let i = 0; i < width; i += 1) {
    if (inputs[i] === 0) continue;
    used[count] = i;
    values[count] = inputs[i]!;
    count += 1;
  }
  const sums = Float64Array.from(bias);
  const whole = outputs - (outputs % LANES);
  for (let output = 0; output < whole; output += LANES) {
    const row = output * width;
    let first = sums[output]!;
    let second = sums[output + 1]!;
    let third = sums[output + 2]!;
    let fourth = sums[output + 3]!;
    for (let i = 0; i < count; i += 1) {
      const at = row + used[i]!;
      const value = values[i]!;
      first += weights[at]! * value;
      second += weights[at + width]! * value;
      third += weights[at + 2 * width]! * value;
      fourth += weights[at + 3 * width]! * value;
    }
    sums[output] = first;
    sums[output + 1] = second;
    sums[output + 2] = third;
    sums[output + 3] = fourth;
  }
  for (let output = whole; output < outputs; output += 1) {
    let sum = sums[output]!;
    for (let i = 0; i < count; i += 1) sum += weights[output * width + used[i]!]! * values[i]!;
    sums[output] = sum;
  }
  return sums;
}

/** One event for each component, rounded to float32. @param silentZeros Whether 0 is no event. */
export function sendFloat32(values: ArrayLike<number>, silentZeros: boolean, events: EventList): void {
  events.count = 0;
  for (let neuron = 0; neuron < values.length; neuron += 1) {
    const payload = Math.fround(values[neuron]!);
    if (payload !== 0 || !silentZeros) send(events, neuron, payload);
  }
}

/** One event for each component, in so many fraction bits. @param silentZeros Whether a payload of 0 is no event. */
export function sendFixedPoint(
  values: ArrayLike<number>,
  fractionBits: number,
  silentZeros: boolean,
  events: EventList,
  saturations: Saturations,
): void {
  const one = 2 ** fractionBits;
  events.count = 0;
  for (let neuron = 0; neuron < values.length; neuron += 1) {
    let payload = Math.floor(values[neuron]! * one + 0.5);
    if (payload > PAYLOAD_LIMIT || payload < -PAYLOAD_LIMIT) {
      saturations.input += 1;
      payload = payload < 0 ? -PAYLOAD_LIMIT : PAYLOAD_LIMIT;
    }
    if (payload !== 0 || !silentZeros) send(events, neuron, payload);
  }
}

/** −ln softmax(logits)[target], in float64. */
export function negativeLogLikelihood(logits: Float64Array, target: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i += 1) if (logits[i]! > largest) largest = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i += 1) sum += Math.exp(logits[i]! - largest);
  return Math.log(sum) + largest - logits[target]!;
}
