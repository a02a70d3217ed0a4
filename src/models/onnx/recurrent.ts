import { float64Of, formatShape, type Tensor } from "../../formats/tensors.ts";
import { featuresOf, straight } from "../graph/features.ts";
import { parameterValues } from "../layer-tensors.ts";
import { sparseFromTargetMajor } from "../matrix-layout.ts";
import { activations, type NodeContext, type Value } from "./values.ts";

interface Gates {
  readonly kind: "lstm" | "gru";
  /** For each of our gates, its place among ONNX's. */
  readonly order: readonly number[];
  readonly activations: readonly string[];
}

/** ONNX's gates are i, o, f, c; ours i, f, g, o. */
const LSTM: Gates = { kind: "lstm", order: [0, 2, 3, 1], activations: ["sigmoid", "tanh", "tanh"] };
/** ONNX's gates are z, r, h; ours r, z, n. */
const GRU: Gates = { kind: "gru", order: [1, 0, 2], activations: ["sigmoid", "tanh"] };

export const lstm = (node: NodeContext): readonly Value[] => recurrent(node, LSTM);

export function gru(node: NodeContext): readonly Value[] {
  if (node.number("linear_before_reset", 0) !== 1) {
    node.unsupported(
      "linear_before_reset=0 resets the state before the recurrent product; here the reset stands after it, as in torch and cuDNN: the GRU",
    );
  }
  return recurrent(node, GRU);
}

/** Inputs: X, W, R, B, sequence_lens, initial_h and, of an LSTM, initial_c and P. Outputs: Y, Y_h and Y_c. */
function recurrent(node: NodeContext, gates: Gates): readonly Value[] {
  const { kind, order } = gates;
  checkAttributes(node, gates);
  checkStates(node, kind);
  const { outer, features } = node.featureAxes(0, 1);
  if (outer.length !== 2)
    node.fail(`takes values by timestep and batch, but there are ${outer.length} such axes`);
  const weights = node.constant(1);
  const recurrentWeights = node.constant(2);
  const size = recurrentWeights.shape[2] ?? 0;
  const columns = order.length * size;
  const inputs = features.signal.size;
  expectShape(node, "W", weights, [1, columns, inputs]);
  expectShape(node, "R", recurrentWeights, [1, columns, size]);
  if (size === 0) node.fail("has no neurons");
  const stated = node.number("hidden_size", size);
  if (stated !== size)
    node.fail(`says hidden_size ${stated}, but R is ${formatShape(recurrentWeights.shape)}`);
  const biases = node.has(3) ? node.constant(3) : undefined;
  if (biases !== undefined) expectShape(node, "B", biases, [1, 2 * columns]);
  const both = biases === undefined ? new Float32Array(2 * columns) : parameterValues(biases);
  const inOrder = (values: Float32Array, width: number): Float32Array =>
    reordered(values, order, size * width);

  const { builder, wish } = node;
  const signal = straight(features, builder, wish);
  const matrix = sparseFromTargetMajor(inOrder(parameterValues(weights), inputs), inputs, columns);
  const own = sparseFromTargetMajor(inOrder(parameterValues(recurrentWeights), size), size, columns);
  const fields = {
    kind,
    bias: inOrder(both.subarray(0, columns), 1),
    recurrentBias: inOrder(both.subarray(columns), 1),
  };
  const driven = builder.times(signal, matrix, wish);
  const output = featuresOf(builder.neurons(fields, builder.nameFor(wish), size, driven, own));
  const isBatchFirst = node.number("layout", 0) === 1;
  const [first, second] = outer;
  return [
    activations(isBatchFirst ? [first, second, 1] : [first, 1, second], output),
    activations(isBatchFirst ? [first, 1] : [1, second], output),
    { kind: "state", what: "the cell state of an LSTM" },
  ];
}

/** Blocks of `length` values in our order of gates. */
function reordered(values: Float32Array, order: readonly number[], length: number): Float32Array {
  const result = new Float32Array(values.length);
  for (const [gate, place] of order.entries())
    result.set(values.subarray(place * length, (place + 1) * length), gate * length);
  return result;
}

function checkAttributes(node: NodeContext, gates: Gates): void {
  const direction = node.text("direction", "forward");
  if (direction !== "forward") node.unsupported(`direction=${direction}`);
  const names = node.texts("activations")?.map((name) => name.toLowerCase());
  if (names !== undefined && names.join() !== gates.activations.join())
    node.unsupported(`activations=${names.join(", ")} instead of ${gates.activations.join(", ")}`);
  if (node.node.attributes.has("clip")) node.unsupported("clip bounds what enters the activations");
  if (node.number("input_forget", 0) !== 0) node.unsupported("input_forget=1 couples two gates");
}

function checkStates(node: NodeContext, kind: Gates["kind"]): void {
  if (node.has(4)) node.unsupported("sequence_lens ends sequences at different timesteps");
  for (const [index, name] of [
    [5, "initial_h"],
    [6, "initial_c"],
  ] as const) {
    if ((kind === "gru" && index === 6) || !node.has(index)) continue;
    const value = node.input(index);
    const isZero = value.kind === "zeros" || (value.kind === "constant" && isAllZero(value.tensor));
    if (!isZero) node.unsupported(`${name}, ${node.node.inputs[index]}, is a first state other than zero`);
  }
  if (kind === "lstm" && node.has(7) && !isAllZero(node.constant(7))) node.unsupported("P holds peepholes");
}

const isAllZero = (tensor: Tensor): boolean => float64Of(tensor).every((value) => value === 0);

function expectShape(node: NodeContext, name: string, { shape }: Tensor, expected: readonly number[]): void {
  if (shape.length === expected.length && shape[0] === 2) node.unsupported(`${name} holds two directions`);
  if (formatShape(shape) !== formatShape(expected))
    node.fail(`${name} has the shape ${formatShape(shape)} instead of ${formatShape(expected)}`);
}
