import { InputError, UnsupportedError } from "../../core/errors.ts";
import type { ModelIr } from "../../core/model-ir.ts";
import { type OnnxGraph, type OnnxNode, readOnnx } from "../../formats/onnx.ts";
import type { ReadBeside } from "../../formats/read-beside.ts";
import { formatShape } from "../../formats/tensors.ts";
import { type Features, featuresOf, sizeOf, straight, transposed } from "../graph/features.ts";
import type { Signal } from "../graph/signal.ts";
import { NetworkBuilder } from "../graph/network-builder.ts";
import { featureAxesOf } from "./input-axes.ts";
import { OPERATORS } from "./operators.ts";
import { activations, HINT, NodeContext, placeOf, type Value } from "./values.ts";

type Parts = Pick<ModelIr, "populations" | "projections" | "metadata">;

/**
 * Reads an ONNX graph as a model. Axes of time and batch stand in front of a timestep's values and mean nothing to it; what is
 * added, scaled or multiplied on the way becomes weights and biases. The model's output is the graph's first.
 * @throws UnsupportedError naming each node that is not read, with its place in the graph.
 */
export function readOnnxModel(bytes: Uint8Array, readBeside: ReadBeside): Parts {
  const graph = readOnnx(bytes, readBeside);
  refuseUnknown(graph.nodes);
  const builder = new NetworkBuilder();
  const values = new Map<string, Value>();
  for (const [name, tensor] of graph.initialisers) values.set(name, { kind: "constant", tensor });
  const metadata: Record<string, string> = { ...graph.metadata };
  const [name, value] = inputOf(graph, builder, metadata);
  values.set(name, value);
  const [output] = graph.outputs;
  if (output === undefined) throw new InputError({}, "the graph has no output", "Export the model again.");
  const used = new Set([...graph.nodes.flatMap(({ inputs }) => inputs)]);
  for (const node of graph.nodes) {
    const isLast = node.outputs[0] === output.name && !used.has(output.name);
    const context = new NodeContext(node, graph.opset, builder, (key) => values.get(key), isLast, metadata);
    const results = OPERATORS.get(node.op)!(context);
    for (const [index, key] of node.outputs.entries()) {
      if (key === "") continue;
      if (values.has(key)) context.fail(`makes ${key}, which is there already`);
      values.set(key, results[index] ?? { kind: "state", what: `output ${index} of ${context.place}` });
    }
  }
  return { ...finished(graph, output.name, values, builder), metadata };
}

function refuseUnknown(nodes: readonly OnnxNode[]): void {
  const unknown = nodes.filter(({ op, domain }) => domain !== "" || !OPERATORS.has(op));
  if (unknown.length === 0) return;
  const places = unknown
    .slice(0, 8)
    .map((node) => placeOf(node) + (node.domain === "" ? "" : ` of ${node.domain}`));
  const rest = unknown.length > 8 ? ` and ${unknown.length - 8} more` : "";
  throw new UnsupportedError(`operators that are not supported: ${places.join(", ")}${rest}`, HINT);
}

const INTEGERS: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7, 12, 13]);
const FLOATS: ReadonlySet<number> = new Set([1, 10, 11, 16]);

/** The one input that is no initialiser. */
function inputOf(
  graph: OnnxGraph,
  builder: NetworkBuilder,
  metadata: Record<string, string>,
): [string, Value] {
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const inputs = graph.inputs.filter(({ name }) => !graph.initialisers.has(name) && used.has(name));
  const [input, another] = inputs;
  if (input === undefined)
    throw new InputError({}, "no node of the graph reads an input", "Export the model again.");
  if (another !== undefined)
    throw new UnsupportedError(
      `the graph has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}), of which one is supported`,
      "Export the model with its first states as zeros inside it.",
    );
  const { name, elementType, shape } = input;
  if (INTEGERS.has(elementType)) return [name, { kind: "tokens", outer: shape ?? [undefined, undefined] }];
  if (!FLOATS.has(elementType))
    throw new UnsupportedError(
      `the input ${name} has the element type ${elementType}`,
      "Export with float32 values or token ids.",
    );
  if (shape === undefined)
    throw new InputError(
      { field: name },
      "the input's shape is not in the file",
      "Run onnx.shape_inference, or export with shapes.",
    );
  const axes = featureAxesOf(graph, name, shape);
  const front = shape.slice(0, shape.length - axes);
  const last = shape.slice(shape.length - axes);
  if (last.includes(undefined))
    throw new InputError(
      { field: name },
      `the input's shape [${shape.map((size) => size ?? "?").join(", ")}] leaves the size of a timestep's values open`,
      "Fix these sizes, and leave open those of batch and time at most.",
    );
  const signal = builder.input("dense-input", "input", sizeOf(last as readonly number[]));
  return [name, activations(front, inputFeatures(graph, name, signal, last as readonly number[], metadata))];
}

/**
 * Where all that reads the input turns its axes first, as channels-last models do before a convolution, the model's input has the
 * turned order, which saves neurons that would only sort.
 */
function inputFeatures(
  graph: OnnxGraph,
  name: string,
  signal: Signal,
  shape: readonly number[],
  metadata: Record<string, string>,
): Features {
  const [reader, another] = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const perm =
    reader?.op === "Transpose" && another === undefined ? reader.attributes.get("perm") : undefined;
  if (!Array.isArray(perm)) return featuresOf(signal, shape);
  const front = perm.length - shape.length;
  const axes = (perm as number[]).slice(front).map((axis) => axis - front);
  if ([...axes].sort((a, b) => a - b).some((axis, d) => axis !== d)) return featuresOf(signal, shape);
  const turned = axes.map((axis) => shape[axis]!);
  if (axes.some((axis, d) => axis !== d))
    metadata["input order"] =
      `${formatShape(turned)}, axes ${axes.join(", ")} of the file's ${formatShape(shape)}`;
  return transposed(
    featuresOf(signal, turned),
    shape.map((_, axis) => axes.indexOf(axis)),
  );
}

function finished(
  graph: OnnxGraph,
  output: string,
  values: ReadonlyMap<string, Value>,
  builder: NetworkBuilder,
): Pick<ModelIr, "populations" | "projections"> {
  for (const { name } of graph.outputs) {
    const value = values.get(name);
    if (value === undefined)
      throw new InputError({ field: name }, "the output is made by no node", "Export the model again.");
    const isState =
      value.kind === "state" || (value.kind === "activations" && graph.nodes.some(isStateOutput(name)));
    if (name !== output && !isState)
      throw new UnsupportedError(
        `the graph has several outputs (${graph.outputs.map((one) => one.name).join(", ")}); one, and the states of recurrent layers behind it, is supported`,
        "Export the model with its last layer's values as the only output.",
      );
    if (name === output && value.kind !== "activations")
      throw new UnsupportedError(
        `the output ${name} is no layer's value`,
        "Export the model with its last layer's values as output.",
      );
  }
  const { features } = values.get(output) as Extract<Value, { kind: "activations" }>;
  return builder.finish(straight(features, builder, "output"), "output");
}

/** Final states, which LSTM and GRU layers give behind their values. */
const isStateOutput =
  (name: string) =>
  ({ op, outputs }: OnnxNode): boolean =>
    (op === "LSTM" || op === "GRU") && outputs.indexOf(name) > 0;
