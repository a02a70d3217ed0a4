import { InputError, MismatchError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";

export const UNKNOWN_WORD = "<unk>";
export const END_OF_LINE = "<eos>";

/** What str.split() of Python takes for white space, as the reference's data sets were made with it. */
const WHITE_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** What a token of a text is. */
export const TEXT_LEVELS = ["word", "character"] as const;
export type TextLevel = (typeof TEXT_LEVELS)[number];

/**
 * What a vocabulary's tokens are. White space parts words, so that it can be no word: a vocabulary that holds some is one of
 * characters. Those that are made here hold the space always.
 */
export const levelOfVocabulary = (vocabulary: readonly string[]): TextLevel =>
  vocabulary.some((token) => token !== "" && wordsOfLine(token).length === 0) ? "character" : "word";

/** A line's words, or its characters (code points). */
export const tokensOfLine = (line: string, level: TextLevel): readonly string[] =>
  level === "word" ? wordsOfLine(line) : [...line];

/**
 * Token ids of a text: the words of each line, or its characters where the vocabulary is one of characters, then `<eos>`,
 * for empty lines too. What the vocabulary lacks becomes `<unk>`.
 *
 * @param vocabulary Word n has the id n; of words that stand there twice, the first counts.
 * @throws InputError naming word and line where the vocabulary lacks the word and `<unk>`, or `<eos>`.
 */
export function tokensOfText(text: string, vocabulary: readonly string[]): number[] {
  const level = levelOfVocabulary(vocabulary);
  const idOf = new Map<string, number>();
  for (const [id, word] of vocabulary.entries()) if (!idOf.has(word)) idOf.set(word, id);
  const unknown = idOf.get(UNKNOWN_WORD);
  const endOfLine = idOf.get(END_OF_LINE);
  const ids: number[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    for (const token of tokensOfLine(line, level)) {
      ids.push(
        idOf.get(token) ?? unknown ?? missing(level, token, index + 1, `nor ${UNKNOWN_WORD} in its place`),
      );
    }
    ids.push(endOfLine ?? missing("word", END_OF_LINE, index + 1, "which ends each line"));
  }
  return ids;
}

export const wordsOfLine = (line: string): string[] => {
  // Nothing stands before the first word and after the last.
  return line.split(WHITE_SPACE).filter((word) => word !== "");
};

/** Lines without their ends; a line end at the end of the text begins no further line. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function missing(level: TextLevel, word: string, line: number, remark: string): never {
  const shown = word.length > 40 ? `${word.slice(0, 40)}…` : word;
  throw new InputError(
    { field: `line ${line}` },
    `the vocabulary has no ${level} "${shown}", ${remark}`,
    "Give the vocabulary that the model was trained with.",
  );
}

/** @throws MismatchError unless the vocabulary has as many words as the model has tokens. */
export function checkVocabularySize(vocabulary: readonly string[], size: number): void {
  if (vocabulary.length === size) return;
  throw new MismatchError(
    `The vocabulary has ${counted(vocabulary.length, "word")}, but the model reads ${counted(size, "token")}.`,
    "Give the vocabulary that the model was trained with.",
  );
}
