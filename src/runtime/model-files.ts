import { readdirSync, realpathSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve, sep } from "node:path";
import { InputError } from "../core/errors.ts";
import { READ_LIMITS, readFileBounded, readTextBounded, statusOf } from "./files.ts";

export const MODEL_EXTENSIONS = [
  ".cpt",
  ".pt",
  ".pth",
  ".safetensors",
  ".onnx",
  ".nir",
  ".h5",
  ".hdf5",
  ".keras",
] as const;

/** TensorFlow.js keeps a model in this file, and its weights beside it; beside a safetensors file it describes that. */
const MODEL_JSON = "model.json";

/** The folder in which the reference's training keeps its checkpoints, below config.yaml. */
const CHECKPOINT_FOLDER = "checkpoints";

export interface NamedText {
  readonly fileName: string;
  readonly text: string;
}

/** A model's files as read; what they mean is the model reader's business. */
export interface ModelFiles {
  readonly name: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly config?: NamedText;
  /** JSON that says which tensors of a safetensors file make which layers: `NAME.json` or model.json beside NAME.safetensors. */
  readonly description?: NamedText;
  readonly vocabulary?: NamedText;
}

/**
 * Reads a model from a file, or from a folder that holds exactly one, itself or in its `checkpoints/`.
 * `config.yaml` and `vocab.txt` come along from beside the file, or from above its `checkpoints/`.
 * @param vocabularyPath Read instead of a vocab.txt that is found.
 * @param onFile Told of the model file and its size before it is read.
 */
export function loadModelFiles(
  path: string,
  vocabularyPath?: string,
  onFile: (fileName: string, bytes: number) => void = () => {},
): ModelFiles {
  const fileName = modelFileAt(path);
  onFile(fileName, statusOf(fileName)?.size ?? 0);
  const folders = foldersOf(fileName);
  const config = findText(folders, "config.yaml", READ_LIMITS.settings);
  const vocabulary =
    vocabularyPath === undefined
      ? findText(folders, "vocab.txt", READ_LIMITS.vocabulary)
      : { fileName: vocabularyPath, text: readTextBounded(vocabularyPath, READ_LIMITS.vocabulary) };
  const description = /\.safetensors$/i.test(fileName) ? findDescription(fileName) : undefined;
  return {
    name: nameOf(path, fileName),
    fileName,
    bytes: readFileBounded(fileName, READ_LIMITS.model),
    ...(config && { config }),
    ...(description && { description }),
    ...(vocabulary && { vocabulary }),
  };
}

function modelFileAt(path: string): string {
  const status = statusOf(path);
  if (status === undefined) {
    throw new InputError(
      { file: path },
      "there is no such file or folder",
      "Name a model file (.cpt, .pt, .pth, .safetensors, .onnx, .nir, .keras, .h5, model.json), its folder, or synthetic:WIDTHS@DENSITY.",
    );
  }
  if (!status.isDirectory()) return path;
  const files = [...modelFilesIn(path), ...modelFilesIn(join(path, CHECKPOINT_FOLDER))];
  const found = files.length === 0 ? layersModelIn(path) : files;
  if (found.length === 1) return found[0]!;
  const looked = `${MODEL_EXTENSIONS.map((extension) => `*${extension}`).join(", ")}`;
  throw found.length === 0
    ? new InputError(
        { file: path },
        `the folder holds no model file (${looked}), nor does its ${CHECKPOINT_FOLDER}/`,
        "Name the model file itself.",
      )
    : new InputError(
        { file: path },
        `the folder holds ${found.length} model files: ${found.map((file) => basename(file)).join(", ")}`,
        `Name one of them, for example ${found[0]!}.`,
      );
}

function modelFilesIn(folder: string): string[] {
  if (statusOf(folder)?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .filter((name) => MODEL_EXTENSIONS.some((extension) => extension === extname(name).toLowerCase()))
    .sort()
    .map((name) => join(folder, name))
    .filter((file) => statusOf(file)?.isFile() === true);
}

function layersModelIn(folder: string): string[] {
  const file = join(folder, MODEL_JSON);
  return statusOf(file)?.isFile() === true ? [file] : [];
}

const findDescription = (fileName: string): NamedText | undefined =>
  findText([dirname(fileName)], `${basename(fileName, extname(fileName))}.json`, READ_LIMITS.text) ??
  findText([dirname(fileName)], MODEL_JSON, READ_LIMITS.text);

/**
 * Reads files that belong to a model, by their paths relative to its file: inside the model's folder only, links followed, and
 * together no more than a model may hold.
 * @throws InputError naming the path, and where it leads.
 */
export function readerBeside(fileName: string): (path: string) => Uint8Array {
  const folder = realpathSync(dirname(resolve(fileName)));
  const known = new Map<string, Uint8Array>();
  let left: number = READ_LIMITS.model;
  return (path) => {
    const earlier = known.get(path);
    if (earlier !== undefined) return earlier;
    const place = resolve(folder, path);
    const target = statusOf(place) === undefined ? place : realpathSync(place);
    if (path === "" || isAbsolute(path) || !target.startsWith(folder + sep)) {
      throw new InputError(
        { file: fileName, field: path.slice(0, 200) },
        "weights are said to lie outside the model's folder, where nothing is read",
        "Keep the model's files in one folder, and have them name each other without a path.",
      );
    }
    const bytes = readFileBounded(place, left);
    left -= bytes.length;
    known.set(path, bytes);
    return bytes;
  };
}

const isCheckpointFolder = (folder: string): boolean => basename(resolve(folder)) === CHECKPOINT_FOLDER;

/** Where files that belong to a model file may lie: beside it first. */
function foldersOf(fileName: string): string[] {
  const beside = dirname(fileName);
  return isCheckpointFolder(beside) ? [beside, dirname(resolve(beside))] : [beside];
}

function findText(folders: readonly string[], name: string, limit: number): NamedText | undefined {
  const found = folders.map((folder) => join(folder, name)).find((file) => statusOf(file)?.isFile() === true);
  return found === undefined ? undefined : { fileName: found, text: readTextBounded(found, limit) };
}

/** The folder's name where the model is its folder's only one; else the file's, without its extension. */
function nameOf(path: string, fileName: string): string {
  const folder = dirname(resolve(fileName));
  if (isCheckpointFolder(folder)) return basename(dirname(folder));
  if (path !== fileName) return basename(folder);
  return basename(fileName, extname(fileName));
}
