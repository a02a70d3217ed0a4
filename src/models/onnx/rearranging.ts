import type { Tensor } from "../../formats/tensors.ts";
import { float64Of, formatShape } from "../../formats/tensors.ts";
import { reshaped, sizeOf, transposed } from "../graph/features.ts";
import { type Activations, activations, type NodeContext, type Outer, rankOf, type Value } from "./values.ts";

/** Operators that move or rename what is there. Axes of time and batch stay in front of a timestep's values. */

export function identity(node: NodeContext): readonly Value[] {
  return [node.input(0)];
}

export function cast(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  const isFloat = [1, 10, 11, 16].includes(node.number("to", 1));
  if (value.kind === "activations" && !isFloat) node.unsupported("rounds values to whole numbers");
  if (value.kind === "tokens" && isFloat) node.unsupported("computes with token ids as numbers");
  return [value];
}

export function constant(node: NodeContext): readonly Value[] {
  const { attributes } = node.node;
  const value = attributes.get("value");
  if (typeof value === "object" && "dtype" in value) return [{ kind: "constant", tensor: value as Tensor }];
  for (const name of ["value_int", "value_ints", "value_float", "value_floats"]) {
    const given = attributes.get(name);
    if (given === undefined) continue;
    const numbers = (Array.isArray(given) ? given : [given]) as number[];
    const shape = Array.isArray(given) ? [numbers.length] : [];
    const isWhole = name.startsWith("value_int");
    const tensor: Tensor = isWhole
      ? { name, dtype: "int32", shape, data: Int32Array.from(numbers) }
      : { name, dtype: "float32", shape, data: Float32Array.from(numbers) };
    return [{ kind: "constant", tensor }];
  }
  return node.unsupported(`a constant given as ${[...attributes.keys()].join(", ") || "nothing"}`);
}

export function shapeOf(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  if (value.kind === "constant") return [{ kind: "shape", sizes: value.tensor.shape }];
  if (value.kind === "tokens") return [{ kind: "shape", sizes: value.outer }];
  const { outer, features } = node.activations(0);
  return [{ kind: "shape", sizes: [...outer, ...features.shape] }];
}

/** Zeros may fill a first state; any other number that a shape is filled with is not followed. */
export function constantOfShape(node: NodeContext): readonly Value[] {
  const value = node.node.attributes.get("value");
  const isZero =
    value === undefined || (typeof value === "object" && "data" in value && float64Of(value)[0] === 0);
  return isZero ? [{ kind: "zeros" }] : node.unsupported("fills a shape with a number other than 0");
}

export function expand(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  const isZero =
    value.kind === "zeros" ||
    (value.kind === "constant" && float64Of(value.tensor).every((number) => number === 0));
  if (isZero) return [{ kind: "zeros" }];
  return value.kind === "constant"
    ? node.unsupported("repeats a constant along open axes")
    : node.unsupported("repeats values");
}

export function concat(node: NodeContext): readonly Value[] {
  const values = node.node.inputs.map((_, index) => node.input(index));
  if (values.every(({ kind }) => kind === "zeros")) return [{ kind: "zeros" }];
  if (values.some(({ kind }) => kind === "activations")) node.unsupported("joins values of several layers");
  return [{ kind: "shape", sizes: node.node.inputs.flatMap((_, index) => node.sizes(index)) }];
}

export function transpose(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  if (value.kind === "tokens")
    return [{ ...value, outer: node.numbers("perm")?.map((axis) => value.outer[axis]) ?? value.outer }];
  if (value.kind === "zeros") return [value];
  if (value.kind === "constant") return [{ kind: "constant", tensor: transposedTensor(node, value.tensor) }];
  const given = node.activations(0);
  const rank = rankOf(given);
  const perm = node.numbers("perm") ?? Array.from({ length: rank }, (_, d) => rank - 1 - d);
  if (perm.length !== rank || [...perm].sort((a, b) => a - b).some((axis, d) => axis !== d))
    return node.fail(`perm is [${perm.join(", ")}] for values of ${rank} axes`);
  const { outer, features } = given;
  const front = perm.slice(0, outer.length);
  if (front.some((axis) => axis >= outer.length))
    return node.unsupported("moves timesteps or batch behind a timestep's values");
  const axes = perm.slice(outer.length).map((axis) => axis - outer.length);
  return [
    activations(
      front.map((axis) => outer[axis]),
      transposed(features, axes),
    ),
  ];
}

/** Constants of two axes, such as the weights before a MatMul. */
function transposedTensor(node: NodeContext, tensor: Tensor): Tensor {
  const { shape } = tensor;
  const perm = node.numbers("perm") ?? shape.map((_, d) => shape.length - 1 - d);
  if (perm.every((axis, d) => axis === d)) return tensor;
  if (shape.length !== 2) return node.unsupported(`turns a constant of ${shape.length} axes`);
  const [rows, columns] = shape as [number, number];
  const values = float64Of(tensor);
  const data = new Float64Array(values.length);
  for (let i = 0; i < rows; i += 1)
    for (let j = 0; j < columns; j += 1) data[j * rows + i] = values[i * columns + j]!;
  return { name: tensor.name, dtype: "float64", shape: [columns, rows], data };
}

export function squeeze(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  if (value.kind === "shape" || value.kind === "zeros") return [value];
  if (value.kind === "constant") return [reshapedConstant(value.tensor, "squeezed")];
  const given = value.kind === "tokens" ? undefined : node.activations(0);
  const sizes = value.kind === "tokens" ? value.outer : [...given!.outer, ...given!.features.shape];
  const axes =
    node.axes("axes", 1)?.map((axis) => (axis < 0 ? axis + sizes.length : axis)) ??
    sizes.flatMap((size, axis) => (size === 1 ? [axis] : []));
  for (const axis of axes) if (!(axis in sizes)) node.fail(`axis ${axis} lies outside ${sizes.length} axes`);
  for (const axis of axes)
    if (sizes[axis] !== 1 && sizes[axis] !== undefined)
      node.fail(`axis ${axis} has the size ${sizes[axis]}, not 1`);
  const keep = (_: unknown, axis: number): boolean => !axes.includes(axis);
  if (given === undefined) return [{ kind: "tokens", outer: sizes.filter(keep) }];
  const shape = given.features.shape.filter((_, axis) => keep(_, axis + given.outer.length));
  return [activations(given.outer.filter(keep), reshaped(given.features, shape))];
}

export function unsqueeze(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  if (value.kind === "shape" || value.kind === "zeros") return [value];
  if (value.kind === "constant") return [reshapedConstant(value.tensor, "bracketed")];
  const axes = node.axes("axes", 1) ?? node.fail("has no axes");
  if (value.kind === "tokens") return [{ ...value, outer: bracketed(value.outer, axes, node) }];
  const { outer, features } = node.activations(0);
  const rank = outer.length + features.shape.length + axes.length;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  let front: Outer = outer;
  let shape = features.shape;
  for (const place of places) {
    if (place < 0 || place >= rank) return node.fail(`axis ${place} lies outside ${rank} axes`);
    if (place <= front.length) front = [...front.slice(0, place), 1, ...front.slice(place)];
    else shape = [...shape.slice(0, place - front.length), 1, ...shape.slice(place - front.length)];
  }
  return [activations(front, reshaped(features, shape))];
}

function bracketed(outer: Outer, axes: readonly number[], node: NodeContext): Outer {
  const rank = outer.length + axes.length;
  let result = outer;
  for (const axis of [...axes].sort((a, b) => a - b)) {
    const place = axis < 0 ? axis + rank : axis;
    if (place < 0 || place > result.length) return node.fail(`axis ${axis} lies outside ${rank} axes`);
    result = [...result.slice(0, place), 1, ...result.slice(place)];
  }
  return result;
}

/** Small constants are numbers one by one; how they are bracketed does not matter where they are read. */
function reshapedConstant(tensor: Tensor, how: "squeezed" | "bracketed"): Value {
  const shape = how === "squeezed" ? tensor.shape.filter((size) => size !== 1) : [1, ...tensor.shape];
  return { kind: "constant", tensor: { ...tensor, shape } };
}

export function flatten(node: NodeContext): readonly Value[] {
  const given = node.activations(0);
  const rank = rankOf(given);
  const stated = node.number("axis", 1);
  const axis = stated < 0 ? stated + rank : stated;
  const { outer, features } = given;
  const between = axis <= outer.length ? outer.slice(axis) : features.shape.slice(0, axis - outer.length);
  if (between.some((size) => size !== 1))
    return node.unsupported(
      `axis=${stated} joins axes of time or batch with a timestep's values ${formatShape(features.shape)}`,
    );
  return [activations([undefined], reshaped(features, [features.signal.size]))];
}

export function reshape(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  if (value.kind === "zeros") return [value];
  const target = node.has(1) ? node.sizes(1) : (node.numbers("shape") ?? node.fail("has no shape"));
  if (value.kind === "shape") return [value];
  if (value.kind === "tokens")
    return [{ kind: "tokens", outer: target.map((size) => (size === 1 ? 1 : undefined)) }];
  if (value.kind === "constant")
    return [{ kind: "constant", tensor: constantAs(node, value.tensor, target) }];
  return [reshapedActivations(node, node.activations(0), target)];
}

function constantAs(node: NodeContext, tensor: Tensor, target: readonly (number | undefined)[]): Tensor {
  const known = target.map((size, d) => (size === 0 ? tensor.shape[d] : size));
  const rest =
    tensor.data.length / sizeOf(known.filter((size): size is number => size !== undefined && size !== -1));
  const shape = known.map((size) => (size === -1 || size === undefined ? rest : size));
  if (sizeOf(shape) !== tensor.data.length)
    return node.fail(`${formatShape(tensor.shape)} does not take the shape [${target.join(", ")}]`);
  return { ...tensor, shape };
}

/**
 * A shape whose last axes hold a timestep's values, all of them and nothing else. Where it says -1 for them, the axes in front
 * must be as many as there were, so that no timestep is counted among the values.
 */
function reshapedActivations(
  node: NodeContext,
  given: Activations,
  target: readonly (number | undefined)[],
): Activations {
  const { outer, features } = given;
  const sizes = [...outer, ...features.shape];
  const keepsZeros = node.number("allowzero", 0) !== 0;
  const asked = target.map((size, d) => (size === 0 && !keepsZeros ? sizes[d] : size));
  const elements = features.signal.size;
  for (let axes = 1; axes <= asked.length; axes += 1) {
    const last = asked.slice(-axes);
    if (last.some((size) => size === undefined || size < 1)) break;
    if (sizeOf(last as number[]) === elements) return arranged(asked.slice(0, -axes), last as number[]);
  }
  const wanted = outer.filter((size) => size !== 1).length;
  for (let axes = 1; axes <= asked.length; axes += 1) {
    const last = asked.slice(-axes);
    if (last.includes(undefined) || !last.includes(-1)) continue;
    const rest = elements / sizeOf((last as number[]).filter((size) => size !== -1));
    const front = asked.slice(0, -axes);
    if (!Number.isInteger(rest) || front.length < wanted) break;
    return arranged(
      front,
      (last as number[]).map((size) => (size === -1 ? rest : size)),
    );
  }
  return node.unsupported(
    `the shape [${target.map((size) => size ?? "?").join(", ")}] does not keep a timestep's values ${formatShape(features.shape)} together`,
  );

  function arranged(front: readonly (number | undefined)[], shape: readonly number[]): Activations {
    return activations(
      front.map((size) => (size === -1 ? undefined : size)),
      reshaped(features, shape),
    );
  }
}
