import { InputError, UnsupportedError } from "../core/errors.ts";
import { type ModelIr, verifyModel } from "../core/model-ir.ts";
import { arrangeLayers } from "./arrange-layers.ts";
import { buildModel } from "./build-model.ts";
import { checkConfig, parseConfig } from "./config.ts";
import { findLayers } from "./find-layers.ts";
import { readModelFile } from "./model-file.ts";
import { type Hdf5Group, isHdf5 } from "../formats/hdf5.ts";
import {
  isKerasH5,
  isTfjs,
  modelJsonOf,
  readKerasArchive,
  readKerasH5,
  readTfjs,
} from "./keras/keras-files.ts";
import { isNir } from "./nir/nir-graph.ts";
import { readNirModel } from "./nir/read-nir-model.ts";
import { kindOfModelFile, type ModelFileKind } from "./model-kind.ts";
import { readOnnxModel } from "./onnx/read-onnx-model.ts";
import type { ReadBeside } from "../formats/read-beside.ts";
import { parseJsonText } from "../formats/json.ts";
import type { Description } from "./description-schema.ts";
import { isDescription, modelFromDescription, validateDescription } from "./read-description.ts";
import { EVENT_INPUT, isOwnKey, OWN_METADATA } from "./own-metadata.ts";
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
  /**
   * JSON beside a safetensors file that says which tensors make which layers (docs/formats.md); without it, their
   * names and shapes do. JSON of another kind has no effect.
   */
  readonly description?: TextFile | undefined;
  /** What an HDF5 file holds: the library reads it asynchronously, so it is read first. */
  readonly hdf5?: Hdf5Group | undefined;
  /** Seconds a timestep, for models in continuous time; absent: what the file says, or is usual. */
  readonly timestep?: number | undefined;
  /** For weights that lie in files of their own: the file at a path relative to this one. */
  readonly readBeside?: ReadBeside | undefined;
  /** One word a line. */
  readonly vocabulary?: TextFile | undefined;
}

/** As much as fits the header of a safetensors file. */
const MAX_DESCRIPTION_LENGTH = 100_000_000;

/**
 * Reads a trained model: a torch checkpoint or a safetensors file with EGRU, LSTM or GRU layers, an optional
 * embedding, and Linear layers before and after. The architecture is found in the tensors' names and shapes. What a file of
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

function modelOf(input: ModelInput): ModelIr {
  const { name, fileName, bytes } = input;
  const kind = kindOfModelFile(bytes, fileName);
  return verifyModel({ version: 1, name, ...partsOf(input, kind) });
}

function partsOf(input: ModelInput, kind: ModelFileKind): Omit<ModelIr, "version" | "name"> {
  switch (kind) {
    case "onnx":
      return readOnnxModel(input.bytes, input.readBeside ?? refuseBeside);
    case "hdf5":
      return fromHdf5(input);
    case "keras":
      return readKerasArchive(input.bytes, contentOf(input));
    case "json":
      return fromJson(input);
    default:
      return fromTensors(input, kind);
  }
}

function fromHdf5(input: ModelInput): Omit<ModelIr, "version" | "name"> {
  const { bytes, timestep } = input;
  if (!isHdf5(bytes))
    throw new InputError({ offset: 0 }, "not an HDF5 file", "Copy or save the model again.");
  const content = contentOf(input);
  if (isNir(content)) return readNirModel(content, timestep);
  if (isKerasH5(content)) return readKerasH5(content);
  throw new InputError(
    {},
    "an HDF5 file that holds neither a NIR graph nor a Keras model",
    "Write graphs with nir.write, models with Keras's model.save.",
  );
}

function contentOf({ hdf5 }: ModelInput): Hdf5Group {
  if (hdf5 === undefined) throw new Error("HDF5 is read first, and given as `hdf5`");
  return hdf5;
}

function fromJson({ bytes, readBeside = refuseBeside }: ModelInput): Omit<ModelIr, "version" | "name"> {
  const json = modelJsonOf(bytes);
  if (isTfjs(json)) return readTfjs(json, readBeside);
  throw new InputError(
    {},
    "JSON that is no model of TensorFlow.js",
    isDescription(json)
      ? "Name the safetensors file that it describes."
      : "Name a model.json that TensorFlow.js saved, or another model file.",
  );
}

/** A file of tensors: described, or understood by their names and shapes. */
function fromTensors(input: ModelInput, kind: "safetensors" | "torch"): Omit<ModelIr, "version" | "name"> {
  const { tensors, metadata: all, order } = readModelFile(input.bytes, kind);
  if (all[OWN_METADATA.cell] === "paper-egru")
    throw new UnsupportedError(
      "the model's EGRU layers are of the paper's form (reset before the product), which is trained but not compiled",
      "Train with cell: egru, the reference's form.",
    );
  const metadata = Object.fromEntries(Object.entries(all).filter(([key]) => !isOwnKey(key)));
  const described = descriptionOf(input, all);
  if (described !== undefined) return { ...modelFromDescription(described, tensors), metadata };
  const built = buildModel(arrangeLayers(findLayers(tensors), order));
  const parts = { ...(all[OWN_METADATA.input] === EVENT_INPUT ? readingEvents(built) : built), metadata };
  const words = all[OWN_METADATA.vocabulary];
  return words === undefined
    ? parts
    : withVocabulary({ version: 1, name: input.name, ...parts }, parseVocabulary(words), input.fileName);
}

/** The model whose input sends nothing where it is 0. */
const readingEvents = <Parts extends Pick<ModelIr, "populations">>(parts: Parts): Parts => ({
  ...parts,
  populations: parts.populations.map((population) =>
    population.kind === "dense-input" ? { ...population, silentZeros: true as const } : population,
  ),
});

function refuseBeside(path: string): never {
  throw new InputError(
    { file: path },
    "the model's weights lie in this file, which was not given",
    "Keep both files in one folder.",
  );
}

/** Our own description in the file, or a user's beside it. */
function descriptionOf(
  { description }: ModelInput,
  metadata: Readonly<Record<string, string>>,
): Description | undefined {
  const own = metadata[OWN_METADATA.model];
  if (own !== undefined) return validateDescription(parseJsonText(own, MAX_DESCRIPTION_LENGTH));
  if (description === undefined) return undefined;
  return inFile(description.fileName, () => {
    const json = parseJsonText(description.text, MAX_DESCRIPTION_LENGTH);
    return isDescription(json) ? validateDescription(json) : undefined;
  });
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
