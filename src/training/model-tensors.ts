import { InputError, UnsupportedError } from "../core/errors.ts";
import { writeSafetensors } from "../formats/safetensors.ts";
import { float32Of, formatShape, type NamedTensors, type Tensor } from "../formats/tensors.ts";
import { EVALUATION_ORDER, EVENT_INPUT, OWN_METADATA } from "../models/own-metadata.ts";
import { isTorchCell, Parameters } from "./parameters.ts";
import {
  type Cell,
  CELLS,
  DECODER,
  DECODER_BIAS,
  EMBEDDING,
  gatesOf,
  type ModelShape,
  parameterShapes,
} from "./shape.ts";

const HINT = "Name a model that was trained here or with the reference code.";

/** torch stacks the gates' rows; ours stand in this order beside one another. */
const TORCH_ORDER: Readonly<Record<"lstm" | "gru", readonly number[]>> = {
  // Ours i, f, o, g from torch's i, f, g, o.
  lstm: [0, 1, 3, 2],
  // Ours z, r, n from torch's r, z, n.
  gru: [1, 0, 2],
};
const TORCH_LEAVES: Readonly<Record<string, string>> = {
  kernel: "weight_ih_l0",
  recurrent_kernel: "weight_hh_l0",
  bias: "bias_ih_l0",
  recurrent_bias: "bias_hh_l0",
};

/**
 * A model as safetensors under the reference's names, so that torch can load it and `readModel` reads it: EGRU as EvNN
 * names it, LSTM and GRU as torch does. Tied weights are written twice, as the format demands.
 */
export function writeTrainedModel(
  shape: ModelShape,
  parameters: Parameters,
  vocabulary: readonly string[] | undefined,
): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const keep = (name: string, size: readonly number[], data: Float32Array) =>
    tensors.set(name, { name, dtype: "float32", shape: size, data });
  for (const { name, shape: size } of parameterShapes(shape)) {
    const values = parameters.values(name);
    const leaf = name.slice(name.lastIndexOf(".") + 1);
    if (name === DECODER_BIAS && shape.tied)
      keep(DECODER, [shape.outputs, shape.layers.at(-1)!], parameters.values(EMBEDDING));
    if (!name.startsWith("rnns.") || !isTorchCell(shape.cell)) {
      if (leaf === "kernel") keep(name.replace(/kernel$/, "_max_norm"), [1], Float32Array.of(-1));
      keep(name, size, values);
      if (leaf === "recurrent_bias" && shape.cell === "egru") keepSurrogate(name, shape, keep);
      continue;
    }
    const rows = leaf.endsWith("kernel") ? size[0]! : 1;
    const torch = rearranged(values, torchGates(shape.cell, rows, size.at(-1)!), "torch");
    keep(
      name.replace(leaf, TORCH_LEAVES[leaf]!),
      leaf.endsWith("kernel") ? [size[1]!, size[0]!] : size,
      torch,
    );
  }
  return writeSafetensors(tensors, {
    [OWN_METADATA.order]: EVALUATION_ORDER,
    [OWN_METADATA.cell]: shape.cell,
    ...(shape.input.kind === "vectors" && shape.input.silentZeros && { [OWN_METADATA.input]: EVENT_INPUT }),
    ...(vocabulary && { [OWN_METADATA.vocabulary]: vocabulary.join("\n") }),
  });
}

function keepSurrogate(
  name: string,
  { surrogate }: ModelShape,
  keep: (name: string, size: readonly number[], data: Float32Array) => void,
): void {
  keep(name.replace("recurrent_bias", "dampening_factor"), [1], Float32Array.of(surrogate.dampening));
  keep(name.replace("recurrent_bias", "pseudo_derivative_support"), [1], Float32Array.of(surrogate.support));
}

const torchGates = (cell: ModelShape["cell"], rows: number, columns: number) => ({
  rows,
  columns,
  order: TORCH_ORDER[cell as "lstm" | "gru"],
});

/** [rows, gates · units] as [gates · units, rows], gates in torch's order; or the way back. */
function rearranged(
  values: Float32Array,
  { rows, columns, order }: { rows: number; columns: number; order: readonly number[] },
  to: "torch" | "ours",
): Float32Array {
  const turned = new Float32Array(values.length);
  const units = columns / order.length;
  for (let row = 0; row < rows; row += 1) {
    for (const [gate, torchGate] of order.entries()) {
      for (let n = 0; n < units; n += 1) {
        const ours = row * columns + gate * units + n;
        const torch = (torchGate * units + n) * rows + row;
        if (to === "torch") turned[torch] = values[ours]!;
        else turned[ours] = values[torch]!;
      }
    }
  }
  return turned;
}

export interface TrainedModel {
  readonly shape: ModelShape;
  readonly parameters: Parameters;
}

/**
 * A model's parameters from its file's tensors, of EGRU, LSTM or GRU layers `rnns.0`, `rnns.1`, …, an embedding or vectors
 * before, and one decoder behind.
 * @throws InputError naming the tensor that is missing or does not fit, UnsupportedError for another architecture.
 */
export function parametersOf(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>>,
): TrainedModel {
  const shape = shapeOf(tensors, metadata);
  const parameters = new Parameters(parameterShapes(shape));
  for (const { name, shape: size, layer } of parameters.shapes) {
    const isTorch = layer !== undefined && isTorchCell(shape.cell);
    const leaf = name.slice(name.lastIndexOf(".") + 1);
    const fileName = isTorch ? name.replace(leaf, TORCH_LEAVES[leaf]!) : name;
    const tensor = tensors.get(fileName) ?? missing(fileName);
    const isTurned = isTorch && size.length === 2;
    expectShape(tensor, isTurned ? [...size].reverse() : size);
    const values = float32Of(tensor);
    const rows = isTurned ? size[0]! : 1;
    parameters.load(
      name,
      isTorch
        ? rearranged(values, torchGates(shape.cell, rows, size.at(-1)!), "ours")
        : clamped(leaf, values),
    );
  }
  return { shape, parameters };
}

/** The reference clamps thresholds to [0, 1] at each use. */
const clamped = (leaf: string, values: Float32Array): Float32Array =>
  leaf === "thr" ? values.map((value) => Math.min(1, Math.max(0, value))) : values;

function shapeOf(tensors: NamedTensors, metadata: Readonly<Record<string, string>>): ModelShape {
  const cell = cellOf(tensors, metadata);
  const isTorch = isTorchCell(cell);
  const layers: number[] = [];
  for (let l = 0; ; l += 1) {
    const recurrent = tensors.get(
      `rnns.${l}.${isTorch ? TORCH_LEAVES.recurrent_kernel : "recurrent_kernel"}`,
    );
    if (recurrent === undefined) break;
    layers.push(isTorch ? recurrent.shape[1]! : recurrent.shape[0]!);
  }
  const first = tensors.get(`rnns.0.${isTorch ? TORCH_LEAVES.kernel : "kernel"}`) ?? missing("rnns.0.kernel");
  const width = isTorch ? first.shape[1]! : first.shape[0]!;
  const table = tensors.get(EMBEDDING);
  const bias = tensors.get(DECODER_BIAS) ?? missing(DECODER_BIAS);
  const decoder = tensors.get(DECODER);
  const tied =
    table !== undefined && (decoder === undefined || equalValues(float32Of(table), float32Of(decoder)));
  const scalar = (name: string, otherwise: number) => {
    const found = tensors.get(`rnns.0.${name}`);
    return found === undefined ? otherwise : float32Of(found)[0]!;
  };
  return {
    cell,
    input: table
      ? { kind: "tokens", vocabulary: table.shape[0]!, embedding: table.shape[1]! }
      : {
          kind: "vectors",
          width,
          ...(metadata[OWN_METADATA.input] === EVENT_INPUT && { silentZeros: true as const }),
        },
    layers,
    outputs: bias.shape[0]!,
    tied,
    surrogate: {
      dampening: scalar("dampening_factor", 0.7),
      support: scalar("pseudo_derivative_support", 1),
    },
    thresholdMean: 0,
  };
}

function cellOf(tensors: NamedTensors, metadata: Readonly<Record<string, string>>): Cell {
  const named = CELLS.find((cell) => cell === metadata[OWN_METADATA.cell]);
  if (named !== undefined) return named;
  if (tensors.has("rnns.0.recurrent_kernel") && tensors.has("rnns.0.thr")) return "egru";
  const recurrent = tensors.get("rnns.0.weight_hh_l0");
  const gates = recurrent && recurrent.shape[0]! / recurrent.shape[1]!;
  if (gates === gatesOf("lstm")) return "lstm";
  if (gates === gatesOf("gru")) return "gru";
  throw new UnsupportedError(
    "The file holds no recurrent layers rnns.0, rnns.1, … of a kind that is trained here.",
    HINT,
  );
}

const equalValues = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

function missing(name: string): never {
  throw new InputError({ field: name }, "the file has no such tensor", HINT);
}

function expectShape({ name, shape }: Tensor, expected: readonly number[]): void {
  if (formatShape(shape) === formatShape(expected)) return;
  throw new InputError(
    { field: name },
    `has the shape ${formatShape(shape)} instead of ${formatShape(expected)}`,
    HINT,
  );
}
