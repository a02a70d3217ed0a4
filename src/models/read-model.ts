import { InputError, UnsupportedError } from "../core/errors.ts";
import { type ModelIr, verifyModel } from "../core/model-ir.ts";
import { arrangeLayers } from "./arrange-layers.ts";
import { buildModel } from "./build-model.ts";
import { checkConfig, parseConfig } from "./config.ts";
import { findLayers } from "./find-layers.ts";
import { readModelFile } from "./model-file.ts";
import { isOwnKey, OWN_METADATA } from "./own-metadata.ts";
import { parseVocabulary, withVocabulary } from "./vocabulary.ts";

interface TextFile {
  readonly fileName: string;
  readonly text: string;
}

export interface ModelInput {
  /** What the model shall be called. */
  readonly name: string;
  /** For messages only; the content says what kind of file it is. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Settings saved beside the model; kept as metadata, and held against the tensors. */
  readonly config?: TextFile | undefined;
  /** One word a line. */
  readonly vocabulary?: TextFile | undefined;
}

/**
 * Reads a trained model: a torch checkpoint or a safetensors file with EGRU layers, an optional embedding, and
 * Linear layers before and after. The architecture is found in the tensors' names and shapes. What a file of
 * tensors does not say is taken as the reference has it: Linear layers have no non-linearity behind them.
 * @throws InputError, UnsupportedError or MismatchError, with the file named.
 */
export function readModel(input: ModelInput): ModelIr {
  const { config, vocabulary } = input;
  const settings = config === undefined ? {} : parseConfig(config.fileName, config.text);
  let model = inFile(input.fileName, () => modelOf(input));
  if (config !== undefined) checkConfig(config.fileName, settings, model);
  model = { ...model, metadata: { ...model.metadata, ...settings } };
  if (vocabulary === undefined) return model;
  return withVocabulary(model, parseVocabulary(vocabulary.text), vocabulary.fileName);
}

function modelOf({ name, fileName, bytes }: ModelInput): ModelIr {
  const { tensors, metadata, order } = readModelFile(bytes, fileName);
  if (metadata[OWN_METADATA.cell] === "paper-egru") {
    throw new UnsupportedError(
      "the model's EGRU layers are of the paper's form (reset before the product), which is trained but not compiled",
      "Train with cell: egru, the reference's form.",
    );
  }
  const parts = buildModel(arrangeLayers(findLayers(tensors), order));
  const foreign = Object.fromEntries(Object.entries(metadata).filter(([key]) => !isOwnKey(key)));
  const model = verifyModel({ version: 1, name, ...parts, metadata: foreign });
  const words = metadata[OWN_METADATA.vocabulary];
  return words === undefined ? model : withVocabulary(model, parseVocabulary(words), fileName);
}

/** Adds the file's name to the messages of readers that saw bytes only. */
function inFile<Result>(fileName: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError && error.place.file === undefined) throw error.inFile(fileName);
    if (error instanceof UnsupportedError)
      throw new UnsupportedError(`${fileName}: ${error.message}`, error.hint);
    throw error;
  }
}
