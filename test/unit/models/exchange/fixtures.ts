import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ModelIr } from "../../../../src/core/model-ir.ts";
import { readSafetensors } from "../../../../src/formats/safetensors.ts";
import { float64Of, type Tensor, tensorNamed } from "../../../../src/formats/tensors.ts";
import { evaluateModel, type StepInput } from "../../../support/evaluate-model.ts";

const FOLDER = join(import.meta.dirname, "../../../fixtures/exchange");

/** Files that the formats' own libraries wrote; test/fixtures/exchange/README.md says how. */
export const exchangeBytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, name)));

export const expectedOf = (name: string) =>
  readSafetensors(exchangeBytes(`${name}.expected.safetensors`)).tensors;

/** Rows of a tensor [steps, ...]; of `tokens` the ids. */
export function stepsOf(tensor: Tensor): StepInput[] {
  const values = float64Of(tensor);
  if (tensor.shape.length === 1) return [...values];
  const width = values.length / tensor.shape[0]!;
  return Array.from({ length: tensor.shape[0]! }, (_, step) =>
    values.slice(step * width, (step + 1) * width),
  );
}

/** Holds a model's outputs against the framework's, element by element. */
export function expectOutputs(model: ModelIr, name: string, tolerance = 2e-6): void {
  const tensors = expectedOf(name);
  const inputs = stepsOf(tensors.get("tokens") ?? tensorNamed(tensors, "x"));
  const expected = stepsOf(tensorNamed(tensors, "output")) as ArrayLike<number>[];
  const outputs = evaluateModel(model, inputs);
  let largest = 0;
  for (const [step, values] of expected.entries()) {
    expect(outputs[step]).toHaveLength(values.length);
    for (let i = 0; i < values.length; i += 1)
      largest = Math.max(largest, Math.abs(outputs[step]![i]! - values[i]!));
  }
  expect(largest).toBeLessThan(tolerance);
}
