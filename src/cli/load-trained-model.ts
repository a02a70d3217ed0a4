import { InputError, MismatchError, UnsupportedError } from "../core/errors.ts";
import { OWN_METADATA } from "../models/own-metadata.ts";
import { readModelFile } from "../models/model-file.ts";
import { kindOfModelFile } from "../models/model-kind.ts";
import { checkWords, parseVocabulary } from "../models/vocabulary.ts";
import { READ_LIMITS, readTextBounded } from "../runtime/files.ts";
import { loadModelFiles } from "../runtime/model-files.ts";
import { parametersOf, type TrainedModel } from "../training/model-tensors.ts";
import type { ModelShape } from "../training/shape.ts";

export interface LoadedModel extends TrainedModel {
  readonly name: string;
  readonly vocabulary: readonly string[] | undefined;
}

/** A model for training and evaluation, with its words where they are. */
export function loadTrainedModel(path: string, vocab?: string): LoadedModel {
  const { name, fileName, bytes, vocabulary } = loadModelFiles(path, vocab);
  try {
    const kind = kindOfModelFile(bytes, fileName);
    if (kind !== "torch" && kind !== "safetensors")
      throw new UnsupportedError(
        `${fileName} is of a format that training does not read.`,
        "Give a torch checkpoint or a safetensors file.",
      );
    const { tensors, metadata } = readModelFile(bytes, kind);
    const model = parametersOf(tensors, metadata);
    const text =
      vocab === undefined
        ? (vocabulary?.text ?? metadata[OWN_METADATA.vocabulary])
        : readTextBounded(vocab, READ_LIMITS.vocabulary);
    const words = text === undefined ? undefined : parseVocabulary(text);
    if (words) checkWords(words, vocabulary?.fileName ?? fileName);
    if (words && words.length !== model.shape.outputs) {
      throw new MismatchError(
        `${vocabulary?.fileName ?? fileName} has ${words.length} words, but the model has ${model.shape.outputs} outputs.`,
        "Use the vocabulary that the model was trained with, one word a line.",
      );
    }
    return { ...model, name, vocabulary: words };
  } catch (error) {
    throw error instanceof InputError && error.place.file === undefined ? error.inFile(fileName) : error;
  }
}

/** A training goes on only with what has the same layers. */
export function requireSameShape(path: string, found: ModelShape, wanted: ModelShape): void {
  const facts = ({ cell, input, layers, outputs, tied }: ModelShape): string => {
    const before =
      input.kind === "tokens"
        ? `embedding ${input.vocabulary} x ${input.embedding}`
        : `vectors of ${input.width}`;
    return `${before}, ${cell} ${layers.join(", ")}, ${tied ? "tied " : ""}decoder of ${outputs}`;
  };
  if (facts(found) === facts(wanted)) return;
  throw new MismatchError(
    `${path} has ${facts(found)}, but the configuration asks for ${facts(wanted)}.`,
    "Set model and data as the model has them.",
  );
}
