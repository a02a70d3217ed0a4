import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { Tensor } from "../../../src/formats/tensors.ts";
import { type ModelInput, readModel } from "../../../src/models/read-model.ts";

export const reference = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, "../../fixtures/reference", path)));

/** Names with shapes, or with values. */
export type Shapes = Readonly<Record<string, readonly number[] | Tensor>>;

/** A safetensors file; values are small, all different and not zero. */
export function fileOf(shapes: Shapes, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  let next = 0;
  const tensors = Object.entries(shapes).map(([name, shape]): [string, Tensor] => {
    if ("data" in shape) return [name, { ...shape, name }];
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i += 1) data[i] = ++next / 1024;
    return [name, { name, dtype: "float32", shape, data }];
  });
  return writeSafetensors(new Map(tensors), metadata);
}

export const vector = (...values: number[]): Tensor => ({
  name: "",
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});

/** The tensors of one EGRU layer. */
export const egru = (prefix: string, inputs: number, size: number): Shapes =>
  Object.fromEntries(
    Object.entries({
      kernel: [inputs, 3 * size],
      recurrent_kernel: [size, 3 * size],
      bias: [3 * size],
      recurrent_bias: [3 * size],
      thr: [size],
    }).map(([leaf, shape]) => [prefix === "" ? leaf : `${prefix}.${leaf}`, shape]),
  );

export const linear = (prefix: string, inputs: number, outputs: number): Shapes => ({
  [`${prefix}.weight`]: [outputs, inputs],
  [`${prefix}.bias`]: [outputs],
});

export const read = (shapes: Shapes, more: Partial<ModelInput> = {}) =>
  readModel({ name: "m", fileName: "m.safetensors", bytes: fileOf(shapes), ...more });

/** `name size` of each population. */
export const outline = (shapes: Shapes, more: Partial<ModelInput> = {}): string =>
  read(shapes, more)
    .populations.map(({ name, size }) => `${name} ${size}`)
    .join(", ");

/** The same tensors in the order of their names, as safetensors' own writer leaves them. */
export const sortedByName = (shapes: Shapes): Shapes =>
  Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1)));
