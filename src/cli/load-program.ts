import { InputError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { decodeProgram } from "../core/program-codec.ts";
import { isSafetensors } from "../formats/safetensors.ts";
import { isTorchFile } from "../formats/torch.ts";
import { MODEL_EXTENSIONS } from "../runtime/model-files.ts";
import { isSyntheticModel } from "./synthetic-model.ts";
import { READ_LIMITS, readBeginning, readFileBounded, statusOf } from "../runtime/files.ts";

/** A program file begins with its format's name, as the first field of a protobuf message. */
const MAGIC = new TextEncoder().encode("eventloom.program/");
const MAGIC_OFFSET = 2;

/** Reads a program file. */
export function loadProgram(path: string): Program {
  refuseModel(path);
  try {
    return decodeProgram(readFileBounded(path, READ_LIMITS.program));
  } catch (error) {
    if (error instanceof InputError && error.place.file === undefined) throw error.inFile(path);
    throw error;
  }
}

const MODEL_BEGINNING_BYTES = 16;

/** A model that is taken for a program: by its content, or by a model file's name. */
function refuseModel(path: string): void {
  const status = statusOf(path);
  const isModel =
    isSyntheticModel(path) ||
    (status?.isDirectory() === true && !path.toLowerCase().endsWith(".loom")) ||
    (status?.isFile() === true && !isProgramFile(path) && looksLikeModel(path));
  if (!isModel) return;
  throw new InputError(
    { file: path },
    status?.isDirectory() === true
      ? "this is a folder, not a program file"
      : "this is a model, not a compiled program",
    "Compile the model first: eventloom compile MODEL -o model.loom",
  );
}

function looksLikeModel(path: string): boolean {
  const beginning = readBeginning(path, MODEL_BEGINNING_BYTES);
  const hasName = MODEL_EXTENSIONS.some((extension) => path.toLowerCase().endsWith(extension));
  return hasName || isTorchFile(beginning) || isSafetensors(beginning);
}

/** Whether a PROGRAM-or-MODEL argument means a program: by its name, or by what its file begins with. */
export function isProgramFile(path: string): boolean {
  if (path.toLowerCase().endsWith(".loom")) return true;
  if (statusOf(path)?.isFile() !== true) return false;
  const bytes = readBeginning(path, MAGIC_OFFSET + MAGIC.length);
  return MAGIC.every((byte, index) => bytes[MAGIC_OFFSET + index] === byte);
}
