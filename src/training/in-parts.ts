import * as tf from "@tensorflow/tfjs-core";
import { scoped } from "./layers/sequence-ops.ts";
import {
  type ActivityPenalty,
  type Batch,
  disposeState,
  type Network,
  type NetworkState,
  trainOn,
} from "./network.ts";
import type { Noise } from "./noise.ts";

/**
 * `trainOn`, but at most `streamsAtOnce` of the batch's streams at a time: memory is that of so many, gradients are added up,
 * and differ from the whole batch's in the order of sums alone. An activity penalty sees each part's own activity.
 *
 * @param noise Makes the step's noise anew for each part, always the same, as its tensors belong to a part.
 */
export function trainInParts(
  network: Network,
  batch: Batch,
  state: NetworkState,
  noise: () => Noise,
  penalty: ActivityPenalty | undefined,
  streamsAtOnce: number,
): ReturnType<typeof trainOn> {
  if (batch.batch <= streamsAtOnce) return trainOn(network, batch, state, noise(), penalty);
  const gradients = new Map<string, tf.Tensor>();
  const states: NetworkState[] = [];
  let [loss, hits] = [0, 0];
  const activity = network.shape.layers.map(() => 0);
  for (let begin = 0; begin < batch.batch; begin += streamsAtOnce) {
    const count = Math.min(streamsAtOnce, batch.batch - begin);
    const share = count / batch.batch;
    const before = scoped(() =>
      state.map(({ h, y }) => ({ h: rows(h, begin, count), y: rows(y, begin, count) })),
    );
    const part = trainOn(
      network,
      streamsFrom(batch, begin, count),
      before,
      noiseFrom(noise(), begin, batch.batch),
      penalty,
    );
    disposeState(before);
    states.push(part.state);
    addTo(gradients, part.gradients, share);
    loss += part.loss;
    hits += part.hits;
    part.activity.forEach((active, layer) => (activity[layer]! += share * active));
  }
  return { loss, hits, scored: batch.targets.length, activity, gradients, state: joined(states) };
}

const rows = (x: tf.Tensor2D, begin: number, count: number): tf.Tensor2D =>
  tf.slice(x, [begin, 0], [count, x.shape[1]]);

/** Adds, and frees what was added. */
function addTo(sums: Map<string, tf.Tensor>, gradients: ReadonlyMap<string, tf.Tensor>, share: number): void {
  for (const [name, gradient] of gradients) {
    const before = sums.get(name);
    sums.set(
      name,
      scoped(() => (before ? tf.add(before, tf.mul(gradient, share)) : tf.mul(gradient, share))),
    );
    before?.dispose();
    gradient.dispose();
  }
}

function joined(states: readonly NetworkState[]): NetworkState {
  const whole = states[0]!.map((_, layer) => ({
    h: tf.concat(
      states.map((state) => state[layer]!.h),
      0,
    ),
    y: tf.concat(
      states.map((state) => state[layer]!.y),
      0,
    ),
  }));
  for (const state of states) disposeState(state);
  return whole;
}

/** Streams `begin … begin + count` of a batch. */
function streamsFrom({ steps, batch, input, targets }: Batch, begin: number, count: number): Batch {
  return {
    steps,
    batch: count,
    input: columnsOf(input, steps, batch, begin, count),
    // One a step, or one a sequence.
    targets: columnsOf(targets, targets.length / batch, batch, begin, count),
  };
}

function columnsOf<Values extends Int32Array | Float32Array>(
  values: Values,
  steps: number,
  batch: number,
  begin: number,
  count: number,
): Values {
  const width = values.length / (steps * batch);
  const out = values.slice(0, steps * count * width) as Values;
  for (let t = 0; t < steps; t += 1)
    out.set(
      values.subarray((t * batch + begin) * width, (t * batch + begin + count) * width),
      t * count * width,
    );
  return out;
}

/** The whole batch's noise, as the part's streams have it. */
function noiseFrom(noise: Noise, begin: number, whole: number): Noise {
  const part = (mask: tf.Tensor3D | undefined, count: number) =>
    mask && tf.slice(mask, [0, begin, 0], [1, count, mask.shape[2]]);
  return {
    ...noise,
    inputMask: (count, width) => part(noise.inputMask(whole, width), count),
    layerMask: (layer, count, units) => part(noise.layerMask(layer, whole, units), count),
  };
}
