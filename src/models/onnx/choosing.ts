import { float64Of } from "../../formats/tensors.ts";
import {
  type Activations,
  activations,
  type NodeContext,
  rankOf,
  type Value,
  wholeNumbers,
} from "./values.ts";

/** The last timestep; the whole sequence is computed all the same. */
function lastStep(node: NodeContext, given: Activations, axis: number, removes: boolean): Value {
  const { outer, features } = given;
  if (axis >= outer.length) return node.unsupported("chooses among a timestep's values");
  const front = removes
    ? outer.filter((_, d) => d !== axis)
    : outer.map((size, d) => (d === axis ? 1 : size));
  return activations(front, features);
}

/** Indices into values: the last timestep, or the one place of an axis of size 1. */
export function gatherActivations(node: NodeContext): readonly Value[] {
  const given = node.activations(0);
  const rank = rankOf(given);
  const stated = node.number("axis", 0);
  const axis = stated < 0 ? stated + rank : stated;
  const indices = wholeNumbers(node.constant(1)) ?? node.fail("has indices that are no whole numbers");
  const size = axis < given.outer.length ? given.outer[axis] : undefined;
  const isLast =
    indices.length === 1 && (indices[0] === -1 || (size !== undefined && indices[0] === size - 1));
  if (!isLast)
    return node.unsupported(
      `chooses [${indices.join(", ")}] along axis ${stated}; only the last timestep can be chosen`,
    );
  return [lastStep(node, given, axis, node.constant(1).shape.length === 0)];
}

/** Of a computed shape some sizes; of zeros, zeros; of values, the last timestep or all of them. */
export function slice(node: NodeContext): readonly Value[] {
  const value = node.input(0);
  if (value.kind === "zeros") return [value];
  const starts = node.axes("starts", 1) ?? node.fail("has no starts");
  const ends = node.axes("ends", 2) ?? node.fail("has no ends");
  const axes = node.axes("axes", 3) ?? starts.map((_, d) => d);
  const steps = (node.has(4) ? node.axes("steps", 4) : undefined) ?? starts.map(() => 1);
  if (steps.some((step) => step !== 1)) return node.unsupported(`steps of ${steps.join(", ")}`);
  if (value.kind === "shape" || (value.kind === "constant" && wholeNumbers(value.tensor) !== undefined))
    return [{ kind: "shape", sizes: node.sizes(0).slice(starts[0], ends[0]) }];
  if (value.kind === "constant") {
    if (float64Of(value.tensor).every((number) => number === 0)) return [{ kind: "zeros" }];
    return node.unsupported("cuts a constant");
  }
  let result: Value = node.activations(0);
  for (const [i, stated] of axes.entries()) {
    const { outer, features } = result as Activations;
    const axis = stated < 0 ? stated + outer.length + features.shape.length : stated;
    const size = axis < outer.length ? outer[axis] : features.shape[axis - outer.length];
    const isAll = starts[i] === 0 && ends[i]! >= (size ?? 2 ** 31 - 1);
    const isLast = starts[i] === -1 || (size !== undefined && starts[i] === size - 1);
    if (isAll) continue;
    if (!isLast || ends[i]! < (size ?? 2 ** 31 - 1))
      return node.unsupported(
        `cuts axis ${stated} from ${starts[i]} to ${ends[i]}; only the last timestep can be chosen`,
      );
    result = lastStep(node, result as Activations, axis, false);
  }
  return [result];
}
