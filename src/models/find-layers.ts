import { UnsupportedError } from "../core/errors.ts";
import { formatShape, type NamedTensors, type Tensor } from "../formats/tensors.ts";
import {
  describeTensor,
  type EgruLayer,
  expectShape,
  failAt,
  type Layer,
  type MatrixLayer,
  refuseUnknown,
  SUPPORTED_HINT,
  type TensorGroup,
} from "./layer-tensors.ts";
import { isTorchRecurrent, torchRecurrentLayers, withUnwrappedLayers } from "./torch-recurrent.ts";
import { refuseUnsupported } from "./unsupported-layers.ts";

/** Buffers of the reference's EGRU that matter in training only. */
const IGNORED_LEAVES = new Set(["_max_norm", "dampening_factor", "pseudo_derivative_support"]);
const EGRU_LEAVES = new Set(["kernel", "recurrent_kernel", "bias", "recurrent_bias", "thr", "thr_reparam"]);

/**
 * Recognises layers by the names and shapes of their tensors. Each tensor belongs to a layer, is a known
 * buffer, or is an error.
 */
export function findLayers(tensors: NamedTensors): readonly Layer[] {
  const groups = withUnwrappedLayers(groupByPrefix(tensors));
  refuseUnsupported(groups);
  const isEgru = ({ leaves }: TensorGroup) => leaves.has("kernel") || leaves.has("recurrent_kernel");
  if (!groups.some((group) => isEgru(group) || isTorchRecurrent(group))) refuseWithoutRecurrence(tensors);
  return withTiedDecoder(groups).flatMap((group): readonly Layer[] => {
    if (isTorchRecurrent(group)) return torchRecurrentLayers(group);
    return [isEgru(group) ? egruLayer(group) : matrixLayer(group)];
  });
}

function groupByPrefix(tensors: NamedTensors): TensorGroup[] {
  const groups = new Map<string, { prefix: string; position: number; leaves: Map<string, Tensor> }>();
  let position = 0;
  for (const [name, tensor] of tensors) {
    const dot = name.lastIndexOf(".");
    const leaf = name.slice(dot + 1);
    const prefix = name.slice(0, Math.max(dot, 0));
    position += 1;
    if (IGNORED_LEAVES.has(leaf)) continue;
    const group = groups.get(prefix) ?? { prefix, position, leaves: new Map<string, Tensor>() };
    group.leaves.set(leaf, tensor);
    groups.set(prefix, group);
  }
  return [...groups.values()];
}

function refuseWithoutRecurrence(tensors: NamedTensors): never {
  const names = [...tensors.values()].map(describeTensor);
  const shown = names.slice(0, 8).join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
  throw new UnsupportedError(
    `the file holds no supported recurrent layer; its tensors are ${shown || "none"}`,
    SUPPORTED_HINT,
  );
}

/** A decoder that is tied to the embedding may be saved as its bias alone. */
function withTiedDecoder(groups: readonly TensorGroup[]): readonly TensorGroup[] {
  const table = groups.find(({ prefix }) => isEmbeddingName(prefix))?.leaves.get("weight");
  return groups.map((group) => {
    const bias = group.leaves.get("bias");
    const isTied =
      table !== undefined &&
      group.leaves.size === 1 &&
      bias?.shape.length === 1 &&
      bias.shape[0] === table.shape[0] &&
      /(^|\.)decoder$/.test(group.prefix);
    return isTied ? { ...group, leaves: new Map([...group.leaves, ["weight", table]]) } : group;
  });
}

export const isEmbeddingName = (prefix: string): boolean => /(^|[._])(w|word_?)?emb/i.test(prefix);

function egruLayer({ prefix, position, leaves }: TensorGroup): EgruLayer {
  const name = (leaf: string) => (prefix === "" ? leaf : `${prefix}.${leaf}`);
  for (const [leaf, tensor] of leaves) if (!EGRU_LEAVES.has(leaf)) refuseUnknown(tensor);
  const part = (leaf: string): Tensor =>
    leaves.get(leaf) ??
    failAt(name(leaf), `is missing; the file has ${[...leaves.keys()].map(name).join(", ")}`);
  const kernel = part("kernel");
  const recurrentKernel = part("recurrent_kernel");
  const [size, columns] = recurrentKernel.shape;
  if (recurrentKernel.shape.length !== 2 || columns !== 3 * size!) {
    failAt(recurrentKernel.name, `has the shape ${formatShape(recurrentKernel.shape)} instead of [H, 3·H]`);
  }
  const inputs = kernel.shape[0]!;
  if (leaves.has("thr") && leaves.has("thr_reparam")) {
    failAt(name("thr_reparam"), "stands beside thr; a layer has one of the two");
  }
  const layer: EgruLayer = {
    kind: "egru",
    prefix,
    position,
    inputs,
    size: size!,
    kernel,
    recurrentKernel,
    bias: part("bias"),
    recurrentBias: part("recurrent_bias"),
    threshold: leaves.get("thr_reparam") ?? part("thr"),
    isReparametrised: leaves.has("thr_reparam"),
  };
  const because = `as ${describeTensor(recurrentKernel)} demands`;
  if (kernel.shape.length !== 2)
    failAt(kernel.name, `has the shape ${formatShape(kernel.shape)}, not two dimensions`);
  expectShape(kernel, [inputs, 3 * size!], because);
  expectShape(layer.bias, [3 * size!], because);
  expectShape(layer.recurrentBias, [3 * size!], because);
  expectShape(layer.threshold, [size!], because);
  return layer;
}

function matrixLayer({ prefix, position, leaves }: TensorGroup): MatrixLayer {
  const weight = leaves.get("weight");
  const bias = leaves.get("bias");
  for (const [leaf, tensor] of leaves) if (leaf !== "weight" && leaf !== "bias") refuseUnknown(tensor);
  if (weight === undefined) return refuseUnknown(bias!);
  if (weight.shape.length !== 2) return refuseUnknown(weight);
  const [rows, columns] = weight.shape as [number, number];
  const layer: MatrixLayer = { kind: "matrix", prefix, position, rows, columns, weight };
  if (bias === undefined) return layer;
  expectShape(bias, [rows], `as ${describeTensor(weight)} demands`);
  return { ...layer, bias };
}
