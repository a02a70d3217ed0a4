import * as tf from "@tensorflow/tfjs-core";
import { openTensorBackend, tensorBytes } from "../src/runtime/tensor-backend.ts";
import { egruLayer } from "../src/training/layers/egru.ts";
import { trainOn, zeroState } from "../src/training/network.ts";
import { drawNoise } from "../src/training/noise.ts";
import { optimise, zeroMoments } from "../src/training/optimiser.ts";
import { initialParameters } from "../src/training/parameters.ts";
import type { ModelShape } from "../src/training/shape.ts";
import { formatTable } from "./measure.ts";

/** Steps of WikiText-2's training text. */
const TOKENS = 2_088_628;
const SURROGATE = { dampening: 0.7, support: 1 };

/** Milliseconds of processor time that a call takes, the least of so many: other work on the machine does not count. */
function processorMilliseconds(run: () => void, rounds: number): number {
  let least = Number.POSITIVE_INFINITY;
  run();
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** One EGRU layer, forward and backward over 35 steps of batch 20. */
function layerRow(units: number, rounds: number): string[] {
  const [steps, batch] = [35, 20];
  const drawn = (...shape: number[]) => tf.randomNormal(shape, 0, 1 / Math.sqrt(units), "float32", 1);
  const weights = {
    kernel: drawn(units, 3 * units) as tf.Tensor2D,
    recurrentKernel: drawn(units, 3 * units) as tf.Tensor2D,
    bias: tf.zeros<tf.Rank.R1>([3 * units]),
    recurrentBias: tf.zeros<tf.Rank.R1>([3 * units]),
    threshold: tf.fill<tf.Rank.R1>([units], 0.05),
  };
  const x = tf.randomNormal<tf.Rank.R3>([steps, batch, units], 0, 1, "float32", 2);
  const milliseconds = processorMilliseconds(() => {
    tf.tidy(() => {
      const zero = { h: tf.zeros<tf.Rank.R2>([batch, units]), y: tf.zeros<tf.Rank.R2>([batch, units]) };
      egruLayer(SURROGATE)(x, weights, zero).backward(x).gradients.kernel.dataSync();
    });
  }, rounds);
  return [
    `one EGRU layer of ${units}`,
    "20 x 35",
    milliseconds.toFixed(0),
    ((700 * 1000) / milliseconds).toFixed(0),
    "-",
    "-",
  ];
}

/** A whole step of training: forward, backward, AdamW. */
function modelRow(
  name: string,
  words: number,
  embedding: number,
  layers: readonly number[],
  batch: number,
  rounds: number,
): string[] {
  const shape: ModelShape = {
    cell: "egru",
    input: { kind: "tokens", vocabulary: words, embedding },
    layers,
    outputs: words,
    tied: true,
    surrogate: SURROGATE,
    thresholdMean: 0.05,
  };
  const steps = 35;
  const parameters = initialParameters(shape, 1);
  const moments = zeroMoments(parameters.shapes);
  const state = zeroState(shape, batch);
  const ids = Int32Array.from({ length: steps * batch }, (_, i) => (i * 7919) % words);
  const settings = {
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    weightDecay: { weights: 0.01, biases: 0 },
    clip: 1,
  } as const;
  const noise = drawNoise({ embedding: 0.05, words: 0, forward: 0.05, connect: 0 }, 1);
  const milliseconds = processorMilliseconds(() => {
    const result = trainOn({ shape, parameters }, { steps, batch, input: ids, targets: ids }, state, noise);
    optimise(parameters, moments, result.gradients, new Map(), 1, { weights: 1e-3, thresholds: 0 }, settings);
    for (const { h, y } of result.state) tf.dispose([h, y]);
  }, rounds);
  const rate = (1000 * steps * batch) / milliseconds;
  parameters.dispose();
  return [
    name,
    `${batch} x ${steps}`,
    milliseconds.toFixed(0),
    rate.toFixed(0),
    `${(TOKENS / rate / 60).toFixed(0)} min`,
    `${(tensorBytes() / 2 ** 20).toFixed(0)} MiB`,
  ];
}

/** What training takes here, in processor time. */
export async function benchTraining(): Promise<string> {
  const { name, reason } = await openTensorBackend("auto");
  return formatTable(
    `Training on ${name} (${reason}); an epoch is WikiText-2's ${TOKENS.toLocaleString("en-US")} tokens`,
    [
      ["model", "batch x steps", "ms a window", "tokens a second", "an epoch", "memory so far"],
      layerRow(200, 8),
      modelRow("128 > 192, 192, 128, 5,000 words", 5_000, 128, [192, 192, 128], 32, 4),
      modelRow("the same, larger batch", 5_000, 128, [192, 192, 128], 64, 3),
      modelRow("128 > 256, 256, 128, 5,000 words", 5_000, 128, [256, 256, 128], 32, 3),
      layerRow(1350, 2),
      modelRow("750 > 1350, 1350, 750, 33,278 words", 33_278, 750, [1350, 1350, 750], 20, 1),
    ],
  );
}
