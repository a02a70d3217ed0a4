import { InputError, MismatchError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { counted } from "../core/wording.ts";

/** Words of a vocabulary file, one a line; line n is token n − 1. */
export function parseVocabulary(text: string): readonly string[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const words = lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  while (words.at(-1) === "") words.pop();
  return words;
}

/**
 * Checks that each line holds a word and no two the same: a word that stands twice would make one of its
 * tokens unreachable, and the perplexity one of another task.
 * @throws InputError naming the line, or both lines.
 */
export function checkWords(words: readonly string[], fileName: string): void {
  const lineOf = new Map<string, number>();
  for (const [index, word] of words.entries()) {
    const line = index + 1;
    if (word === "")
      throw new InputError({ file: fileName }, `line ${line} is empty`, "Write one word a line.");
    const earlier = lineOf.get(word);
    if (earlier !== undefined) {
      throw new InputError(
        { file: fileName },
        `lines ${earlier} and ${line} hold the same word, "${word.length > 40 ? `${word.slice(0, 40)}…` : word}"`,
        "Use the vocabulary that the model was trained with, each word once.",
      );
    }
    lineOf.set(word, line);
  }
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
      `${fileName} has ${counted(words.length, "word")}, but the model's embedding has ${counted(input.size, "row")}`,
      "Use the vocabulary that the model was trained with, one word a line.",
    );
  }
  checkWords(words, fileName);
  return { ...model, vocabulary: words };
}
