import { InputError } from "../core/errors.ts";
import type { DenseStimulus } from "../core/stimulus.ts";
import { counted } from "../core/wording.ts";
import { float32Of, formatShape, type Tensor } from "../formats/tensors.ts";

/** One vector a step from an array of shape [steps, width]; [steps] where the model reads one number. */
export function vectorsOfTensor(tensor: Tensor, width: number, origin: string): DenseStimulus {
  const { name, shape } = tensor;
  const fits = shape.length === 2 ? shape[1] === width : shape.length === 1 && width === 1;
  if (!fits)
    throw new InputError(
      { field: name },
      `has the shape ${formatShape(shape)}, but the model reads vectors of ${width}: shape [steps, ${width}]`,
      shape.length === 2 && shape[0] === width
        ? "The array lies on its side: save its transpose."
        : "Save one sequence, a row a step.",
    );
  return checkedVectors(float32Of(tensor), width, origin);
}

/** One vector a row. */
export function vectorsOfTable(
  rows: readonly (readonly number[])[],
  width: number,
  origin: string,
): DenseStimulus {
  const columns = rows[0]?.length ?? 0;
  if (columns !== width)
    throw new InputError(
      {},
      `the rows have ${counted(columns, "column")}, but the model reads vectors of ${width}`,
      `Write ${counted(width, "number")} a line.`,
    );
  const values = new Float32Array(rows.length * width);
  for (const [step, row] of rows.entries()) values.set(row, step * width);
  return checkedVectors(values, width, origin);
}

function checkedVectors(values: Float32Array, width: number, origin: string): DenseStimulus {
  if (values.length === 0) throw new InputError({}, "holds no steps", "Give at least one vector.");
  for (let i = 0; i < values.length; i += 1) {
    if (!Number.isFinite(values[i]))
      throw new InputError(
        { field: `step ${Math.floor(i / width)}, component ${i % width}` },
        `is ${values[i]} in float32`,
        "Give finite numbers below 3.4e38.",
      );
  }
  return { kind: "dense", width, values, origin, synthetic: false };
}
