import { InputError, MismatchError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import type { Stimulus } from "../core/stimulus.ts";
import { type NumberTable, readNumberTable } from "../formats/csv.ts";
import { rateOf, rateStimulus, stimulusOfEvents } from "../inputs/events.ts";
import type { InputPort } from "../inputs/input-port.ts";
import { limitSteps } from "../inputs/limit-steps.ts";
import { holdsNamedArrays, readStimulus } from "../inputs/read-stimulus.ts";
import { UNKNOWN_WORD } from "../inputs/text.ts";
import { checkWords, parseVocabulary } from "../models/vocabulary.ts";
import { printable } from "../report/layout.ts";
import { formatCount, formatPercent } from "../report/quantities.ts";
import { READ_LIMITS, readFileBounded, readTextBounded, statusOf } from "../runtime/files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import type { InputOptions } from "./shared-options.ts";

const SYNTHETIC_STEPS = 100;

/** What a program reads; `vocabularyPath` replaces the words that it carries. */
export function inputPortOfProgram(
  { host, populations, chipDecoder }: Program,
  vocabularyPath?: string,
): InputPort {
  const first = host.encoder[0];
  if (first?.kind !== "embedding") {
    return { kind: "vectors", width: first?.inputs ?? populations[0]!.size };
  }
  const vocabulary = vocabularyPath === undefined ? host.vocabulary : loadVocabulary(vocabularyPath);
  const decoder = host.decoder.at(-1);
  const outputs = chipDecoder?.outputs ?? (decoder?.kind === "linear" ? decoder.outputs : undefined);
  const isClassifier = outputs !== undefined && outputs !== first.rows;
  return { kind: "tokens", size: first.rows, vocabulary, ...(isClassifier && { predicts: false as const }) };
}

function loadVocabulary(path: string): readonly string[] {
  const words = parseVocabulary(readTextBounded(path, READ_LIMITS.vocabulary));
  checkWords(words, path);
  return words;
}

/** Input from the file that was named, or made up by seed; at most `--steps` of it. */
export function loadStimulus(name: string, port: InputPort, options: InputOptions, io: CommandIo): Stimulus {
  const { seed, steps, array, text, rate, replay } = options;
  if (rate !== undefined || replay !== undefined) {
    if (array !== undefined) throw new UsageError("--array names no file.", "Give --input as well.");
    if (port.kind === "tokens")
      throw new MismatchError(
        `${name} reads tokens, but ${rate === undefined ? "--replay" : "--rate"} gives it events.`,
        "Give text with --text, or token ids with --tokens.",
      );
    return replay === undefined
      ? spikesAt(rate!, (rates) => rateStimulus(port.width, rates, seed, steps ?? SYNTHETIC_STEPS))
      : limitSteps(
          readTable(replay, (table) => stimulusOfEvents(table, port.width, originOf(replay))),
          steps,
        );
  }
  const fileName = fileOf(name, port, options);
  if (fileName === undefined) {
    if (array !== undefined)
      throw new UsageError("--array names no file.", "Give --tokens or --input as well.");
    return readStimulus({ kind: "synthetic", seed, steps: steps ?? SYNTHETIC_STEPS }, port);
  }
  const bytes = readFileBounded(fileName, READ_LIMITS.stimulus);
  if (array !== undefined && !holdsNamedArrays({ fileName, bytes })) {
    say(io, `note: --array has no effect, as ${printable(fileName)} holds no arrays by name.`);
  }
  // What the option says counts, whatever the file is called: a text may be a .csv to somebody.
  const tokensAs = text === undefined ? "ids" : "text";
  const stimulus = limitSteps(readStimulus({ kind: "file", fileName, bytes, array, tokensAs }, port), steps);
  if (tokensAs === "text") sayUnknownWords(stimulus, port, io);
  return stimulus;
}

/** Spikes at one rate, or at those that a file lists. */
function spikesAt(rate: string, draw: (rates: readonly number[]) => Stimulus): Stimulus {
  const all = rateOf(rate);
  if (all !== undefined) return draw([all]);
  if (statusOf(rate) === undefined)
    throw new InputError(
      { file: rate },
      "is neither a number nor a file of rates",
      "Give --rate a probability a timestep as in 0.05, or a file with one for each component.",
    );
  return readTable(rate, ({ rows }) => draw(rows.flat()));
}

const originOf = (path: string): string => `events ${path.split(/[/\\]/).at(-1)!}`;

/** A file's table of numbers, as `read` takes it; what is wrong with it is said with the file's name. */
function readTable<Result>(path: string, read: (table: NumberTable) => Result): Result {
  const text = readTextBounded(path, READ_LIMITS.stimulus);
  try {
    return read(readNumberTable(text));
  } catch (error) {
    if (error instanceof InputError && error.place.file === undefined) throw error.inFile(path);
    throw error;
  }
}

/** Input from a file that says by itself what it is: text, or token ids; or vectors. At most `steps` of it. */
export function loadSample(
  fileName: string,
  port: InputPort,
  { steps, array }: { readonly steps: number; readonly array?: string | undefined },
  io: CommandIo,
): Stimulus {
  const bytes = readFileBounded(fileName, READ_LIMITS.stimulus);
  const stimulus = limitSteps(readStimulus({ kind: "file", fileName, bytes, array }, port), steps);
  sayUnknownWords(stimulus, port, io);
  return stimulus;
}

/** Words that the vocabulary lacks make a model look worse than it is, and a wrong file look like a text. */
function sayUnknownWords(stimulus: Stimulus, port: InputPort, io: CommandIo): void {
  const unknown = port.kind === "tokens" ? (port.vocabulary?.indexOf(UNKNOWN_WORD) ?? -1) : -1;
  if (unknown < 0 || stimulus.kind !== "tokens") return;
  sayUnknown(stimulus.ids, unknown, io);
}

/** @param unknown Its id. */
export function sayUnknown(ids: Uint32Array | Int32Array, unknown: number, io: CommandIo): void {
  let count = 0;
  for (const id of ids) if (id === unknown) count += 1;
  if (count > 0) {
    const share = formatPercent(count, ids.length);
    say(
      io,
      `note: ${formatCount(count)} of ${formatCount(ids.length)} tokens (${share}) are ${UNKNOWN_WORD} to the vocabulary.`,
    );
  }
}

function fileOf(
  name: string,
  { kind }: InputPort,
  { text, tokens, input }: InputOptions,
): string | undefined {
  if (kind === "vectors" && (text ?? tokens) !== undefined) {
    throw new MismatchError(
      `${name} reads vectors, but ${text === undefined ? "--tokens" : "--text"} gives it tokens.`,
      "Give vectors with --input.",
    );
  }
  if (kind === "tokens" && input !== undefined) {
    throw new MismatchError(
      `${name} reads tokens, but --input gives it vectors.`,
      "Give text with --text, or token ids with --tokens.",
    );
  }
  return text ?? tokens ?? input;
}
