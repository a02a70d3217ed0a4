import { sparseFromDense } from "../../core/model-ir.ts";
import { formatShape } from "../../formats/tensors.ts";
import { featuresOf, straight } from "../graph/features.ts";
import type { KerasValue, LayerContext } from "./layer-context.ts";

/** Keras's gates of an LSTM are i, f, c, o as ours; those of a GRU z, r, h where ours are r, z, n. */
export function recurrent(
  context: LayerContext,
  { features, hasTime }: KerasValue,
  kind: "lstm" | "gru",
): KerasValue {
  if (!hasTime || features.shape.length !== 1)
    context.fail(
      `takes vectors by timestep, but receives ${formatShape(features.shape)}${hasTime ? " by timestep" : ""}`,
    );
  if (context.is("go_backwards", false)) context.unsupported("go_backwards");
  if (context.is("return_state", false)) context.unsupported("return_state");
  for (const [key, wanted] of [
    ["activation", "tanh"],
    ["recurrent_activation", "sigmoid"],
  ] as const) {
    const found = context.text(key, wanted).toLowerCase();
    if (found !== wanted) context.unsupported(`${key} ${found.slice(0, 80)} instead of ${wanted}`);
  }
  if (kind === "gru" && !context.is("reset_after", false))
    context.unsupported(
      "reset_after=False resets the state before the recurrent product; here the reset stands after it: the GRU",
    );
  const gates = kind === "lstm" ? [0, 1, 2, 3] : [1, 0, 2];
  const size = context.count("units");
  const columns = gates.length * size;
  const sources = features.signal.size;
  const biasShape = kind === "lstm" ? [columns] : [2, columns];
  const hasBias = context.is("use_bias", true);
  const [kernel, own, bias] = context.take([
    [sources, columns],
    [size, columns],
    ...(hasBias ? [biasShape] : []),
  ]);
  const ordered = (values: Float32Array): Float32Array => withGates(values, gates, size);
  const { builder, name } = context;
  const both = bias ?? new Float32Array(2 * columns);
  const fields = {
    kind,
    bias: ordered(both.subarray(0, columns)),
    recurrentBias: kind === "gru" ? ordered(both.subarray(columns, 2 * columns)) : new Float32Array(columns),
  };
  const driven = builder.times(
    straight(features, builder, name),
    sparseFromDense(ordered(kernel!), sources, columns),
    name,
  );
  const signal = builder.neurons(
    fields,
    builder.nameFor(name),
    size,
    driven,
    sparseFromDense(ordered(own!), size, columns),
  );
  return { features: featuresOf(signal), hasTime: context.is("return_sequences", false) };
}

/** Columns of each row in our order of gates. */
function withGates(values: Float32Array, gates: readonly number[], size: number): Float32Array {
  const columns = gates.length * size;
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += columns)
    for (const [gate, place] of gates.entries())
      result.set(values.subarray(row + place * size, row + (place + 1) * size), row + gate * size);
  return result;
}
