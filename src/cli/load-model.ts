import { InputError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { readModel } from "../models/read-model.ts";
import { loadModelFiles } from "../runtime/model-files.ts";
import { isSyntheticModel, readSyntheticModel } from "./synthetic-model.ts";

export const MODEL_ARGUMENT =
  "model file (.cpt, .pt, .pth, .safetensors), its folder, or synthetic:WIDTH,NEURONS,...@DENSITY " +
  "(width of the input, then each EGRU layer; random weights)";

/** Loads what a MODEL argument names: a file, a folder, or a synthetic model. */
export function loadModel(argument: string, { vocab, seed }: { vocab?: string; seed: number }): ModelIr {
  if (!isSyntheticModel(argument)) return readModel(loadModelFiles(argument, vocab));
  if (vocab !== undefined) {
    throw new InputError(
      { file: vocab },
      `the words of a synthetic model mean nothing, so it takes no vocabulary`,
      "Leave --vocab out.",
    );
  }
  return readSyntheticModel(argument, seed);
}
