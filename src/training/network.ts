import * as tf from "@tensorflow/tfjs-core";
import { addRows, decoderGradients, decoderLoss, type DecoderLoss } from "./decoder.ts";
import { egruLayer, gruLayer } from "./layers/egru.ts";
import { lstmLayer } from "./layers/lstm.ts";
import { paperEgruLayer } from "./layers/paper-egru.ts";
import type {
  Forward,
  RecurrentGradients,
  RecurrentLayer,
  RecurrentState,
  RecurrentWeights,
} from "./layers/recurrent-layer.ts";
import { flat, scoped, sumOverSteps } from "./layers/sequence-ops.ts";
import { NO_NOISE, type Noise } from "./noise.ts";
import type { Parameters } from "./parameters.ts";
import { asQuantised, type WeightFormat } from "./quantise.ts";
import { DECODER, DECODER_BIAS, EMBEDDING, inputWidthOf, type ModelShape } from "./shape.ts";

/** A window of a batch of streams whose every step is scored, or a batch of sequences with one target each. */
export interface Batch {
  readonly steps: number;
  readonly batch: number;
  /** Token ids [steps, batch], or vectors [steps, batch, width]. */
  readonly input: Int32Array | Float32Array;
  /** The token after each, [steps, batch]; or the class of each sequence, [batch]. */
  readonly targets: Int32Array;
}

/** One state a recurrent layer. */
export type NetworkState = readonly RecurrentState[];

export interface ForwardResult extends DecoderLoss {
  /** Rows that were scored. */
  readonly scored: number;
  readonly state: NetworkState;
  /** Share of units that sent an event, by layer; 1 where a layer has no events. */
  readonly activity: readonly number[];
}

/** Penalty weight · Σ over layers of max(0, activity − target)², which training adds to the loss. */
export interface ActivityPenalty {
  readonly weight: number;
  readonly target: number;
}

/** A model with all that changes how it computes. */
export interface Network {
  readonly shape: ModelShape;
  readonly parameters: Parameters;
  /** Integers that the recurrent layers' weights are rounded to on their way; float32 where absent. */
  readonly weightFormat?: WeightFormat | undefined;
}

export function layerOf({ cell, surrogate }: Pick<ModelShape, "cell" | "surrogate">): RecurrentLayer {
  if (cell === "lstm") return lstmLayer;
  if (cell === "gru") return gruLayer;
  return cell === "egru" ? egruLayer(surrogate) : paperEgruLayer(surrogate);
}

const LEAVES: Readonly<Record<keyof RecurrentGradients, string>> = {
  kernel: "kernel",
  recurrentKernel: "recurrent_kernel",
  bias: "bias",
  recurrentBias: "recurrent_bias",
  threshold: "thr",
};

export const zeroState = ({ layers }: ModelShape, batch: number): NetworkState =>
  layers.map((units) => ({ h: tf.zeros([batch, units]), y: tf.zeros([batch, units]) }));

/** h restarts at 0, y is carried on: what the reference's language model does at the edge of each window. */
export const withoutHidden = (state: NetworkState): NetworkState =>
  state.map(({ h, y }) => ({ h: tf.zerosLike(h), y: tf.clone(y) }));

export function disposeState(state: NetworkState): void {
  for (const { h, y } of state) {
    h.dispose();
    y.dispose();
  }
}

/** Loss and gradients of one batch. The caller frees state and gradients; all else is freed here. */
export function trainOn(
  network: Network,
  batch: Batch,
  state: NetworkState,
  noise: Noise,
  penalty?: ActivityPenalty,
): ForwardResult & { readonly gradients: ReadonlyMap<string, tf.Tensor> } {
  const { gradients, ...result } = scoped(() => {
    const { shape } = network;
    const { x, mask } = inputOf(network, batch, noise);
    const passed = runLayers(network, x, state, noise);
    const y = passed.at(-1)!.sent;
    const rows = scoredRows(y, batch);
    const decoder = decoderGradients(rows, ...decoderOf(network), batch.targets);
    const activity = passed.map(activityOf);
    const found: Record<string, tf.Tensor> = { [DECODER_BIAS]: biasGradient(decoder.dBias, batch.targets) };
    const dx = backThroughLayers(passed, activity, spreadRows(decoder.dy, y, batch), noise, penalty, found);
    const dWeight = weightGradient(decoder.dWeight, rows, batch.targets);
    if (shape.input.kind === "tokens") {
      const { vocabulary, embedding } = shape.input;
      const table = shape.tied ? dWeight : new Float32Array(vocabulary * embedding);
      const dLookedUp = mask ? tf.mul(dx, mask) : dx;
      addRows(table, batch.input as Int32Array, dLookedUp.dataSync(), embedding);
      found[EMBEDDING] = tf.tensor2d(table, [vocabulary, embedding]);
    }
    if (!shape.tied) found[DECODER] = tf.tensor2d(dWeight, [shape.outputs, rows.shape[1]]);
    return { ...scoreOf(decoder, batch), state: stateOf(passed), activity, gradients: found };
  });
  return { ...result, gradients: new Map(Object.entries(gradients)) };
}

export interface EvaluationResult extends ForwardResult {
  /** Events of each neuron, by layer, over all steps and streams; all steps where a layer has no events. */
  readonly events: readonly Float32Array[];
  /** Those of the last step alone. */
  readonly lastEvents: readonly Float32Array[];
}

/** Loss and events of one batch, without noise and gradients. The caller frees the state. */
export function evaluateOn(network: Network, batch: Batch, state: NetworkState): EvaluationResult {
  let counts: Pick<EvaluationResult, "events" | "lastEvents"> | undefined;
  const result = scoped(() => {
    const { x } = inputOf(network, batch, NO_NOISE);
    const passed = runLayers(network, x, state, NO_NOISE);
    const rows = scoredRows(passed.at(-1)!.sent, batch);
    const score = decoderLoss(rows, ...decoderOf(network), batch.targets);
    const sums = (forward: Forward, steps: tf.Tensor3D) => {
      const sent = forward.events === undefined ? tf.onesLike(steps) : steps;
      return sumOverSteps(sent as tf.Tensor3D).dataSync() as Float32Array;
    };
    counts = {
      events: passed.map(({ forward }) => sums(forward, forward.events ?? forward.y)),
      lastEvents: passed.map(({ forward }) => sums(forward, lastStep(forward.events ?? forward.y))),
    };
    return { ...scoreOf(score, batch), state: stateOf(passed), activity: passed.map(activityOf) };
  });
  return { ...result, ...counts! };
}

const scoreOf = ({ loss, hits }: DecoderLoss, { targets }: Batch) => ({ loss, hits, scored: targets.length });

const decoderOf = ({ shape, parameters }: Network) =>
  [
    parameters.get(shape.tied ? EMBEDDING : DECODER) as tf.Tensor2D,
    parameters.get(DECODER_BIAS) as tf.Tensor1D,
  ] as const;

/** Vectors of a batch, and what their gradient must be multiplied with on the way back. */
function inputOf({ shape, parameters }: Network, { steps, batch, input }: Batch, noise: Noise) {
  const width = inputWidthOf(shape);
  const size: [number, number, number] = [steps, batch, width];
  if (shape.input.kind === "vectors") {
    const x = tf.tensor3d(input as Float32Array, size);
    const mask = noise.inputMask(batch, width);
    return { x: mask ? (tf.mul(x, mask) as tf.Tensor3D) : x, mask };
  }
  const ids = input as Int32Array;
  const looked: tf.Tensor3D = tf.reshape(
    tf.gather(parameters.get(EMBEDDING), tf.tensor1d(ids, "int32")),
    size,
  );
  const factors = noise.wordFactors(shape.input.vocabulary);
  const words =
    factors &&
    tf.tensor3d(
      Float32Array.from(ids, (id) => factors[id]!),
      [steps, batch, 1],
    );
  const components = noise.inputMask(batch, width);
  const mask: tf.Tensor | undefined = words && components ? tf.mul(words, components) : (words ?? components);
  return { x: mask ? (tf.mul(looked, mask) as tf.Tensor3D) : looked, mask };
}

interface Passed {
  readonly forward: Forward;
  /** What the next layer gets. */
  readonly sent: tf.Tensor3D;
  readonly mask: tf.Tensor3D | undefined;
}

function runLayers(network: Network, x: tf.Tensor3D, state: NetworkState, noise: Noise): Passed[] {
  const run = layerOf(network.shape);
  const passed: Passed[] = [];
  let input = x;
  for (const [layer, units] of network.shape.layers.entries()) {
    const forward = run(input, layerWeights(network, layer, noise), state[layer]!);
    const mask = noise.layerMask(layer, x.shape[1], units);
    const sent: tf.Tensor3D = mask ? tf.mul(forward.y, mask) : forward.y;
    passed.push({ forward, sent, mask });
    input = sent;
  }
  return passed;
}

function layerWeights({ parameters, weightFormat }: Network, layer: number, noise: Noise): RecurrentWeights {
  const part = <T extends tf.Tensor>(leaf: string) => {
    const name = `rnns.${layer}.${leaf}`;
    return parameters.has(name) ? (parameters.get(name) as T) : undefined;
  };
  const matrix = (leaf: string): tf.Tensor2D => {
    const exact = part<tf.Tensor2D>(leaf)!;
    return weightFormat ? asQuantised(exact, weightFormat) : exact;
  };
  const recurrent = matrix("recurrent_kernel");
  const dropped = noise.recurrentMask(layer, recurrent.shape);
  const recurrentBias = part<tf.Tensor1D>("recurrent_bias");
  const threshold = part<tf.Tensor1D>("thr");
  return {
    kernel: matrix("kernel"),
    recurrentKernel: dropped ? tf.mul(recurrent, dropped) : recurrent,
    bias: part<tf.Tensor1D>("bias")!,
    ...(recurrentBias && { recurrentBias }),
    ...(threshold && { threshold }),
  };
}

/** From the last layer to the first; gradients go to `found`. Returns that of the first layer's input. */
function backThroughLayers(
  passed: readonly Passed[],
  activity: readonly number[],
  dy: tf.Tensor3D,
  noise: Noise,
  penalty: ActivityPenalty | undefined,
  found: Record<string, tf.Tensor>,
): tf.Tensor3D {
  let upstream = dy;
  for (let layer = passed.length - 1; layer >= 0; layer -= 1) {
    const { forward, mask } = passed[layer]!;
    if (mask) upstream = tf.mul(upstream, mask);
    const { dx, gradients } = forward.backward(
      upstream,
      penalty && eventGradient(forward, activity[layer]!, penalty),
    );
    for (const [key, gradient] of Object.entries(gradients) as [keyof RecurrentGradients, tf.Tensor][]) {
      const dropped =
        key === "recurrentKernel"
          ? noise.recurrentMask(layer, gradient.shape as [number, number])
          : undefined;
      found[`rnns.${layer}.${LEAVES[key]}`] = dropped ? tf.mul(gradient, dropped) : gradient;
    }
    upstream = dx;
  }
  return upstream;
}

function eventGradient(
  { events }: Forward,
  activity: number,
  { weight, target }: ActivityPenalty,
): tf.Tensor3D | undefined {
  if (events === undefined || activity <= target) return undefined;
  return tf.fill(events.shape, (2 * weight * (activity - target)) / events.size);
}

const activityOf = ({ forward: { events } }: Passed): number =>
  events === undefined ? 1 : tf.mean(events).dataSync()[0]!;

/** Clones, as y may be a part of what is freed with the batch. */
const stateOf = (passed: readonly Passed[]): NetworkState =>
  passed.map(({ forward: { state } }) => ({ h: tf.clone(state.h), y: tf.clone(state.y) }));

const lastStep = (x: tf.Tensor3D): tf.Tensor3D =>
  tf.slice(x, [x.shape[0] - 1, 0, 0], [1, x.shape[1], x.shape[2]]);

const hasOneTarget = ({ steps, batch, targets }: Batch): boolean => steps > 1 && targets.length === batch;

/** Rows for the decoder: each step's output, or the mean over the steps where a sequence has one target. */
function scoredRows(y: tf.Tensor3D, batch: Batch): tf.Tensor2D {
  return hasOneTarget(batch) ? tf.mean(y, 0) : flat(y);
}

/** The way back of `scoredRows`. */
function spreadRows(dRows: tf.Tensor2D, y: tf.Tensor3D, batch: Batch): tf.Tensor3D {
  if (!hasOneTarget(batch)) return tf.reshape(dRows, y.shape);
  const [steps, streams, units] = y.shape;
  return tf.tile(tf.reshape(tf.div(dRows, steps), [1, streams, units]), [steps, 1, 1]);
}

function biasGradient(dBias: tf.Tensor1D, targets: Int32Array): tf.Tensor1D {
  const values = (dBias.dataSync() as Float32Array).slice();
  for (const target of targets) values[target]! -= 1 / targets.length;
  return tf.tensor1d(values);
}

/** [outputs, width] from the transposed part of all outputs and the rows of the targets. */
function weightGradient(transposed: tf.Tensor2D, rows: tf.Tensor2D, targets: Int32Array): Float32Array {
  const values = (tf.transpose(transposed).dataSync() as Float32Array).slice();
  addRows(values, targets, rows.dataSync(), rows.shape[1], -1 / targets.length);
  return values;
}
