import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { reasonOf, systemCodeOf } from "./system-errors.ts";

const MEBIBYTE = 2 ** 20;

/** Largest files that are read, in bytes: generous for honest files, and a bound on hostile ones. */
export const READ_LIMITS = {
  model: 2048 * MEBIBYTE - 1,
  program: 1024 * MEBIBYTE,
  stimulus: 1024 * MEBIBYTE,
  text: 256 * MEBIBYTE,
  vocabulary: 64 * MEBIBYTE,
  settings: 4 * MEBIBYTE,
} as const;

/** Pipes and devices say no size beforehand; they are read up to here. */
const STREAM_LIMIT = 256 * MEBIBYTE;
const CHUNK_BYTES = MEBIBYTE;

/**
 * Reads a whole file of at most `maxBytes` bytes.
 * @throws InputError where it is missing, a directory, too large or unreadable.
 */
export function readFileBounded(path: string, maxBytes: number): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const status = fstatSync(file);
    if (status.isDirectory())
      throw new InputError({ file: path }, "is a directory, not a file", "Name a file in it.");
    return status.isFile()
      ? readKnownSize(file, path, status, maxBytes)
      : readStream(file, path, Math.min(maxBytes, STREAM_LIMIT));
  } catch (error) {
    throw readFault(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Reads a whole file as UTF-8 text, without a byte order mark. */
export function readTextBounded(path: string, maxBytes: number): string {
  const bytes = readFileBounded(path, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError({ file: path }, "is not UTF-8 text", "Save the file as UTF-8.");
  }
}

/** The first bytes of a file, at most `length` of them: enough to tell what it is. */
export function readBeginning(path: string, length: number): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } catch (error) {
    throw readFault(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whether the path leads to something, and what. Undefined where there is nothing. */
export function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCodeOf(error) === "ENOTDIR") return undefined;
    throw readFault(error, path);
  }
}

function readKnownSize(file: number, path: string, { size }: Stats, maxBytes: number): Uint8Array {
  if (size > maxBytes) throw tooLarge(path, size, maxBytes);
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(file, bytes, filled, size - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled === size ? bytes : bytes.slice(0, filled);
}

function readStream(file: number, path: string, maxBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const read = readSync(file, chunk, 0, CHUNK_BYTES, null);
    if (read === 0) break;
    total += read;
    if (total > maxBytes) throw tooLarge(path, total, maxBytes);
    chunks.push(chunk.subarray(0, read));
  }
  const bytes = new Uint8Array(total);
  let next = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, next);
    next += chunk.length;
  }
  return bytes;
}

function tooLarge(path: string, size: number, maxBytes: number): InputError {
  const count = (n: number) => n.toLocaleString("en-US");
  return new InputError(
    { file: path },
    `is too large: ${count(size)} bytes, where at most ${count(maxBytes)} are read`,
    "Check that this is the file you meant.",
  );
}

function readFault(error: unknown, path: string): unknown {
  if (error instanceof InputError) return error;
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  return new InputError({ file: path }, `cannot be read: ${reason}`, "Check the path and its permissions.");
}

/**
 * Writes a file as a whole: beside the target first, then renamed over it, so that a reader finds the old
 * content or the new, and a failure leaves the old one as it was. Links are followed; devices and pipes
 * such as /dev/null are written straight.
 * @throws InputError naming the path and the reason.
 */
export function writeFileWhole(path: string, content: Uint8Array | string): void {
  try {
    const target = targetOf(path);
    if (target.kind === "stream") {
      writeFileSync(target.path, content);
      return;
    }
    const beside = openBeside(target.path);
    try {
      writeAll(beside.file, typeof content === "string" ? new TextEncoder().encode(content) : content);
      fsyncSync(beside.file);
      closeSync(beside.file);
      renameSync(beside.path, target.path);
    } catch (error) {
      closeQuietly(beside.file);
      rmSync(beside.path, { force: true });
      throw error;
    }
  } catch (error) {
    throw writeFault(error, path);
  }
}

/**
 * Asks, before long work, whether `writeFileWhole` could write there now. Leaves nothing behind.
 * @throws InputError as `writeFileWhole` would.
 */
export function requireWritable(path: string): void {
  try {
    const target = targetOf(path);
    if (target.kind === "stream") return;
    const beside = openBeside(target.path);
    closeSync(beside.file);
    rmSync(beside.path, { force: true });
  } catch (error) {
    throw writeFault(error, path);
  }
}

type Target = { readonly kind: "file" | "stream"; readonly path: string };

export function targetOf(path: string): Target {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return { kind: "file", path };
  if (status.isDirectory())
    throw new InputError({ file: path }, "cannot be written: it is a directory", "Name a file in it.");
  accessSync(path, constants.W_OK);
  return status.isFile() ? { kind: "file", path: realpathSync(path) } : { kind: "stream", path };
}

/** A new, empty file in the target's folder. Its name is short, so that a long target name still fits. */
export function openBeside(target: string): { readonly file: number; readonly path: string } {
  const path = join(dirname(target), `.eventloom-${randomBytes(8).toString("hex")}.tmp`);
  return { file: openSync(path, "wx", 0o666), path };
}

export function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

export function closeQuietly(file: number): void {
  try {
    closeSync(file);
  } catch {
    // It was closed before the rename failed.
  }
}

export function writeFault(error: unknown, path: string): unknown {
  if (error instanceof InputError) return error;
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  return new InputError(
    { file: path },
    `cannot be written: ${reason}`,
    `Choose another place than ${dirname(path)} for ${basename(path)}, or make it writable.`,
  );
}
