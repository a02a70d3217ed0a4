import { mkdirSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import {
  READ_LIMITS,
  readFileBounded,
  readTextBounded,
  statusOf,
  writeFault,
  writeFileWhole,
} from "./files.ts";

/** A folder of files that are written whole; made where it is missing. @throws InputError where it cannot be. */
export function openFolder(path: string) {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw writeFault(error, path);
  }
  return {
    path,
    read(name: string): Uint8Array | undefined {
      const file = join(path, name);
      return statusOf(file) === undefined ? undefined : readFileBounded(file, READ_LIMITS.model);
    },
    write: (name: string, content: Uint8Array | string): void => writeFileWhole(join(path, name), content),
  };
}

/** Reads files by paths that are relative to another file. */
export function filesBeside(file: string) {
  const at = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  return {
    text: (path: string): string => readTextBounded(at(path), READ_LIMITS.text),
    bytes: (path: string): Uint8Array => readFileBounded(at(path), READ_LIMITS.stimulus),
  };
}
