import { InputError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { decodeProgram } from "../core/program-codec.ts";
import { READ_LIMITS, readBeginning, readFileBounded, statusOf } from "../runtime/files.ts";

/** A program file begins with its format's name, as the first field of a protobuf message. */
const MAGIC = new TextEncoder().encode("eventloom.program/");
const MAGIC_OFFSET = 2;

/** Reads a program file. */
export function loadProgram(path: string): Program {
  try {
    return decodeProgram(readFileBounded(path, READ_LIMITS.program));
  } catch (error) {
    if (error instanceof InputError && error.place.file === undefined) throw error.inFile(path);
    throw error;
  }
}

/** Whether a PROGRAM-or-MODEL argument means a program: by its name, or by what its file begins with. */
export function isProgramFile(path: string): boolean {
  if (path.toLowerCase().endsWith(".loom")) return true;
  if (statusOf(path)?.isFile() !== true) return false;
  const bytes = readBeginning(path, MAGIC_OFFSET + MAGIC.length);
  return MAGIC.every((byte, index) => bytes[MAGIC_OFFSET + index] === byte);
}
