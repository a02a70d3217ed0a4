import { InputError, inFile } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { readModel } from "../models/read-model.ts";
import { printable } from "../report/layout.ts";
import { HDF5_WORKER, type Hdf5Outcome } from "../formats/hdf5-worker-url.ts";
import type { Hdf5Group } from "../formats/hdf5.ts";
import { hdf5BytesIn } from "../models/model-kind.ts";
import { isNir } from "../models/nir/nir-graph.ts";
import { loadModelFiles, type ModelFiles, readerBeside } from "../runtime/model-files.ts";
import { DeadlinePassed, runInWorkers } from "../runtime/worker-pool.ts";
import { formatBytes } from "../report/quantities.ts";
import { statusOf } from "../runtime/files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { isProgramFile } from "./load-program.ts";
import { isSyntheticModel, readSyntheticModel } from "./synthetic-model.ts";

export const MODEL_ARGUMENT =
  "model file (.cpt, .pt, .pth, .safetensors, .onnx, .nir, .keras, .h5, model.json), its folder, or synthetic:WIDTH,NEURONS,...@DENSITY " +
  "(width of the input, then each EGRU layer; random weights; synthetic:lstm:..., gru:, lif: or linear: for others)";

/** Reading this much is felt, so it is announced. */
const LARGE_FILE_BYTES = 32 * 2 ** 20;
const LARGE_SYNTHETIC_PLACES = 2 ** 24;

interface Wishes {
  readonly vocab?: string;
  readonly seed: number;
  readonly dt?: number;
}

/** Loads what a MODEL argument names: a file, a folder, or a synthetic model. */
export async function loadModel(
  argument: string,
  { vocab, seed, dt }: Wishes,
  io: CommandIo,
): Promise<ModelIr> {
  if (!isSyntheticModel(argument)) {
    refuseProgram(argument);
    const files = loadModelFiles(argument, vocab, (file, bytes) => announce(file, bytes, io));
    const hdf5 = await hdf5Of(files);
    const model = readModel({ ...files, readBeside: readerBeside(files.fileName), hdf5, timestep: dt });
    if (dt !== undefined && !(hdf5 !== undefined && isNir(hdf5)))
      say(io, printable(`note: --dt has no effect on ${files.fileName}, which counts in timesteps.`));
    return model;
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

/** The slowest honest file is far faster; a damaged one may keep the library busy for ever. */
const HDF5_DEADLINE_MS = 60_000;
const HDF5_MS_PER_MEBIBYTE = 200;

/** What the model's HDF5 file holds, where it has one: read in a thread that can be ended. */
async function hdf5Of({ fileName, bytes }: ModelFiles): Promise<Hdf5Group | undefined> {
  const content = inFile(fileName, () => hdf5BytesIn(bytes));
  if (content === undefined) return undefined;
  const deadline = HDF5_DEADLINE_MS + (HDF5_MS_PER_MEBIBYTE * content.length) / 2 ** 20;
  try {
    const [outcome] = await runInWorkers<undefined, Uint8Array, Hdf5Outcome>(
      HDF5_WORKER,
      undefined,
      [content],
      1,
      undefined,
      deadline,
    );
    if ("group" in outcome!) return outcome.group;
    const { place, problem, hint } = outcome!.fault;
    throw new InputError({ ...place, file: fileName }, problem, hint);
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    throw new InputError(
      { file: fileName },
      "the HDF5 library came to no end with it; the file is damaged",
      "Copy or save the model again.",
    );
  }
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
