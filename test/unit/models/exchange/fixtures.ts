import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ModelIr } from "../../../../src/core/model-ir.ts";
import { readSafetensors } from "../../../../src/formats/safetensors.ts";
import { float32Of, type Tensor, tensorNamed } from "../../../../src/formats/tensors.ts";
import { createReference } from "../../../../src/models/reference/dense-executor.ts";

const FOLDER = join(import.meta.dirname, "../../../fixtures/exchange");

/** Files that the formats' own libraries wrote; test/fixtures/exchange/README.md says how. */
export const exchangeBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, name)));

/** Rows of a tensor [steps, ...]; of a vector its values. */
function stepsOf(tensor: Tensor): (Float32Array | number)[] {
  const values = float32Of(tensor);
  if (tensor.shape.length === 1) return [...values];
  const width = values.length / tensor.shape[0]!;
  return Array.from({ length: tensor.shape[0]! }, (_, step) =>
    values.slice(step * width, (step + 1) * width),
  );
}

/** Runs a model in the reference executor and holds its outputs against the framework's, element by element. */
export function expectOutputs(model: ModelIr, name: string, tolerance = 2e-6): void {
  const { tensors } = readSafetensors(exchangeBytes(`${name}.expected.safetensors`));
  const inputs = stepsOf(tensors.get("tokens") ?? tensorNamed(tensors, "x"));
  const expected = stepsOf(tensorNamed(tensors, "output")) as Float32Array[];
  const reference = createReference(model, { precision: "float64" });
  let largest = 0;
  for (const [step, values] of expected.entries()) {
    const { output } = reference.step(inputs[step]!);
    expect(output).toHaveLength(values.length);
    for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(output[i]! - values[i]!));
  }
  expect(largest).toBeLessThan(tolerance);
}
