import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DenseMatrix, EgruPopulation, ModelIr } from "../../../../src/core/model-ir.ts";
import { readSafetensors } from "../../../../src/formats/safetensors.ts";
import { float64Of, type NamedTensors, tensorNamed } from "../../../../src/formats/tensors.ts";
import { readModel } from "../../../../src/models/read-model.ts";

const FOLDER = join(import.meta.dirname, "../../../fixtures/reference");

export const fixtureText = (path: string): string => readFileSync(join(FOLDER, path), "utf8");

export const fixtureTensors = (path: string): NamedTensors =>
  readSafetensors(readFileSync(join(FOLDER, path))).tensors;

export const fixtureModel = (folder: string): ModelIr =>
  readModel({
    name: folder,
    fileName: "weights.safetensors",
    bytes: readFileSync(join(FOLDER, folder, "weights.safetensors")),
  });

/** The innermost vector at these indices. */
export function vectorAt(tensors: NamedTensors, name: string, ...at: readonly number[]): Float64Array {
  const tensor = tensorNamed(tensors, name);
  const width = tensor.shape.at(-1)!;
  const place = at.reduce((sum, index, dimension) => sum * tensor.shape[dimension]! + index, 0);
  return float64Of(tensor).slice(place * width, (place + 1) * width);
}

/** A source-major matrix from its rows. */
export function matrix(...rows: readonly (readonly number[])[]): DenseMatrix {
  const values = Float32Array.from(rows.flat());
  return { kind: "dense", sources: rows.length, targets: rows[0]!.length, layout: "source-major", values };
}

/** An EGRU layer with biases of 0 unless given. */
export const egru = (
  name: string,
  threshold: readonly number[],
  parts: { readonly bias?: readonly number[]; readonly recurrentBias?: readonly number[] } = {},
): EgruPopulation => ({
  kind: "egru",
  name,
  size: threshold.length,
  bias: Float32Array.from(parts.bias ?? new Array<number>(3 * threshold.length).fill(0)),
  recurrentBias: Float32Array.from(parts.recurrentBias ?? new Array<number>(3 * threshold.length).fill(0)),
  threshold: Float32Array.from(threshold),
});

/** Vectors of `width` into one EGRU layer, and where `recurrent` is given, back into it. */
export const oneLayer = (
  layer: EgruPopulation,
  input: DenseMatrix,
  recurrent?: DenseMatrix,
  more: Partial<Pick<ModelIr, "populations" | "projections">> = {},
): ModelIr => ({
  version: 1,
  name: "one layer",
  populations: [
    { kind: "dense-input", name: "input", size: input.sources },
    layer,
    ...(more.populations ?? []),
  ],
  projections: [
    { source: "input", target: layer.name, delay: 0, weights: input },
    ...(recurrent === undefined
      ? []
      : [{ source: layer.name, target: layer.name, delay: 1, weights: recurrent } as const]),
    ...(more.projections ?? []),
  ],
  metadata: {},
});
