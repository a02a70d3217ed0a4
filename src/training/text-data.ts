import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";
import { END_OF_LINE, linesOf, tokensOfText, UNKNOWN_WORD, wordsOfLine } from "../inputs/text.ts";

export type TextLevel = "word" | "character";

/** A text's tokens as text: the words or characters of each line, then `<eos>`. */
function* tokensIn(text: string, level: TextLevel): Generator<string> {
  for (const line of linesOf(text)) {
    yield* level === "word" ? wordsOfLine(line) : line;
    yield END_OF_LINE;
  }
}

/**
 * The most frequent words (or characters) of a text: `<unk>` first, then `<eos>`, then by frequency, of equally frequent
 * ones the smaller code points first.
 */
export function vocabularyOf(text: string, level: TextLevel, most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const token of tokensIn(text, level)) counts.set(token, (counts.get(token) ?? 0) + 1);
  counts.delete(UNKNOWN_WORD);
  counts.delete(END_OF_LINE);
  const byFrequency = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return [UNKNOWN_WORD, END_OF_LINE, ...byFrequency.slice(0, most - 2).map(([token]) => token)];
}

/** Token ids of a text. @throws InputError where the text is too short to learn from, or lacks words for `<unk>`. */
export function idsOfText(
  text: string,
  level: TextLevel,
  vocabulary: readonly string[],
  shortest: number,
): Int32Array {
  const ids = level === "word" ? tokensOfText(text, vocabulary) : characterIds(text, vocabulary);
  if (ids.length < shortest) {
    throw new InputError(
      {},
      `holds ${counted(ids.length, "token")}; ${shortest.toLocaleString("en-US")} are needed for two a stream`,
      "Give a longer text, or a smaller batch.",
    );
  }
  return Int32Array.from(ids);
}

function characterIds(text: string, vocabulary: readonly string[]): number[] {
  const idOf = new Map(vocabulary.map((token, id) => [token, id]));
  const unknown = idOf.get(UNKNOWN_WORD);
  const ids: number[] = [];
  for (const token of tokensIn(text, "character")) {
    const id = idOf.get(token) ?? unknown;
    if (id === undefined) {
      throw new InputError(
        {},
        `the vocabulary has no character ${JSON.stringify(token)}, nor ${UNKNOWN_WORD}`,
        "Add it.",
      );
    }
    ids.push(id);
  }
  return ids;
}

/** ln of each token's share, a count of one added to each: a decoder's bias to begin with. */
export function logFrequencies(ids: Int32Array, vocabulary: number): Float32Array {
  const counts = new Float64Array(vocabulary).fill(1);
  for (const id of ids) counts[id]! += 1;
  return Float32Array.from(counts, (count) => Math.log(count / (ids.length + vocabulary)));
}
