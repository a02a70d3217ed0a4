import { InputError } from "../../core/errors.ts";
import { counted } from "../../core/wording.ts";
import type { ReadBeside } from "../../formats/read-beside.ts";
import {
  DTYPE_BYTES,
  type Dtype,
  decodeElements,
  elementsOf,
  float32Of,
  type Tensor,
} from "../../formats/tensors.ts";
import { isObject, type Json } from "./keras-config.ts";

const HINT = "Save or convert the model again with TensorFlow.js.";
const DTYPES: ReadonlySet<unknown> = new Set(["float32", "float16", "int32", "uint8", "uint16", "bool"]);

/** The tensors of a TensorFlow.js model: groups of shards, in which they lie one behind the other. */
export function tfjsTensors(manifest: unknown, readBeside: ReadBeside): ReadonlyMap<string, Tensor> {
  if (!Array.isArray(manifest))
    throw new InputError({ field: "weightsManifest" }, "is no list of groups", HINT);
  const tensors = new Map<string, Tensor>();
  const used = new Set<string>();
  for (const [index, group] of manifest.entries()) {
    const field = `weightsManifest.${index}`;
    if (!isObject(group) || !isTexts(group.paths) || !Array.isArray(group.weights))
      throw new InputError({ field }, "is no group of paths and weights", HINT);
    for (const path of group.paths) {
      // A short list of one shard over and over would fill the memory.
      if (used.has(path))
        throw new InputError({ field }, `names the shard ${path.slice(0, 200)} a second time`, HINT);
      used.add(path);
    }
    const bytes = joined(group.paths.map(readBeside));
    let at = 0;
    for (const weight of group.weights) {
      const spec = specOf(weight, field);
      const length = spec.elements * DTYPE_BYTES[spec.stored];
      if (at + length > bytes.length)
        throw new InputError(
          { field: spec.name },
          `ends at byte ${at + length} of the group's weights, which are ${counted(bytes.length, "byte")}; a shard may be missing`,
          HINT,
        );
      if (tensors.has(spec.name))
        throw new InputError({ field: spec.name }, "stands twice in the manifest", HINT);
      tensors.set(spec.name, tensorOf(spec, bytes.subarray(at, at + length)));
      at += length;
    }
    if (at !== bytes.length)
      throw new InputError(
        { field },
        `leaves ${counted(bytes.length - at, "byte")} of its shards unused`,
        HINT,
      );
  }
  return tensors;
}

interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly dtype: Dtype;
  /** As the shard holds them. */
  readonly stored: Dtype;
  /** Stored integers times scale, plus min. */
  readonly quantisation?: { readonly scale: number; readonly min: number };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === "string");

function specOf(weight: unknown, group: string): Spec {
  if (!isObject(weight) || typeof weight.name !== "string")
    throw new InputError({ field: group }, "holds a weight without a name", HINT);
  const { name, shape, dtype, quantization } = weight;
  const fail = (problem: string): never => {
    throw new InputError({ field: name }, problem, HINT);
  };
  const elements = Array.isArray(shape) ? elementsOf(shape) : undefined;
  if (elements === undefined) return fail(`has the impossible shape ${JSON.stringify(shape)?.slice(0, 80)}`);
  if (!DTYPES.has(dtype))
    return fail(`has the element type ${JSON.stringify(dtype)?.slice(0, 40)}, which is not read`);
  const spec = {
    name,
    shape: shape as readonly number[],
    elements,
    dtype: dtype as Dtype,
    stored: dtype as Dtype,
  };
  return quantization === undefined || quantization === null
    ? spec
    : { ...spec, ...quantised(quantization, fail) };
}

function quantised(value: unknown, fail: (problem: string) => never): Pick<Spec, "stored" | "quantisation"> {
  const { dtype, scale, min } = isObject(value) ? value : ({} as Json);
  if (dtype === "float16") return { stored: dtype };
  if ((dtype !== "uint8" && dtype !== "uint16") || typeof scale !== "number" || typeof min !== "number")
    return fail(`has the quantisation ${JSON.stringify(value)?.slice(0, 80)}, which is not read`);
  return { stored: dtype, quantisation: { scale, min } };
}

function tensorOf({ name, shape, dtype, stored, quantisation }: Spec, bytes: Uint8Array): Tensor {
  const tensor: Tensor = { name, dtype: stored, shape, data: decodeElements(bytes, stored) };
  if (stored === dtype) return tensor;
  const values = float32Of(tensor);
  if (quantisation === undefined) return { ...tensor, dtype: "float32", data: values };
  const { scale, min } = quantisation;
  return { ...tensor, dtype: "float32", data: values.map((value) => value * scale + min) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
