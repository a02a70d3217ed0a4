import { UnsupportedError } from "../core/errors.ts";
import type { Tensor } from "../formats/tensors.ts";
import { describeTensor, SUPPORTED_HINT, type TensorGroup } from "./layer-tensors.ts";

/** Refuses layers that are known, but not to this reader, by their proper names. */
export function refuseUnsupported(groups: readonly TensorGroup[]): void {
  for (const group of groups) {
    const found = kernelRecurrent(group) ?? otherLayer(group);
    if (found === undefined) continue;
    const { kind, tensor } = found;
    throw new UnsupportedError(
      `the layer ${group.prefix || "at the top level"} is ${kind} (${describeTensor(tensor)}), not supported yet by this reader`,
      SUPPORTED_HINT,
    );
  }
}

interface Found {
  readonly kind: string;
  readonly tensor: Tensor;
}

/** Layers in the kernel form without thresholds: gates stand side by side. */
function kernelRecurrent({ leaves }: TensorGroup): Found | undefined {
  const tensor = leaves.get("recurrent_kernel");
  if (tensor === undefined || leaves.has("thr") || leaves.has("thr_reparam")) return undefined;
  const [size, columns] = tensor.shape;
  if (tensor.shape.length !== 2 || size === 0) return undefined;
  const gates = columns! / size!;
  return gates === 3 || gates === 4 || gates === 1
    ? { kind: `${recurrentKind(gates)} without thresholds (no thr)`, tensor }
    : undefined;
}

function recurrentKind(gates: 1 | 3 | 4): string {
  if (gates === 4) return "an LSTM";
  return gates === 3 ? "a GRU" : "a simple RNN";
}

function otherLayer({ leaves }: TensorGroup): Found | undefined {
  const attention = leaves.get("in_proj_weight");
  if (attention !== undefined) return { kind: "an attention layer", tensor: attention };
  const weight = leaves.get("weight");
  const statistics = leaves.get("running_mean");
  if (statistics !== undefined) return { kind: "a batch normalisation", tensor: statistics };
  if (weight === undefined) return undefined;
  if (weight.shape.length >= 3) return { kind: "a convolution", tensor: weight };
  return weight.shape.length === 1 ? { kind: "a normalisation", tensor: weight } : undefined;
}
