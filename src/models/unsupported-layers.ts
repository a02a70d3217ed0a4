import { UnsupportedError } from "../core/errors.ts";
import type { Tensor } from "../formats/tensors.ts";
import { describeTensor, SUPPORTED_HINT, type TensorGroup } from "./layer-tensors.ts";

/** Names of torch's recurrent layers: `weight_ih_l0`, `bias_hh_l1_reverse`, a cell's `weight_hh`, a wrapper's `weight_hh_l0_raw`. */
const TORCH_RECURRENT = /^(weight|bias)_(ih|hh|hr)(_l\d+(_reverse)?)?(_raw)?$/;

/** Refuses layers that are known, but not to this reader, by their proper names. */
export function refuseUnsupported(groups: readonly TensorGroup[]): void {
  for (const group of groups) {
    const found = torchRecurrent(group) ?? kernelRecurrent(group) ?? otherLayer(group);
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

/** Gates stand one below the other, so that the hidden-to-hidden matrix is [gates · H, H]. */
function torchRecurrent({ leaves }: TensorGroup): Found | undefined {
  const names = [...leaves.keys()].filter((leaf) => TORCH_RECURRENT.test(leaf));
  if (names.length === 0) return undefined;
  const hidden = leaves.get(names.find((leaf) => leaf.startsWith("weight_hh")) ?? "");
  const gates = hidden?.shape.length === 2 ? hidden.shape[0]! / hidden.shape[1]! : undefined;
  return { kind: recurrentKind(gates), tensor: leaves.get(names[0]!)! };
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

function recurrentKind(gates: number | undefined): string {
  if (gates === 4) return "an LSTM";
  if (gates === 3) return "a GRU";
  return gates === 1 ? "a simple RNN" : "a recurrent layer of torch";
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
