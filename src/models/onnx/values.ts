import { InputError, UnsupportedError } from "../../core/errors.ts";
import type { OnnxAttribute, OnnxNode } from "../../formats/onnx.ts";
import { formatShape, type Tensor } from "../../formats/tensors.ts";
import { type Features, reshaped, sizeOf } from "../graph/features.ts";
import type { NetworkBuilder } from "../graph/network-builder.ts";

/** What a name of the graph stands for while it is read. */
export type Value =
  | { readonly kind: "constant"; readonly tensor: Tensor }
  | Activations
  /** Token ids, before an embedding looks them up. */
  | { readonly kind: "tokens"; readonly outer: Outer }
  /** A shape that is computed on the way; an axis that a file leaves open is undefined. */
  | { readonly kind: "shape"; readonly sizes: readonly (number | undefined)[] }
  /** Zeros of whatever shape, such as a first state. */
  | { readonly kind: "zeros" }
  /** A recurrent layer's state that a model of events has not: named where it is used. */
  | { readonly kind: "state"; readonly what: string };

/** Values of one timestep, and the axes of time and batch in front of them. */
export interface Activations {
  readonly kind: "activations";
  readonly outer: Outer;
  readonly features: Features;
}

/** Sizes of the axes that stand for timesteps, batch or directions; 1 is known to be no more than a bracket. */
export type Outer = readonly (number | undefined)[];

export const activations = (outer: Outer, features: Features): Activations => ({
  kind: "activations",
  outer,
  features,
});

export const rankOf = ({ outer, features }: Activations): number => outer.length + features.shape.length;

/**
 * The same values with so many axes of features: axes of size 1 move between the two kinds, as far as there are any.
 * Undefined where that does not suffice.
 */
export function withFeatureRank(value: Activations, rank: number): Activations | undefined {
  let { outer } = value;
  let { shape } = value.features;
  while (shape.length > rank && shape[0] === 1) {
    outer = [...outer, 1];
    shape = shape.slice(1);
  }
  while (shape.length < rank && outer.at(-1) === 1) {
    outer = outer.slice(0, -1);
    shape = [1, ...shape];
  }
  return shape.length === rank ? activations(outer, reshaped(value.features, shape)) : undefined;
}

export const HINT =
  "Read are LSTM, GRU (linear_before_reset=1), Gemm, MatMul, Conv, AveragePool, MaxPool, BatchNormalization, Relu, Sigmoid, Tanh, Gather as " +
  "an embedding, and what merely rearranges values.";

/** One node while it is read: its inputs as values, its attributes, and errors that name its place. */
export class NodeContext {
  constructor(
    readonly node: OnnxNode,
    readonly opset: number,
    readonly builder: NetworkBuilder,
    private readonly valueOf: (name: string) => Value | undefined,
    /** Whether nothing but the model's output uses this node's. */
    readonly isLast: boolean,
    readonly metadata: Record<string, string>,
  ) {}

  get place(): string {
    return placeOf(this.node);
  }

  /** A name for neurons that this node brings about. */
  get wish(): string {
    return this.node.name.replace(/^\/+/, "") || `${this.node.op.toLowerCase()}${this.node.index}`;
  }

  fail(problem: string): never {
    throw new InputError(
      { field: this.place },
      problem,
      "Export the model again, and check it with onnx.checker.",
    );
  }

  unsupported(problem: string): never {
    throw new UnsupportedError(`${this.place}: ${problem}, which is not supported`, HINT);
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? "") !== "";
  }

  input(index: number): Value {
    const name = this.node.inputs[index] ?? "";
    if (name === "") return this.fail(`input ${index} is missing`);
    return this.valueOf(name) ?? this.fail(`input ${index}, ${name}, is made by no node before it`);
  }

  activations(index: number): Activations {
    const value = this.input(index);
    if (value.kind === "activations") return value;
    if (value.kind === "state") return this.unsupported(`reads ${value.what}`);
    if (value.kind === "tokens")
      return this.unsupported("computes with token ids that no embedding has looked up");
    return this.fail(
      `input ${index}, ${this.node.inputs[index]}, is a constant where values of the input belong`,
    );
  }

  /** Values with so many axes of features behind those of time and batch. */
  featureAxes(index: number, rank: number): Activations {
    const value = this.activations(index);
    return (
      withFeatureRank(value, rank) ??
      this.unsupported(
        `takes ${rank} axes of a timestep's values, but there are ${formatShape(value.features.shape)}`,
      )
    );
  }

  constant(index: number): Tensor {
    const value = this.input(index);
    if (value.kind === "constant") return value.tensor;
    return this.unsupported(
      `input ${index}, ${this.node.inputs[index]}, is computed from the model's input and not a constant`,
    );
  }

  /** Whole numbers of a constant or of a computed shape; undefined where a shape is left open. */
  sizes(index: number): readonly (number | undefined)[] {
    const value = this.input(index);
    if (value.kind === "shape") return value.sizes;
    return wholeNumbers(this.constant(index)) ?? this.fail(`input ${index} holds no whole numbers`);
  }

  number(name: string, otherwise: number): number {
    return this.attribute(name, otherwise, (value) => typeof value === "number");
  }

  text(name: string, otherwise: string): string {
    return this.attribute(name, otherwise, (value) => typeof value === "string");
  }

  numbers(name: string): readonly number[] | undefined {
    return this.attribute<readonly number[] | undefined>(
      name,
      undefined,
      (value) => Array.isArray(value) && value.every((number) => typeof number === "number"),
    );
  }

  texts(name: string): readonly string[] | undefined {
    return this.attribute<readonly string[] | undefined>(
      name,
      undefined,
      (value) => Array.isArray(value) && value.every((text) => typeof text === "string"),
    );
  }

  private attribute<T>(name: string, otherwise: T, isRight: (value: OnnxAttribute) => boolean): T {
    const value = this.node.attributes.get(name);
    if (value === undefined) return otherwise;
    return isRight(value) ? (value as T) : this.fail(`the attribute ${name} has a wrong type`);
  }

  /** Whole numbers that newer opsets give as an input, older ones as an attribute. */
  axes(name: string, index: number): readonly number[] | undefined {
    const attribute = this.numbers(name);
    if (attribute !== undefined || !this.has(index)) return attribute;
    const sizes = this.sizes(index);
    return sizes.every((size) => size !== undefined)
      ? (sizes as readonly number[])
      : this.fail(`${name} are not constant`);
  }
}

export const placeOf = ({ index, op, name }: OnnxNode): string =>
  `node ${index} (${op}${name === "" ? "" : ` ${name.slice(0, 200)}`})`;

export function wholeNumbers({ dtype, data, shape }: Tensor): readonly number[] | undefined {
  if (!/^u?int(8|16|32|64)$/.test(dtype) || shape.length > 1 || data.length > 64) return undefined;
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** A constant spread over a shape, as in numpy. Undefined where it does not fit. */
export function spread(
  values: Float32Array,
  from: readonly number[],
  to: readonly number[],
): Float32Array | undefined {
  const padded = [...Array<number>(Math.max(0, to.length - from.length)).fill(1), ...from];
  const surplus = padded.length - to.length;
  if (padded.slice(0, surplus).some((size) => size !== 1)) return undefined;
  const shape = padded.slice(surplus);
  if (shape.some((size, d) => size !== 1 && size !== to[d])) return undefined;
  if (values.length === sizeOf(to)) return values;
  const strides = shape.map((size, d) => (size === 1 ? 0 : sizeOf(shape.slice(d + 1))));
  return Float32Array.from({ length: sizeOf(to) }, (_, i) => {
    let at = 0;
    let rest = i;
    for (let d = to.length - 1; d >= 0; d -= 1) {
      at += (rest % to[d]!) * strides[d]!;
      rest = Math.floor(rest / to[d]!);
    }
    return values[at]!;
  });
}
