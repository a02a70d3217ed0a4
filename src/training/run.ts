import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { layersModelFiles } from "./layers-model.ts";
import { writeTrainedModel } from "./model-tensors.ts";
import type { PreparedTraining } from "./prepare.ts";
import type { Parameters } from "./parameters.ts";
import { type Masks } from "./pruning.ts";
import { startTraining } from "./start.ts";
import { disposeTraining, type EpochEntry, type LogEntry, train, type TrainingHooks } from "./trainer.ts";
import { tableOfLog } from "./training-log.ts";

/** Names of the files that a training keeps in its folder. */
export const RUN_FILES = {
  checkpoint: "training.checkpoint",
  model: "model.safetensors",
  layersModel: "tfjs-model.json",
  layersWeights: "tfjs-weights.bin",
  vocabulary: "vocab.txt",
  log: "log.jsonl",
  table: "epochs.csv",
  settings: "training.json",
} as const;

/** A folder's files by name; writes are whole or not at all. */
export interface RunFolder {
  readonly read: (name: string) => Uint8Array | undefined;
  readonly write: (name: string, content: Uint8Array | string) => void;
}

export interface RunHooks extends Pick<TrainingHooks, "onStep" | "onValidate"> {
  readonly onEpoch?: (entry: EpochEntry, log: readonly LogEntry[]) => void;
  /** Where a run goes on, steps done so far. */
  readonly onResume?: (step: number, ended: boolean) => void;
}

export interface RunStart {
  readonly parameters: Parameters;
  readonly masks: Masks;
}

export interface RunOutcome {
  readonly log: readonly LogEntry[];
  /** Of the model that was kept; undefined where no epoch ended with the wanted sparsity. */
  readonly best: EpochEntry | undefined;
}

/**
 * Trains in a folder: goes on from its checkpoint where there is one, and keeps the best model, its words, the log and a
 * checkpoint there.
 */
export function runTraining(
  prepared: PreparedTraining,
  folder: RunFolder,
  hooks: RunHooks,
  from?: RunStart,
): RunOutcome {
  const { shape, settings, task, vocabulary, config, identity, weightFormat, decoderBias } = prepared;
  const saved = folder.read(RUN_FILES.checkpoint);
  const training =
    saved === undefined
      ? startTraining(shape, { seed: settings.seed, batch: task.batch, weightFormat, decoderBias, ...from })
      : readCheckpoint(saved, identity, shape, weightFormat);
  const { step, ended } = training.position;
  if (saved !== undefined) hooks.onResume?.(step, ended);
  const log = saved === undefined ? [] : logUpTo(step, folder.read(RUN_FILES.log));
  folder.write(RUN_FILES.settings, `${JSON.stringify(config, undefined, 2)}\n`);
  if (vocabulary) folder.write(RUN_FILES.vocabulary, `${vocabulary.join("\n")}\n`);
  try {
    train(training, task, settings, {
      ...hooks,
      onLog(entry) {
        log.push(entry);
        if (entry.kind === "epoch") hooks.onEpoch?.(entry, log);
      },
      onCheckpoint(at) {
        folder.write(RUN_FILES.log, log.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
        folder.write(RUN_FILES.table, tableOfLog(log));
        folder.write(RUN_FILES.checkpoint, writeCheckpoint(at, identity));
      },
      onBest({ parameters }) {
        const { json, weights } = layersModelFiles(shape, parameters, RUN_FILES.layersWeights);
        folder.write(RUN_FILES.layersWeights, weights);
        folder.write(RUN_FILES.layersModel, json);
        folder.write(RUN_FILES.model, writeTrainedModel(shape, parameters, vocabulary));
      },
    });
  } finally {
    disposeTraining(training);
  }
  const best = log.findLast((entry): entry is EpochEntry => entry.kind === "epoch" && entry.best);
  return { log, best };
}

/** What was logged after the checkpoint is done again. */
function logUpTo(step: number, bytes: Uint8Array | undefined): LogEntry[] {
  if (bytes === undefined) return [];
  const entries = new TextDecoder()
    .decode(bytes)
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as LogEntry];
      } catch {
        return [];
      }
    });
  return entries.filter((entry) => entry.step <= step);
}
