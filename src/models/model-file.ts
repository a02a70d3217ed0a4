import { InputError } from "../core/errors.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { float32Of, formatShape, type NamedTensors, type Tensor } from "../formats/tensors.ts";
import { readTorchCheckpoint } from "../formats/torch.ts";
import { EVALUATION_ORDER, OWN_METADATA } from "./own-metadata.ts";

/** The tensors of a model file under the names that its layers gave them. */
export interface ModelTensors {
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * What the order of the tensors says about the order of the layers: `evaluation` where we wrote the file,
   * `declaration` where a framework did, `none` where the names were sorted.
   */
  readonly order: "evaluation" | "declaration" | "none";
}

/** Tensors of a safetensors file or a torch checkpoint. */
export function readModelFile(bytes: Uint8Array, kind: "safetensors" | "torch"): ModelTensors {
  if (kind === "torch") {
    const tensors = withoutWrappers(withMasksApplied(readTorchCheckpoint(bytes)));
    return { tensors, metadata: {}, order: "declaration" };
  }
  const { tensors, metadata } = readSafetensors(bytes);
  if (Object.hasOwn(metadata, OWN_METADATA.model)) return { tensors, metadata, order: "none" };
  const named = withoutWrappers(withMasksApplied(withSharedTensors(tensors, metadata)));
  const isOurs = metadata[OWN_METADATA.order] === EVALUATION_ORDER;
  return {
    tensors: named,
    metadata,
    order: isOurs ? "evaluation" : isSorted(tensors) ? "none" : "declaration",
  };
}

/** The usual writer of safetensors sorts tensors by element type, then by name. */
function isSorted(tensors: NamedTensors): boolean {
  const last = new Map<string, string>();
  for (const [name, { dtype }] of tensors) {
    const previous = last.get(dtype);
    if (previous !== undefined && previous > name) return false;
    last.set(dtype, name);
  }
  return true;
}

/** safetensors.torch.save_model keeps one of the tensors that share memory, and names the others in the metadata. */
function withSharedTensors(tensors: NamedTensors, metadata: Readonly<Record<string, string>>): NamedTensors {
  const all = new Map(tensors);
  for (const [name, kept] of Object.entries(metadata)) {
    const tensor = tensors.get(kept);
    if (tensor !== undefined && !tensors.has(name)) all.set(name, { ...tensor, name });
  }
  return all;
}

/** Prefixes that wrappers put before every name: DataParallel's, torch.compile's. */
const WRAPPERS = ["module.", "_orig_mod."];

function withoutWrappers(tensors: NamedTensors): NamedTensors {
  const names = [...tensors.keys()];
  const wrapper = WRAPPERS.find(
    (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
  );
  if (wrapper === undefined) return tensors;
  return withoutWrappers(
    new Map([...tensors].map(([name, tensor]) => renamed(tensor, name.slice(wrapper.length)))),
  );
}

const renamed = (tensor: Tensor, name: string): [string, Tensor] => [name, { ...tensor, name }];

/** torch.nn.utils.prune keeps `x_orig` and `x_mask` in place of `x`; their product is what was trained. */
function withMasksApplied(tensors: NamedTensors): NamedTensors {
  const applied = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const base = name.replace(/_(orig|mask)$/, "");
    const original = tensors.get(`${base}_orig`);
    const mask = tensors.get(`${base}_mask`);
    if (base === name || original === undefined || mask === undefined) applied.set(name, tensor);
    else if (name.endsWith("_orig")) applied.set(...renamed(masked(original, mask), base));
  }
  return applied;
}

function masked(original: Tensor, mask: Tensor): Tensor {
  if (formatShape(original.shape) !== formatShape(mask.shape)) {
    throw new InputError(
      { field: mask.name },
      `has the shape ${formatShape(mask.shape)}, but ${original.name} has ${formatShape(original.shape)}`,
      "Make the pruning permanent with torch.nn.utils.prune.remove, and save again.",
    );
  }
  const kept = float32Of(mask);
  const data = float32Of(original).map((value, i) => (kept[i] === 0 ? 0 : value * kept[i]!));
  return { ...original, dtype: "float32", data };
}
