import { canonicalJson, hashOf } from "../core/hash.ts";
import { InputError, inFile } from "../core/errors.ts";
import { checkWords, parseVocabulary } from "../models/vocabulary.ts";
import { settingsOfConfig, shapeOfConfig } from "./config.ts";
import { levelOfVocabulary, type TextLevel } from "../inputs/text.ts";
import type { TrainingConfig } from "./config-schema.ts";
import type { Network } from "./network.ts";
import type { ModelShape } from "./shape.ts";
import { readEventSequences, readMnistSequences } from "./sequence-data.ts";
import { classificationTask, type LabelledSequences, languageTask, type Task } from "./tasks.ts";
import { idsOfText, logFrequencies, vocabularyOf } from "./text-data.ts";
import type { TrainingSettings } from "./trainer.ts";

/** How the files that a configuration names are read; bounded, and relative to it. */
export interface DataFiles {
  readonly text: (path: string) => string;
  readonly bytes: (path: string) => Uint8Array;
}

/** A configuration with its data: all that a training needs. */
export interface PreparedTraining {
  readonly config: TrainingConfig;
  readonly shape: ModelShape;
  readonly task: Task;
  readonly settings: TrainingSettings;
  readonly vocabulary?: readonly string[];
  readonly decoderBias?: Float32Array;
  readonly weightFormat?: Network["weightFormat"];
  /** On which the model is judged, where it classifies sequences. */
  readonly sequences?: LabelledSequences;
  /** Hash of settings and data: what a checkpoint belongs to. */
  readonly identity: string;
}

/** @throws InputError naming the file, where one cannot be read or is too short. */
export function prepareTraining(config: TrainingConfig, files: DataFiles): PreparedTraining {
  const { task, outputs, width, hash, ...more } =
    config.data.kind === "text" ? textTask(config, files) : sequenceTask(config, files);
  return {
    config,
    shape: shapeOfConfig(config, outputs, width),
    task,
    settings: settingsOfConfig(config, task),
    ...more,
    ...(config.training.quantise && { weightFormat: config.training.quantise }),
    identity: hashOf(canonicalJson(config), hash),
  };
}

interface TaskWithData {
  readonly task: Task;
  readonly outputs: number;
  readonly width: number;
  readonly hash: string;
  readonly vocabulary?: readonly string[];
  readonly decoderBias?: Float32Array;
  readonly sequences?: LabelledSequences;
}

function textTask({ data, training, seed }: TrainingConfig, files: DataFiles): TaskWithData {
  if (data.kind !== "text") throw new Error("not a text");
  const { level, words } = data;
  const text = files.text(data.train);
  const vocabulary =
    data.vocabulary === undefined
      ? vocabularyOf(text, level, words)
      : readVocabulary(data.vocabulary, level, files);
  const idsIn = (path: string, content: string, streams: number) =>
    inFile(path, () => idsOfText(content, vocabulary, 2 * streams));
  const train = idsIn(data.train, text, training.batch);
  const valid = idsIn(data.valid, files.text(data.valid), training.evaluationBatch);
  const { batch, evaluationBatch, window, state, decoderBias } = training;
  return {
    task: languageTask({
      train,
      valid,
      batch,
      evaluationBatch,
      window: Math.max(1, Math.round(window.mean)),
      lengths: window,
      state,
      seed,
    }),
    outputs: vocabulary.length,
    width: 0,
    hash: hashOf(vocabulary.join("\n"), train, valid),
    vocabulary,
    ...(decoderBias === "log-frequency" && { decoderBias: logFrequencies(train, vocabulary.length) }),
  };
}

/** @throws InputError where the vocabulary is of the other level, as it alone says how the model's texts are read later. */
function readVocabulary(path: string, level: TextLevel, files: DataFiles): readonly string[] {
  const words = parseVocabulary(files.text(path));
  checkWords(words, path);
  const found = levelOfVocabulary(words);
  if (found !== level) {
    throw new InputError(
      { file: path },
      `is a vocabulary of ${found}s, as it holds ${found === "word" ? "no" : "a"} space, but data.level is ${level}`,
      "Set data.level as the vocabulary has it; one of characters has a line that is a space alone.",
    );
  }
  return words;
}

function sequenceTask({ data, training, seed }: TrainingConfig, files: DataFiles): TaskWithData {
  if (data.kind === "text") throw new Error("a text");
  const { train, valid, classes, hash } =
    data.kind === "mnist" ? readMnistSequences(data, files) : readEventSequences(data, files);
  if (train.count < training.batch) {
    throw new InputError(
      { field: "training.batch" },
      `${training.batch} is more than the ${train.count} sequences to learn from`,
      "Make the batch smaller.",
    );
  }
  return {
    task: classificationTask(train, valid, training.batch, seed),
    outputs: classes,
    width: train.width,
    hash,
    sequences: valid,
  };
}
