import { InputError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { readModel } from "../models/read-model.ts";
import { printable } from "../report/layout.ts";
import { loadModelFiles } from "../runtime/model-files.ts";
import { formatBytes } from "../report/quantities.ts";
import { statusOf } from "../runtime/files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { isProgramFile } from "./load-program.ts";
import { isSyntheticModel, readSyntheticModel } from "./synthetic-model.ts";

export const MODEL_ARGUMENT =
  "model file (.cpt, .pt, .pth, .safetensors), its folder, or synthetic:WIDTH,NEURONS,...@DENSITY " +
  "(width of the input, then each EGRU layer; random weights; synthetic:lstm:..., gru:, lif: or linear: for others)";

/** Reading this much is felt, so it is announced. */
const LARGE_FILE_BYTES = 32 * 2 ** 20;
const LARGE_SYNTHETIC_PLACES = 2 ** 24;

/** Loads what a MODEL argument names: a file, a folder, or a synthetic model. */
export function loadModel(
  argument: string,
  { vocab, seed }: { vocab?: string; seed: number },
  io: CommandIo,
): ModelIr {
  if (!isSyntheticModel(argument)) {
    refuseProgram(argument);
    return readModel(loadModelFiles(argument, vocab, (file, bytes) => announce(file, bytes, io)));
  }
  if (vocab !== undefined) {
    throw new InputError(
      { file: vocab },
      `the words of a synthetic model mean nothing, so it takes no vocabulary`,
      "Leave --vocab out.",
    );
  }
  return readSyntheticModel(argument, seed, (places) => {
    if (places >= LARGE_SYNTHETIC_PLACES) say(io, printable(`making ${argument}`));
  });
}

function announce(file: string, bytes: number, io: CommandIo): void {
  if (bytes >= LARGE_FILE_BYTES) say(io, printable(`reading ${file} (${formatBytes(bytes)})`));
}

function refuseProgram(path: string): void {
  if (statusOf(path)?.isFile() !== true || !isProgramFile(path)) return;
  throw new InputError(
    { file: path },
    "this is a compiled program, not a model",
    "Use `eventloom simulate` or `eventloom disassemble` on it.",
  );
}
