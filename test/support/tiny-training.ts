import { randomNumbers } from "../../src/core/random.ts";
import { checkTrainingConfig } from "../../src/training/config.ts";
import { type DataFiles, type PreparedTraining, prepareTraining } from "../../src/training/prepare.ts";
import type { RunFolder } from "../../src/training/run.ts";

/** A text with something to learn: each word hangs on the one before. */
export function tinyText(seed: number, lines: number): string {
  const next = randomNumbers(seed);
  const words = ["red", "green", "blue", "one", "two", "three", "up", "down"];
  let at = 0;
  return Array.from({ length: lines }, () =>
    Array.from({ length: 6 }, () => {
      at = next() < 0.8 ? (at * 3 + 1) % words.length : Math.floor(next() * words.length);
      return words[at]!;
    }).join(" "),
  ).join("\n");
}

export const TINY_FILES: DataFiles = {
  text: (path) => (path === "train.txt" ? tinyText(1, 120) : tinyText(2, 40)),
  bytes: () => {
    throw new Error("no bytes are read here");
  },
};

export const TINY_CONFIG = {
  seed: 5,
  data: { kind: "text", train: "train.txt", valid: "valid.txt", words: 12 },
  model: { cell: "egru", embedding: 6, layers: [10, 6], thresholdMean: 0.05 },
  training: {
    epochs: 3,
    batch: 4,
    evaluationBatch: 2,
    window: { mean: 12, deviation: 2 },
    learningRate: 0.02,
    thresholdLearningRate: 0.01,
    betas: [0.9, 0.999],
    weightDecay: { weights: 0.01, biases: 0.001 },
    clip: 1,
    dropout: { embedding: 0.1, words: 0.1, forward: 0.1, connect: 0.1 },
    logSteps: 5,
    checkpointSteps: 7,
  },
};

export const prepareTiny = (changes: object = {}, files: DataFiles = TINY_FILES): PreparedTraining =>
  prepareTraining(checkTrainingConfig("tiny.yaml", { ...TINY_CONFIG, ...changes }), files);

/** A folder in memory. */
export function memoryFolder(): RunFolder & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    read: (name) => files.get(name),
    write: (name, content) =>
      files.set(name, typeof content === "string" ? new TextEncoder().encode(content) : content.slice()),
  };
}
