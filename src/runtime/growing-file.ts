import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { closeQuietly, openBeside, targetOf, writeAll, writeFault } from "./files.ts";

/** A file that grows as a run goes on, and takes its name only once it is whole. */
export interface GrowingFile {
  /** @throws InputError naming the path and the reason. The file is then to be discarded. */
  readonly append: (bytes: Uint8Array) => void;
  /** Gives the file its name, over what was there. @throws InputError as `append`; nothing is left beside. */
  readonly finish: () => void;
  /** Gives up: what was there stays as it was. Does nothing where the file is finished or given up already. */
  readonly discard: () => void;
}

/**
 * Begins a file too large to be held whole: written beside the target, renamed over it by `finish`, as
 * `writeFileWhole` does it. Devices and pipes are written straight.
 * @throws InputError naming the path and the reason.
 */
export function growFile(path: string): GrowingFile {
  const reported = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw writeFault(error, path);
    }
  };
  const { target, growing } = reported(() => openFor(path));
  let isOpen = true;
  const discard = (): void => {
    if (!isOpen) return;
    isOpen = false;
    closeQuietly(growing.file);
    if (target.kind === "file") rmSync(growing.path, { force: true });
  };
  return {
    append: (bytes) => reported(() => writeAll(growing.file, bytes)),
    finish() {
      try {
        reported(() => {
          if (target.kind === "file") fsyncSync(growing.file);
          closeSync(growing.file);
          if (target.kind === "file") renameSync(growing.path, target.path);
          isOpen = false;
        });
      } finally {
        discard();
      }
    },
    discard,
  };
}

function openFor(path: string) {
  const target = targetOf(path);
  const growing =
    target.kind === "file"
      ? openBeside(target.path)
      : { file: openSync(target.path, "w"), path: target.path };
  return { target, growing };
}
