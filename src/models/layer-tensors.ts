import { InputError } from "../core/errors.ts";
import { float32Of, formatShape, type Tensor } from "../formats/tensors.ts";

/** Tensors that share a prefix, by the last part of their names. */
export interface TensorGroup {
  readonly prefix: string;
  readonly position: number;
  readonly leaves: ReadonlyMap<string, Tensor>;
}

const SUPPORTED =
  "EGRU layers (kernel, recurrent_kernel, bias, recurrent_bias, thr or thr_reparam), nn.LSTM and nn.GRU " +
  "(weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0), an embedding (embeddings.weight) and Linear layers (weight, bias)";
export const SUPPORTED_HINT = `This reader knows ${SUPPORTED}.`;

/** An EGRU layer's tensors in the reference's form; sizes agree among them. */
export interface EgruLayer {
  readonly kind: "egru";
  /** Of its tensors' names, without the last dot; may be empty. */
  readonly prefix: string;
  /** Position of its first tensor in the file. */
  readonly position: number;
  readonly inputs: number;
  readonly size: number;
  /** Shape [inputs, 3 · size]. */
  readonly kernel: Tensor;
  /** Shape [size, 3 · size]. */
  readonly recurrentKernel: Tensor;
  readonly bias: Tensor;
  readonly recurrentBias: Tensor;
  /** `thr`, clamped on use, or v0.1's `thr_reparam`, whose σ is the threshold. */
  readonly threshold: Tensor;
  readonly isReparametrised: boolean;
}

/** One layer of an nn.LSTM or nn.GRU; sizes agree among its tensors. Gates stand one below the other. */
export interface GatedLayer {
  readonly kind: "lstm" | "gru";
  /** Of its module, and the layer's number in it: `rnn.l0`. */
  readonly prefix: string;
  readonly position: number;
  readonly inputs: number;
  readonly size: number;
  /** Shape [gates · size, inputs]. */
  readonly kernel: Tensor;
  /** Shape [gates · size, size]. */
  readonly recurrentKernel: Tensor;
  /** Absent both where the layer was made with bias=False. */
  readonly bias?: Tensor;
  readonly recurrentBias?: Tensor;
}

export type RecurrentLayer = EgruLayer | GatedLayer;

/** A two-dimensional `weight` with an optional bias: a Linear layer, or an embedding's table. */
export interface MatrixLayer {
  readonly kind: "matrix";
  readonly prefix: string;
  readonly position: number;
  /** Outputs of a Linear layer, words of an embedding. */
  readonly rows: number;
  /** Inputs of a Linear layer, width of an embedding. */
  readonly columns: number;
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

export type Layer = RecurrentLayer | MatrixLayer;

export const isRecurrent = (layer: Layer): layer is RecurrentLayer => layer.kind !== "matrix";

export const describeTensor = ({ name, shape }: Tensor): string => `${name} ${formatShape(shape)}`;

export function expectShape({ name, shape }: Tensor, expected: readonly number[], because: string): void {
  if (formatShape(shape) === formatShape(expected)) return;
  failAt(name, `has the shape ${formatShape(shape)} instead of ${formatShape(expected)}, ${because}`);
}

export function refuseUnknown(tensor: Tensor): never {
  return failAt(tensor.name, `a tensor of shape ${formatShape(tensor.shape)} that belongs to no known layer`);
}

export function failAt(field: string, problem: string): never {
  throw new InputError({ field }, problem, SUPPORTED_HINT);
}

const FLOATS: ReadonlySet<string> = new Set(["float16", "bfloat16", "float32", "float64"]);

/** A parameter's values as float32. @throws InputError naming the tensor and the first value that is not finite. */
export function parameterValues(tensor: Tensor): Float32Array {
  const { name, dtype, shape } = tensor;
  if (!FLOATS.has(dtype)) {
    throw new InputError(
      { field: name },
      `holds ${dtype}; weights must be floating-point numbers`,
      "Save the model before it is quantised; eventloom quantises by itself.",
    );
  }
  const values = float32Of(tensor);
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i])) continue;
    throw new InputError(
      { field: name },
      `value ${formatShape(indexOf(i, shape))} is ${values[i]}`,
      "The training diverged or the file is damaged: use a checkpoint from before.",
    );
  }
  return values;
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (let d = shape.length - 1; d >= 0; d -= 1) {
    index.unshift(rest % shape[d]!);
    rest = Math.floor(rest / shape[d]!);
  }
  return index;
}
