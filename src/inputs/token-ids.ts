import { InputError } from "../core/errors.ts";
import type { TokenStimulus } from "../core/stimulus.ts";
import { counted } from "../core/wording.ts";
import { float64Of, formatShape, type Tensor } from "../formats/tensors.ts";

/**
 * A sequence of n + 1 ids as n steps, each of which should predict the next id; of a model that predicts none, n ids as n steps.
 */
export function tokenStimulus(sequence: Uint32Array, origin: string, predicts = true): TokenStimulus {
  if (sequence.length === 0) throw new InputError({}, "holds no tokens", "Give at least two tokens.");
  if (!predicts) return { kind: "tokens", ids: sequence, origin, synthetic: false };
  if (sequence.length === 1)
    throw new InputError(
      {},
      "holds one token, and nothing that it should predict",
      "Give at least two tokens.",
    );
  return {
    kind: "tokens",
    ids: sequence.subarray(0, -1),
    targets: sequence.subarray(1),
    origin,
    synthetic: false,
  };
}

/** Numbers as token ids. @throws InputError naming the first that is not one of 0 … size − 1. */
export function checkedIds(values: ArrayLike<number>, size: number): Uint32Array {
  const count = (n: number) => n.toLocaleString("en-US");
  for (let i = 0; i < values.length; i += 1) {
    const id = values[i]!;
    if (!Number.isInteger(id))
      throw new InputError(
        { field: `index ${i}` },
        `${id} is not a token id`,
        "Token ids are whole numbers from 0 on.",
      );
    if (id < 0 || id >= size)
      throw new InputError(
        { field: `index ${i}` },
        `token id ${id} lies outside the model's vocabulary of ${counted(size, "word")}, 0 … ${count(size - 1)}`,
        "Use the ids of the vocabulary that the model was trained with.",
      );
  }
  return Uint32Array.from(values);
}

/** The one sequence in an array: shape [n], [n, 1] or [1, n]. */
export function sequenceOfTensor(tensor: Tensor): Float64Array {
  const { name, shape } = tensor;
  if (shape.length === 0 || shape.filter((size) => size !== 1).length > 1)
    throw new InputError(
      { field: name },
      `has the shape ${formatShape(shape)}; token ids are one sequence of shape [n]`,
      "Save one sequence alone, such as ids[0].",
    );
  return float64Of(tensor);
}

/** The one sequence in a table: a single column or a single row. */
export function sequenceOfTable(rows: readonly (readonly number[])[]): readonly number[] {
  if (rows.length === 1) return rows[0]!;
  if (rows[0]?.length === 1) return rows.map((row) => row[0]!);
  throw new InputError(
    {},
    `has ${counted(rows.length, "row")} of ${counted(rows[0]?.length ?? 0, "column")}; token ids are one column or one row`,
    "Write one token id a line.",
  );
}

/** The ids of a JSON array. */
export function sequenceOfJson(text: string): readonly number[] {
  const value = parsed(text);
  if (!Array.isArray(value))
    throw new InputError({}, "the JSON is not an array", "Write token ids as [12, 7, 3].");
  for (const [index, id] of value.entries()) {
    if (typeof id !== "number")
      throw new InputError(
        { field: `index ${index}` },
        `${(JSON.stringify(id) ?? "nothing").slice(0, 40)} is not a token id`,
        "Write token ids as [12, 7, 3].",
      );
  }
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : "";
    throw new InputError({}, `is not valid JSON: ${reason}`, "Write token ids as [12, 7, 3].");
  }
}
