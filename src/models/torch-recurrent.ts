import { UnsupportedError } from "../core/errors.ts";
import { formatShape, type Tensor } from "../formats/tensors.ts";
import {
  describeTensor,
  expectShape,
  failAt,
  type GatedLayer,
  refuseUnknown,
  SUPPORTED_HINT,
  type TensorGroup,
} from "./layer-tensors.ts";

/**
 * Names of torch's recurrent layers: `weight_ih_l0`, `bias_hh_l1_reverse`, a cell's `weight_hh`, and what a wrapper
 * that drops connections keeps: `weight_hh_l0_raw`.
 */
const NAME = /^(weight|bias)_(ih|hh|hr)(?:_l(\d+))?(_reverse)?(_raw)?$/;

export const isTorchRecurrent = ({ leaves }: TensorGroup): boolean =>
  [...leaves.keys()].some((leaf) => NAME.test(leaf));

/** The layers of an nn.LSTM, nn.GRU, LSTMCell or GRUCell, in the order in which they run. */
export function torchRecurrentLayers(group: TensorGroup): readonly GatedLayer[] {
  const { prefix, position, leaves } = group;
  const numbers = new Set<string>();
  for (const [leaf, tensor] of leaves) {
    const name = NAME.exec(leaf);
    if (name === null) return refuseUnknown(tensor);
    const [, , part, number = "", reverse] = name;
    if (reverse !== undefined) refuse(group, "a bidirectional layer", tensor);
    if (part === "hr") refuse(group, "an LSTM with a projection of its output (proj_size)", tensor);
    numbers.add(number);
  }
  const ascending = [...numbers].sort((a, b) => Number(a) - Number(b));
  return ascending.map((number, index) => {
    if (number !== "" && Number(number) !== index)
      failAt(
        nameIn(prefix, `weight_ih_l${index}`),
        `is missing, though there are layers up to ${ascending.at(-1)}`,
      );
    return layerOf(group, number, position + index / (ascending.length + 1));
  });
}

function layerOf(group: TensorGroup, number: string, position: number): GatedLayer {
  const { prefix, leaves } = group;
  const suffix = number === "" ? "" : `_l${number}`;
  const found = (leaf: string): Tensor | undefined =>
    leaves.get(`${leaf}${suffix}_raw`) ?? leaves.get(`${leaf}${suffix}`);
  const part = (leaf: string): Tensor =>
    found(leaf) ?? failAt(nameIn(prefix, leaf + suffix), `is missing; the file has ${listOf(group)}`);
  const kernel = part("weight_ih");
  const recurrentKernel = part("weight_hh");
  const [rows, size] = recurrentKernel.shape;
  if (recurrentKernel.shape.length !== 2)
    failAt(recurrentKernel.name, `has the shape ${formatShape(recurrentKernel.shape)}, not two dimensions`);
  if (rows === size) refuse(group, "a simple RNN", recurrentKernel);
  if (size === 0 || (rows !== 3 * size! && rows !== 4 * size!))
    failAt(
      recurrentKernel.name,
      `has the shape ${formatShape(recurrentKernel.shape)}; an LSTM has [4·H, H], a GRU [3·H, H]`,
    );
  if (kernel.shape.length !== 2)
    failAt(kernel.name, `has the shape ${formatShape(kernel.shape)}, not two dimensions`);
  const because = `as ${describeTensor(recurrentKernel)} demands`;
  const inputs = kernel.shape[1]!;
  expectShape(kernel, [rows!, inputs], because);
  const hasBias = found("bias_ih") !== undefined || found("bias_hh") !== undefined;
  const [bias, recurrentBias] = hasBias ? [part("bias_ih"), part("bias_hh")] : [];
  for (const tensor of [bias, recurrentBias]) if (tensor !== undefined) expectShape(tensor, [rows!], because);
  return {
    kind: rows === 4 * size! ? "lstm" : "gru",
    prefix: number === "" ? prefix : nameIn(prefix, `l${number}`),
    position,
    inputs,
    size: size!,
    kernel,
    recurrentKernel,
    ...(bias !== undefined && { bias }),
    ...(recurrentBias !== undefined && { recurrentBias }),
  };
}

const nameIn = (prefix: string, leaf: string): string => (prefix === "" ? leaf : `${prefix}.${leaf}`);

const listOf = ({ leaves }: TensorGroup): string => [...leaves.values()].map(({ name }) => name).join(", ");

function refuse({ prefix }: TensorGroup, kind: string, tensor: Tensor): never {
  throw new UnsupportedError(
    `the layer ${prefix || "at the top level"} is ${kind} (${describeTensor(tensor)}), which is not supported`,
    SUPPORTED_HINT,
  );
}

/**
 * A wrapper that drops connections keeps the module's other tensors one level deeper (`rnns.0.module.weight_ih_l0`
 * beside `rnns.0.weight_hh_l0_raw`): both belong to one layer, and what was trained is the raw one.
 */
export function withUnwrappedLayers(groups: readonly TensorGroup[]): readonly TensorGroup[] {
  const inner = new Map<string, TensorGroup>();
  for (const group of groups)
    if (isTorchRecurrent(group) && /(^|\.)module$/.test(group.prefix)) inner.set(group.prefix, group);
  const isRaw = ({ leaves }: TensorGroup): boolean =>
    [...leaves.keys()].some((leaf) => leaf.endsWith("_raw"));
  const merged = groups.map((group) => {
    const wrapped = inner.get(nameIn(group.prefix, "module"));
    if (wrapped === undefined || !isTorchRecurrent(group) || !isRaw(group)) return group;
    inner.delete(wrapped.prefix);
    const position = Math.min(group.position, wrapped.position);
    return { ...group, position, leaves: new Map([...wrapped.leaves, ...group.leaves]), wraps: wrapped };
  });
  const swallowed = new Set(merged.flatMap((group) => ("wraps" in group ? [group.wraps] : [])));
  return merged.filter((group) => !swallowed.has(group));
}
