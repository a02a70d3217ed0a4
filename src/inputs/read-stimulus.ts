import { InputError, UnsupportedError } from "../core/errors.ts";
import type { Stimulus } from "../core/stimulus.ts";
import { readNumberTable } from "../formats/csv.ts";
import { isNpy, readNpy, readNpz } from "../formats/npy.ts";
import { isSafetensors, readSafetensors } from "../formats/safetensors.ts";
import { formatShape, type NamedTensors, type Tensor, tensorNamed } from "../formats/tensors.ts";
import { isZip } from "../formats/zip.ts";
import type { InputPort } from "./input-port.ts";
import { syntheticStimulus } from "./synthetic.ts";
import { checkVocabularySize, tokensOfText } from "./text.ts";
import { checkedIds, sequenceOfJson, sequenceOfTable, sequenceOfTensor, tokenStimulus } from "./token-ids.ts";
import { vectorsOfTable, vectorsOfTensor } from "./vectors.ts";

export type StimulusSource = FileSource | SyntheticSource;

export interface FileSource {
  readonly kind: "file";
  /** For messages, for the report, and for what its extension tells. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Which array to take out of an .npz or safetensors file that holds several. */
  readonly array?: string | undefined;
  /** For tokens, what the content is whatever it looks like: words, or ids. */
  readonly tokensAs?: "text" | "ids" | undefined;
}

export interface SyntheticSource {
  readonly kind: "synthetic";
  /** 0 … 2^32 − 1. */
  readonly seed: number;
  readonly steps: number;
}

type Format = "npy" | "npz" | "safetensors" | "json" | "table" | "text";

/**
 * What a run is driven with, from a file's bytes or a seed. Tokens come as text, or as ids in JSON, CSV
 * or an array; vectors come as an array of shape [steps, width] or as CSV. Text and ids carry targets: the
 * next token. The format is told by the content where that is clear, else by the extension.
 *
 * @throws InputError naming file, place and what is wrong with it; MismatchError for a foreign vocabulary.
 */
export function readStimulus(source: StimulusSource, port: InputPort): Stimulus {
  if (source.kind === "synthetic") return syntheticStimulus(port, source.seed, source.steps);
  try {
    return port.kind === "tokens" ? readTokens(source, port) : readVectors(source, port.width);
  } catch (error) {
    if (error instanceof InputError && error.place.file === undefined) throw error.inFile(source.fileName);
    if (error instanceof UnsupportedError)
      throw new UnsupportedError(`${source.fileName}: ${error.message}`, error.hint);
    throw error;
  }
}

function readTokens(source: FileSource, port: InputPort & { kind: "tokens" }): Stimulus {
  const format = tokenFormatOf(source);
  const name = baseName(source.fileName);
  if (format === "text") {
    const { vocabulary } = port;
    if (vocabulary === undefined)
      throw new InputError(
        {},
        "is text, but there is no vocabulary to read it with",
        "Give the model's vocabulary, a word a line, or token ids instead of text.",
      );
    checkVocabularySize(vocabulary, port.size);
    return tokenStimulus(
      Uint32Array.from(tokensOfText(textOf(source), vocabulary)),
      `text ${name}`,
      port.predicts !== false,
    );
  }
  return tokenStimulus(
    checkedIds(sequenceOf(source, format), port.size),
    `token ids ${name}`,
    port.predicts !== false,
  );
}

/** Ids in a file of an unknown extension are a table. */
function tokenFormatOf(source: FileSource): Format {
  if (source.tokensAs === "text") return "text";
  const format = formatOf(source);
  return format === "text" && source.tokensAs === "ids" ? "table" : format;
}

function sequenceOf(source: FileSource, format: Exclude<Format, "text">): ArrayLike<number> {
  if (format === "json") return sequenceOfJson(textOf(source));
  if (format === "table") return sequenceOfTable(readNumberTable(textOf(source)).rows);
  return sequenceOfTensor(arrayOf(source, format));
}

function readVectors(source: FileSource, width: number): Stimulus {
  const format = formatOf(source);
  const origin = `vectors ${baseName(source.fileName)}`;
  if (format === "json")
    throw new InputError(
      {},
      `is JSON, which holds token ids; the model reads vectors of ${width}`,
      "Give the vectors as .npy, .npz, .safetensors or CSV.",
    );
  return format === "table" || format === "text"
    ? vectorsOfTable(readNumberTable(textOf(source)).rows, width, origin)
    : vectorsOfTensor(arrayOf(source, format), width, origin);
}

const EXTENSIONS: ReadonlyMap<string, Format> = new Map([
  ["npy", "npy"],
  ["npz", "npz"],
  ["safetensors", "safetensors"],
  ["json", "json"],
  ["csv", "table"],
  ["tsv", "table"],
  ["txt", "text"],
]);

const BEGINS_AS_ID_LIST = /^\s*\[\s*\d/;

function formatOf({ fileName, bytes }: Pick<FileSource, "fileName" | "bytes">): Format {
  if (isNpy(bytes)) return "npy";
  if (isZip(bytes)) return "npz";
  if (isSafetensors(bytes)) return "safetensors";
  const extension = /\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "";
  const known = EXTENSIONS.get(extension);
  if (known !== undefined) return known;
  return BEGINS_AS_ID_LIST.test(new TextDecoder().decode(bytes.subarray(0, 64))) ? "json" : "text";
}

function arrayOf({ bytes, array }: FileSource, format: "npy" | "npz" | "safetensors"): Tensor {
  if (format === "npy") return readNpy(bytes);
  const tensors = format === "npz" ? readNpz(bytes) : readSafetensors(bytes).tensors;
  return array === undefined ? onlyArray(tensors) : tensorNamed(tensors, array);
}

/** Whether a file can hold several arrays, of which one is taken by name. */
export const holdsNamedArrays = (source: Pick<FileSource, "fileName" | "bytes">): boolean =>
  ["npz", "safetensors"].includes(formatOf(source));

const LISTED_ARRAYS = 12;

function onlyArray(tensors: NamedTensors): Tensor {
  const [first, ...others] = tensors.values();
  if (first === undefined) throw new InputError({}, "holds no array", "Give a file that holds one.");
  if (others.length === 0) return first;
  const listed = [first, ...others].slice(0, LISTED_ARRAYS);
  const names = listed.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(", ");
  throw new InputError(
    {},
    `holds ${tensors.size} arrays: ${names}${tensors.size > LISTED_ARRAYS ? ", …" : ""}`,
    `Say which one to take, for example --array ${first.name}.`,
  );
}

function textOf({ bytes }: FileSource): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError({}, "is not UTF-8 text", "Save the file as UTF-8.");
  }
}

const baseName = (path: string): string => path.split(/[/\\]/).at(-1)!;
