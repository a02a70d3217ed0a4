import { InputError, MismatchError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";

/** Words of a vocabulary file, one a line; line n is token n − 1. */
export function parseVocabulary(text: string): readonly string[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const words = lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  while (words.at(-1) === "") words.pop();
  return words;
}

/** The model with its words. @throws MismatchError where their number is not the embedding's. */
export function withVocabulary(model: ModelIr, words: readonly string[], fileName: string): ModelIr {
  const input = model.populations[0];
  if (input?.kind !== "token-input") {
    throw new MismatchError(
      `${fileName}: the model reads vectors, not tokens, so that a vocabulary means nothing to it`,
      "Leave the vocabulary out.",
    );
  }
  if (words.length !== input.size) {
    throw new MismatchError(
      `${fileName} has ${words.length} words, but the model's embedding has ${input.size} rows`,
      "Use the vocabulary that the model was trained with, one word a line.",
    );
  }
  const empty = words.indexOf("");
  if (empty >= 0) {
    throw new InputError({ file: fileName }, `line ${empty + 1} is empty`, "Write one word a line.");
  }
  return { ...model, vocabulary: words };
}
