import { InputError, UnsupportedError, UserError } from "../../core/errors.ts";
import type { ModelIr } from "../../core/model-ir.ts";
import type { Hdf5Group } from "../../formats/hdf5.ts";
import { parseJsonText } from "../../formats/json.ts";
import type { ReadBeside } from "../../formats/read-beside.ts";
import { isZip, openZip, readZipEntry, type ZipArchive } from "../../formats/zip.ts";
import { isObject, type Json } from "./keras-config.ts";
import { weightsByName, weightsOfH5, weightsOfKeras } from "./keras-weights.ts";
import { readKerasModel } from "./read-keras-model.ts";
import { tfjsTensors } from "./tfjs-weights.ts";

type Parts = Pick<ModelIr, "populations" | "projections" | "metadata">;

const CONFIG = "config.json";
const WEIGHTS = "model.weights.h5";
const MAX_JSON_LENGTH = 64_000_000;
const HINT = "Save the model again with model.save.";

/** Whether a zip archive is a .keras file. */
export function isKerasArchive(bytes: Uint8Array): boolean {
  if (!isZip(bytes)) return false;
  try {
    const { entries } = openZip(bytes);
    return entries.has(CONFIG) && entries.has(WEIGHTS);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** The weights in a .keras file, themselves an HDF5 file. */
export const weightsInKerasArchive = (bytes: Uint8Array): Uint8Array => entryOf(openZip(bytes), WEIGHTS);

function entryOf(archive: ZipArchive, name: string): Uint8Array {
  const entry = archive.entries.get(name);
  if (entry === undefined) throw new InputError({ field: name }, "is missing in the archive", HINT);
  return readZipEntry(archive, entry);
}

/** A .keras file: its description, and its weights as they were read. */
export function readKerasArchive(bytes: Uint8Array, weights: Hdf5Group): Parts {
  const text = new TextDecoder().decode(entryOf(openZip(bytes), CONFIG));
  return readKerasModel(parseJsonText(text, MAX_JSON_LENGTH), weightsOfKeras(weights), {});
}

/** Whether an HDF5 file is a model that Keras saved. */
export const isKerasH5 = ({ attributes, entries }: Hdf5Group): boolean =>
  attributes.has("model_config") || entries.has("model_weights") || attributes.has("layer_names");

export function readKerasH5(root: Hdf5Group): Parts {
  const config = root.attributes.get("model_config");
  if (typeof config !== "string")
    throw new InputError(
      {},
      "holds weights without the model that they belong to (no model_config)",
      "Save the whole model with model.save, not its weights alone.",
    );
  return readKerasModel(parseJsonText(config, MAX_JSON_LENGTH), weightsOfH5(root), {});
}

/** Whether JSON means to be a TensorFlow.js model. */
export const isTfjs = (json: unknown): json is Json =>
  isObject(json) && ("modelTopology" in json || "weightsManifest" in json);

/** A model.json of TensorFlow.js, its weights in shards beside it. */
export function readTfjs(json: Json, readBeside: ReadBeside): Parts {
  const { format, modelTopology, weightsManifest } = json;
  if (format === "graph-model" || (isObject(modelTopology) && "node" in modelTopology))
    throw new UnsupportedError(
      "a graph model of TensorFlow.js, whose layers are lost",
      "Convert the model as a layers model (--output_format=tfjs_layers_model).",
    );
  if (!isObject(modelTopology))
    throw new InputError(
      { field: "modelTopology" },
      "describes no model",
      "Save the model again with model.save.",
    );
  const description = isObject(modelTopology.model_config) ? modelTopology.model_config : modelTopology;
  const { generatedBy } = json;
  const metadata = typeof generatedBy === "string" ? { producer: generatedBy } : {};
  return readKerasModel(description, weightsByName(tfjsTensors(weightsManifest, readBeside)), metadata);
}

/** The text of a model.json as a value. */
export function modelJsonOf(bytes: Uint8Array): unknown {
  try {
    return parseJsonText(new TextDecoder("utf-8", { fatal: true }).decode(bytes), MAX_JSON_LENGTH);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new InputError({}, "is not UTF-8 text", "Save the model again.");
  }
}
