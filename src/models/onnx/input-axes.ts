import type { OnnxGraph, OnnxNode } from "../../formats/onnx.ts";
import { sizeOf } from "../graph/features.ts";
import { wholeNumbers } from "./values.ts";

type Shape = readonly (number | undefined)[];

/** Operators that leave the axes of their first input where they are. */
const KEEPING = new Set([
  "Identity",
  "Dropout",
  "Cast",
  "Relu",
  "Sigmoid",
  "Tanh",
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Transpose",
]);

/**
 * How many of an input's last axes are a timestep's values; those in front are time and batch. The file does not say: the
 * first operator that takes values of a known form does. A convolution takes maps, a recurrent layer or a matrix vectors.
 */
export function featureAxesOf(graph: OnnxGraph, name: string, shape: Shape): number {
  const found = followed(graph, name, shape, 0);
  if (found !== undefined) return Math.min(Math.max(found, 1), shape.length);
  return isRecurrent(graph) ? 1 : Math.max(1, shape.length - 1);
}

const isRecurrent = ({ nodes }: OnnxGraph): boolean => nodes.some(({ op }) => op === "LSTM" || op === "GRU");

const MAX_STEPS = 64;

function followed(graph: OnnxGraph, name: string, shape: Shape, steps: number): number | undefined {
  if (steps > MAX_STEPS) return undefined;
  for (const node of graph.nodes) {
    if (!node.inputs.includes(name)) continue;
    const found = axesAt(graph, node, shape, steps);
    if (found !== undefined) return found;
  }
  return undefined;
}

function axesAt(graph: OnnxGraph, node: OnnxNode, shape: Shape, steps: number): number | undefined {
  const [output = ""] = node.outputs;
  switch (node.op) {
    case "Conv": {
      const weights = graph.initialisers.get(node.inputs[1] ?? "");
      return weights === undefined ? undefined : weights.shape.length - 1;
    }
    case "AveragePool":
    case "MaxPool": {
      const kernel = node.attributes.get("kernel_shape");
      return Array.isArray(kernel) ? kernel.length + 1 : undefined;
    }
    case "GlobalAveragePool":
    case "GlobalMaxPool":
    case "BatchNormalization":
      return shape.length - 1;
    case "LSTM":
    case "GRU":
    case "MatMul":
    case "Gemm":
      return 1;
    case "Flatten": {
      const axis = node.attributes.get("axis");
      const at = typeof axis === "number" ? axis : 1;
      return at < 0 ? -at : shape.length - at;
    }
    case "Squeeze":
    case "Unsqueeze":
      return undefined;
    case "Reshape": {
      const target = targetOf(graph, node);
      const inner = target === undefined ? undefined : followed(graph, output, target, steps + 1);
      return inner === undefined ? undefined : axesWithin(shape, target!.slice(-inner));
    }
    default:
      return KEEPING.has(node.op) ? followed(graph, output, shape, steps + 1) : undefined;
  }
}

function targetOf(graph: OnnxGraph, { inputs }: OnnxNode): Shape | undefined {
  const key = inputs[1] ?? "";
  const made = graph.nodes
    .find(({ op, outputs }) => op === "Constant" && outputs[0] === key)
    ?.attributes.get("value");
  const tensor =
    graph.initialisers.get(key) ?? (typeof made === "object" && "dtype" in made ? made : undefined);
  return tensor === undefined || Array.isArray(tensor) ? undefined : wholeNumbers(tensor as never);
}

/** As many last axes of a shape as hold the same number of values. */
function axesWithin(shape: Shape, values: Shape): number | undefined {
  if (values.some((size) => size === undefined || size < 1)) return undefined;
  const wanted = sizeOf(values as number[]);
  for (let axes = shape.length - 1; axes >= 1; axes -= 1) {
    const last = shape.slice(-axes);
    if (last.every((size) => size !== undefined) && sizeOf(last as number[]) === wanted) return axes;
  }
  return undefined;
}
