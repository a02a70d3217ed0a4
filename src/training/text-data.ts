import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";
import {
  END_OF_LINE,
  linesOf,
  type TextLevel,
  tokensOfLine,
  tokensOfText,
  UNKNOWN_WORD,
} from "../inputs/text.ts";

/**
 * The most frequent words (or characters) of a text: `<unk>` first, then `<eos>`, then by frequency, of equally frequent
 * ones the smaller code points first. Of characters, the space is one in any case: by it such a vocabulary is known.
 */
export function vocabularyOf(text: string, level: TextLevel, most: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of linesOf(text))
    for (const token of tokensOfLine(line, level)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const first = level === "word" ? [UNKNOWN_WORD, END_OF_LINE] : [UNKNOWN_WORD, END_OF_LINE, " "];
  for (const token of first) counts.delete(token);
  const byFrequency = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return [...first, ...byFrequency.slice(0, Math.max(0, most - first.length)).map(([token]) => token)];
}

/** Token ids of a text. @throws InputError where the text is too short to learn from, or lacks words for `<unk>`. */
export function idsOfText(text: string, vocabulary: readonly string[], shortest: number): Int32Array {
  const ids = tokensOfText(text, vocabulary);
  if (ids.length < shortest) {
    throw new InputError(
      {},
      `holds ${counted(ids.length, "token")}; ${shortest.toLocaleString("en-US")} are needed for two a stream`,
      "Give a longer text, or fewer streams side by side (a smaller batch).",
    );
  }
  return Int32Array.from(ids);
}

/** ln of each token's share, a count of one added to each: a decoder's bias to begin with. */
export function logFrequencies(ids: Int32Array, vocabulary: number): Float32Array {
  const counts = new Float64Array(vocabulary).fill(1);
  for (const id of ids) counts[id]! += 1;
  return Float32Array.from(counts, (count) => Math.log(count / (ids.length + vocabulary)));
}
