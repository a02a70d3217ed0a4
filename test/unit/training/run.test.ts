import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { openTensorBackend } from "../../../src/runtime/tensor-backend.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { parametersOf } from "../../../src/training/model-tensors.ts";
import { masksOfZeros, sparsityOf } from "../../../src/training/pruning.ts";
import { type RunFolder, runTraining } from "../../../src/training/run.ts";
import type { EpochEntry } from "../../../src/training/trainer.ts";
import { memoryFolder, prepareTiny, TINY_CONFIG } from "../../support/tiny-training.ts";

beforeAll(() => openTensorBackend("wasm"));

/** Long enough to learn the text's chain. */
const LEARNING = { epochs: 15, learningRate: 0.03, dropout: {} };

const PRUNING = { pruning: { sparsity: 0.7, begin: 0.5, end: 2, every: 4 } };

class Killed extends Error {}

/** Runs until the given step, as if the process were killed there, and then as often again until the end. */
function runWithKills(folder: RunFolder, kills: readonly number[], changes: object) {
  for (const step of kills) {
    expect(() =>
      runTraining(prepareTiny(changes), folder, {
        onStep: (entry) => {
          if (entry.step === step) throw new Killed();
        },
      }),
    ).toThrow(Killed);
  }
  return runTraining(prepareTiny(changes), folder, {});
}

const epochsOf = ({ log }: ReturnType<typeof runTraining>) =>
  log.filter((entry): entry is EpochEntry => entry.kind === "epoch");

describe("a training", () => {
  it("learns: validation comes close to what the text's chance allows", () => {
    const outcome = runTraining(
      prepareTiny({ training: { ...TINY_CONFIG.training, ...LEARNING } }),
      memoryFolder(),
      {},
    );
    const losses = epochsOf(outcome).map(({ loss }) => loss);
    // Words alone, without those before: ln 9 = 2.2 nats; the chain leaves about 0.9.
    expect(losses[0]).toBeLessThan(2.2);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(losses.at(-1)).toBeLessThan(1.9);
  });

  it("that was killed twice ends with the same bytes as one that was not", () => {
    const [whole, interrupted] = [memoryFolder(), memoryFolder()];
    runTraining(prepareTiny(PRUNING), whole, {});
    runWithKills(interrupted, [9, 33], PRUNING);
    expect([...interrupted.files.keys()].sort()).toEqual([...whole.files.keys()].sort());
    for (const [name, bytes] of whole.files)
      expect(Buffer.compare(interrupted.files.get(name)!, bytes), name).toBe(0);
  });

  it("keeps the wanted sparsity in the model that it keeps, and no other model", () => {
    const folder = memoryFolder();
    const outcome = runTraining(prepareTiny(PRUNING), folder, {});
    expect(epochsOf(outcome).map(({ best }) => best)[0]).toBe(false);
    const { tensors, metadata } = readSafetensors(folder.files.get("model.safetensors")!);
    expect(sparsityOf(parametersOf(tensors, metadata).parameters)).toBeCloseTo(0.7, 2);
    expect(outcome.best?.sparsity).toBeCloseTo(0.7, 2);
  });

  it("that begins with a pruned model keeps its zeros", () => {
    const pruned = memoryFolder();
    runTraining(prepareTiny(PRUNING), pruned, {});
    const load = (folder: ReturnType<typeof memoryFolder>) => {
      const { tensors, metadata } = readSafetensors(folder.files.get("model.safetensors")!);
      return parametersOf(tensors, metadata).parameters;
    };
    const begun = load(pruned);
    const masks = masksOfZeros(begun);
    const tuned = memoryFolder();
    runTraining(prepareTiny(), tuned, {}, { parameters: begun, masks });
    const values = load(tuned).values("rnns.0.kernel");
    masks.get("rnns.0.kernel")!.forEach((kept, i) => {
      if (kept === 0) expect(Math.abs(values[i]!)).toBe(0);
    });
    expect(values.some((value) => value !== 0)).toBe(true);
  });

  it("refuses a checkpoint of other settings, and says what to do", () => {
    const folder = memoryFolder();
    runTraining(prepareTiny(), folder, {});
    const other = prepareTiny({ seed: 6 });
    expect(() => runTraining(other, folder, {})).toThrow("other settings or other data");
  });

  it("refuses damaged checkpoints without losing them", () => {
    const folder = memoryFolder();
    runTraining(prepareTiny(), folder, {});
    const checkpoint = folder.files.get("training.checkpoint")!;
    for (const length of [0, 5, 100, checkpoint.length - 1]) {
      folder.files.set("training.checkpoint", checkpoint.slice(0, length));
      expect(() => runTraining(prepareTiny(), folder, {})).toThrow();
      expect(folder.files.get("training.checkpoint")!.length).toBe(length);
    }
  });

  it("says that it diverged, and names the learning rate", () => {
    const { training } = TINY_CONFIG;
    const wild = prepareTiny({
      training: { ...training, learningRate: 100, clip: 0, weightDecay: { weights: 100, biases: 100 } },
    });
    expect(() => runTraining(wild, memoryFolder(), {})).toThrow(/training.learningRate: training diverged/);
  });

  it("ends early when validation gets no better", () => {
    const { training } = TINY_CONFIG;
    const still = prepareTiny({
      training: { ...training, epochs: 9, learningRate: 0, thresholdLearningRate: 0, patience: 2 },
    });
    expect(epochsOf(runTraining(still, memoryFolder(), {})).length).toBe(3);
  });

  it("lowers activity where events are penalised", () => {
    const { training } = TINY_CONFIG;
    const activity = (changes: object) =>
      epochsOf(runTraining(prepareTiny(changes), memoryFolder(), {}))
        .at(-1)!
        .activity.reduce((a, b) => a + b);
    const free = activity({});
    const penalised = activity({ training: { ...training, activityPenalty: { weight: 5, target: 0.05 } } });
    expect(penalised).toBeLessThan(0.8 * free);
  });

  it.each(["lstm", "gru", "paper-egru"])("learns with %s, too", (cell) => {
    const { model, training } = TINY_CONFIG;
    const changes = { model: { ...model, cell }, training: { ...training, ...LEARNING } };
    const outcome = runTraining(prepareTiny(changes), memoryFolder(), {});
    expect(epochsOf(outcome).at(-1)!.loss).toBeLessThan(1.7);
    expect(
      epochsOf(outcome)[0]!.activity.every((share) => (cell === "paper-egru" ? share < 1 : share === 1)),
    ).toBe(true);
  });

  it("frees what it takes: no tensor is left, and none more after more steps", () => {
    const before = tf.memory().numTensors;
    runTraining(prepareTiny(), memoryFolder(), {});
    expect(tf.memory().numTensors).toBe(before);
  });
});
