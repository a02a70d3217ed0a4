import { ACTIVATIONS, type Activation } from "../../core/model-ir.ts";
import { float32Of, float64Of, formatShape } from "../../formats/tensors.ts";
import { featuresOf, plusValues, straight, timesMatrix, timesValues } from "../graph/features.ts";
import { added } from "../graph/signal.ts";
import { parameterValues } from "../layer-tensors.ts";
import { turned } from "../matrix-layout.ts";
import { gatherActivations, slice } from "./choosing.ts";
import * as rearranging from "./rearranging.ts";
import { gru, lstm } from "./recurrent.ts";
import {
  averagePool,
  batchNormalization,
  conv,
  globalAveragePool,
  globalMaxPool,
  maxPool,
} from "./spatial.ts";
import { activations, type NodeContext, spread, type Value, wholeNumbers } from "./values.ts";

type Operator = (node: NodeContext) => readonly Value[];

/** ONNX's operators that are read. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["LSTM", lstm],
  ["GRU", gru],
  ["Gemm", gemm],
  ["MatMul", matMul],
  ["Conv", conv],
  ["AveragePool", averagePool],
  ["GlobalAveragePool", globalAveragePool],
  ["MaxPool", maxPool],
  ["GlobalMaxPool", globalMaxPool],
  ["BatchNormalization", batchNormalization],
  ["Relu", (node) => activation(node, "relu")],
  ["Sigmoid", (node) => activation(node, "sigmoid")],
  ["Tanh", (node) => activation(node, "tanh")],
  ["Softmax", lastSoftmax],
  ["LogSoftmax", lastSoftmax],
  ["Add", (node) => elementwise(node, "plus")],
  ["Sub", (node) => elementwise(node, "minus")],
  ["Mul", (node) => elementwise(node, "times")],
  ["Div", (node) => elementwise(node, "over")],
  ["Gather", gather],
  ["Identity", rearranging.identity],
  ["Dropout", rearranging.identity],
  ["Cast", rearranging.cast],
  ["Constant", rearranging.constant],
  ["Shape", rearranging.shapeOf],
  ["ConstantOfShape", rearranging.constantOfShape],
  ["Expand", rearranging.expand],
  ["Concat", rearranging.concat],
  ["Transpose", rearranging.transpose],
  ["Squeeze", rearranging.squeeze],
  ["Unsqueeze", rearranging.unsqueeze],
  ["Flatten", rearranging.flatten],
  ["Reshape", rearranging.reshape],
  ["Slice", slice],
]);

function activation(node: NodeContext, kind: Activation): readonly Value[] {
  if (!ACTIVATIONS.includes(kind)) node.fail(`the activation ${kind} is not known`);
  const { outer, features } = node.activations(0);
  return [activations(outer, { ...features, signal: node.builder.linear(features.signal, node.wish, kind) })];
}

/** What a model gives are its logits: whoever evaluates them normalises them. Elsewhere a softmax is no operation of neurons. */
function lastSoftmax(node: NodeContext): readonly Value[] {
  if (!node.isLast) node.unsupported("a normalisation between layers");
  node.metadata[node.node.op.toLowerCase()] = `${node.place} is left out: the outputs are logits`;
  return [node.activations(0)];
}

/** A · B + C with constant B and C. */
function gemm(node: NodeContext): readonly Value[] {
  if (node.number("transA", 0) !== 0) node.unsupported("transA=1");
  const { outer, features } = node.featureAxes(0, 1);
  const sources = features.signal.size;
  const tensor = node.constant(1);
  const isTargetMajor = node.number("transB", 0) !== 0;
  const targets = matrixTargets(node, tensor.shape, sources, isTargetMajor);
  const alpha = node.number("alpha", 1);
  const beta = node.number("beta", 1);
  const values = parameterValues(tensor);
  const rows = isTargetMajor ? values : turned(values, sources, targets);
  const matrix = alpha === 1 ? rows : rows.map((value) => value * alpha);
  const bias = node.has(2) ? biasOf(node, targets)?.map((value) => value * beta) : undefined;
  const signal = timesMatrix(features, matrix, targets, node.builder, node.wish, bias);
  return [activations(outer, featuresOf(signal))];
}

function matrixTargets(
  node: NodeContext,
  shape: readonly number[],
  sources: number,
  isTargetMajor: boolean,
): number {
  const [rows, columns] = shape;
  const fits = shape.length === 2 && (isTargetMajor ? columns : rows) === sources;
  if (!fits) node.fail(`the weights ${formatShape(shape)} do not fit ${sources} values`);
  const targets = isTargetMajor ? rows! : columns!;
  return targets > 0 ? targets : node.fail("has no outputs");
}

function biasOf(node: NodeContext, targets: number): Float32Array {
  const tensor = node.constant(2);
  return (
    spread(parameterValues(tensor), tensor.shape, [targets]) ??
    node.fail(`C has the shape ${formatShape(tensor.shape)}, which does not fit ${targets} outputs`)
  );
}

function matMul(node: NodeContext): readonly Value[] {
  if (node.input(0).kind === "constant") node.unsupported("multiplies a constant by values from the left");
  const { outer, features } = node.featureAxes(0, 1);
  const sources = features.signal.size;
  const tensor = node.constant(1);
  const targets = matrixTargets(node, tensor.shape, sources, false);
  const values = turned(parameterValues(tensor), sources, targets);
  return [activations(outer, featuresOf(timesMatrix(features, values, targets, node.builder, node.wish)))];
}

type Arithmetic = "plus" | "minus" | "times" | "over";

function elementwise(node: NodeContext, how: Arithmetic): readonly Value[] {
  const [a, b] = [node.input(0), node.input(1)];
  const isShape = ({ kind }: Value) => kind === "shape" || kind === "constant";
  if (isShape(a) && isShape(b)) return [{ kind: "shape", sizes: node.sizes(0).map(() => undefined) }];
  if (a.kind === "activations" && b.kind === "activations") return [ofBoth(node, how)];
  const [valueAt, constantAt] = a.kind === "activations" ? [0, 1] : [1, 0];
  const { outer, features } = node.activations(valueAt);
  const tensor = node.constant(constantAt);
  const numbers =
    spread(float32Of(tensor), tensor.shape, features.shape) ??
    node.unsupported(
      `a constant ${formatShape(tensor.shape)} that differs between timesteps or does not fit ${formatShape(features.shape)}`,
    );
  if (numbers.some((number) => !Number.isFinite(number)))
    node.fail(`the constant ${tensor.name} is not finite`);
  const isReversed = valueAt === 1;
  if (how === "plus") return [activations(outer, plusValues(features, numbers))];
  if (how === "minus") {
    const negated = isReversed
      ? timesValues(
          features,
          numbers.map(() => -1),
        )
      : features;
    return [activations(outer, plusValues(negated, isReversed ? numbers : numbers.map((value) => -value)))];
  }
  if (how === "times") return [activations(outer, timesValues(features, numbers))];
  if (isReversed) node.unsupported("divides by values");
  if (numbers.includes(0)) node.fail("divides by 0");
  return [
    activations(
      outer,
      timesValues(
        features,
        numbers.map((value) => 1 / value),
      ),
    ),
  ];
}

/** Sums and differences of two layers' values. */
function ofBoth(node: NodeContext, how: Arithmetic): Value {
  if (how === "times" || how === "over")
    return node.unsupported("multiplies or divides values of two layers");
  const [a, b] = [node.activations(0), node.activations(1)];
  if (formatShape(a.features.shape) !== formatShape(b.features.shape))
    return node.unsupported(
      `adds values ${formatShape(a.features.shape)} and ${formatShape(b.features.shape)}`,
    );
  const { builder, wish } = node;
  const isAlike = a.features.order === undefined && b.features.order === undefined;
  const [left, right] = [a, b].map(({ features }) =>
    isAlike ? features : featuresOf(straight(features, builder, wish), features.shape),
  ) as [typeof a.features, typeof b.features];
  const second = how === "plus" ? right : timesValues(right, new Float32Array(right.signal.size).fill(-1));
  return activations(a.outer, { ...left, signal: added(left.signal, second.signal) });
}

/** Of a constant table by token ids, an embedding; else a choice among shapes or timesteps. */
function gather(node: NodeContext): readonly Value[] {
  const [data, indices] = [node.input(0), node.input(1)];
  if (indices.kind === "tokens") return [embedding(node, indices.outer)];
  if (data.kind === "shape" || (data.kind === "constant" && wholeNumbers(data.tensor) !== undefined)) {
    const sizes = node.sizes(0);
    const chosen = wholeNumbers(node.constant(1)) ?? node.fail("has indices that are no whole numbers");
    return [{ kind: "shape", sizes: chosen.map((at) => sizes.at(at)) }];
  }
  if (data.kind === "constant") {
    const isZero = float64Of(data.tensor).every((value) => value === 0);
    return isZero ? [{ kind: "zeros" }] : node.unsupported("chooses among constants");
  }
  return gatherActivations(node);
}

function embedding(node: NodeContext, outer: readonly (number | undefined)[]): Value {
  const table = node.constant(0);
  const [words = 0, width = 0] = table.shape;
  if (table.shape.length !== 2 || node.number("axis", 0) !== 0 || words === 0 || width === 0)
    return node.unsupported(`looks token ids up in ${formatShape(table.shape)}`);
  const { builder } = node;
  const tokens =
    builder.tokens(words) ?? node.fail(`looks up among ${words} words, an earlier embedding among others`);
  const values = parameterValues(table);
  const name = builder.nameFor("embedding");
  const weights = { kind: "dense", sources: words, targets: width, layout: "source-major", values } as const;
  const signal = builder.neurons({ kind: "embedding" }, name, width, builder.times(tokens, weights, name));
  return activations(outer, featuresOf(signal));
}
