import { type Evaluation, evaluateTokens, Tally } from "./evaluate.ts";
import { type Batch, disposeState, evaluateOn, type Network, zeroState } from "./network.ts";
import { shuffled, seedFor } from "./random-draws.ts";
import { type WindowLengths, windowsOf } from "./schedule.ts";
import { streamsOf, windowAt } from "./streams.ts";

/** What is learnt: batches epoch by epoch, and how well it is known. */
export interface Task {
  /** Streams, or sequences, in a batch. */
  readonly batch: number;
  /** Whether a batch goes on where the one before ended. */
  readonly carriesState: boolean;
  /** What a good result is called. */
  readonly measure: "perplexity" | "accuracy";
  readonly stepsIn: (epoch: number) => number;
  readonly batchAt: (epoch: number, index: number) => Batch;
  readonly validate: (network: Network, onProgress?: (done: number, of: number) => void) => Evaluation;
}

export interface LanguageTask {
  readonly train: ArrayLike<number>;
  readonly valid: ArrayLike<number>;
  readonly batch: number;
  readonly evaluationBatch: number;
  /** Window of evaluation. */
  readonly window: number;
  readonly lengths: WindowLengths;
  readonly state: "windowed" | "streaming";
  readonly seed: number;
}

/** The next token, in windows of random lengths that every epoch cuts anew. */
export function languageTask(options: LanguageTask): Task {
  const { batch, evaluationBatch, valid, window, state, lengths, seed } = options;
  const streams = streamsOf(options.train, batch);
  let planned: { readonly epoch: number; readonly begins: readonly number[] } | undefined;
  const planOf = (epoch: number): readonly number[] => {
    if (planned?.epoch === epoch) return planned.begins;
    const begins = [0];
    for (const length of windowsOf(streams.steps, lengths, seed, epoch)) begins.push(begins.at(-1)! + length);
    planned = { epoch, begins };
    return begins;
  };
  return {
    batch,
    carriesState: true,
    measure: "perplexity",
    stepsIn: (epoch) => planOf(epoch).length - 1,
    batchAt(epoch, index) {
      const begins = planOf(epoch);
      return windowAt(streams, begins[index]!, begins[index + 1]! - begins[index]!);
    },
    validate: (network, onProgress) =>
      evaluateTokens(network, valid, {
        streams: evaluationBatch,
        window,
        state,
        ...(onProgress && { onProgress }),
      }),
  };
}

/** Sequences of vectors, all equally long, with a class each. */
export interface LabelledSequences {
  readonly steps: number;
  readonly width: number;
  readonly count: number;
  /** Values of sequence number `index`, [steps, width]. */
  readonly sequence: (index: number) => Float32Array;
  readonly labels: Uint8Array;
}

/** The class of a sequence from the mean of the last layer's outputs; every epoch in an order of its own. */
export function classificationTask(
  train: LabelledSequences,
  valid: LabelledSequences,
  batch: number,
  seed: number,
): Task {
  let order: { readonly epoch: number; readonly places: Uint32Array } | undefined;
  const orderOf = (epoch: number): Uint32Array => {
    if (order?.epoch !== epoch)
      order = { epoch, places: shuffled(seedFor(seed, "order", epoch), train.count) };
    return order.places;
  };
  return {
    batch,
    carriesState: false,
    measure: "accuracy",
    stepsIn: () => Math.floor(train.count / batch),
    batchAt: (epoch, index) => gather(train, orderOf(epoch).subarray(index * batch, (index + 1) * batch)),
    validate(network, onProgress) {
      const tally = new Tally(network);
      for (let begin = 0; begin < valid.count; begin += batch) {
        const size = Math.min(batch, valid.count - begin);
        const state = zeroState(network.shape, size);
        const places = Uint32Array.from({ length: size }, (_, i) => begin + i);
        const result = evaluateOn(network, gather(valid, places), state);
        tally.add(result, valid.steps, size, true);
        disposeState(state);
        disposeState(result.state);
        onProgress?.(begin + size, valid.count);
      }
      return tally.evaluation();
    },
  };
}

function gather({ steps, width, sequence, labels }: LabelledSequences, places: Uint32Array): Batch {
  const batch = places.length;
  const input = new Float32Array(steps * batch * width);
  places.forEach((place, column) => {
    const values = sequence(place);
    for (let t = 0; t < steps; t += 1)
      input.set(values.subarray(t * width, (t + 1) * width), (t * batch + column) * width);
  });
  return { steps, batch, input, targets: Int32Array.from(places, (place) => labels[place]!) };
}
