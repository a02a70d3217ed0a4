import { unrolledConvolution } from "../../src/core/convolution.ts";
import { UnsupportedError } from "../../src/core/errors.ts";
import {
  type DenseMatrix,
  type SparseMatrix,
  sparseFromDense,
  type WeightMatrix,
} from "../../src/core/model-ir.ts";

/** Values that a dense matrix made for the host may hold: 1 GiB. */
const MOST_DENSE_VALUES = 2 ** 28;

/** Fan-out rows of any matrix; those of a convolution at each place anew. */
export function sparseOf(weights: WeightMatrix): SparseMatrix {
  if (weights.kind === "sparse") return weights;
  if (weights.kind === "convolution") return unrolledConvolution(weights);
  return sparseFromDense(sourceMajor(weights), weights.sources, weights.targets);
}

/** @throws UnsupportedError where a sparse matrix or a convolution is too large to be written out. */
export function denseOf(weights: WeightMatrix, name: string): DenseMatrix {
  if (weights.kind === "dense") return weights;
  const { sources, targets } = weights;
  if (sources * targets > MOST_DENSE_VALUES) {
    throw new UnsupportedError(
      `${name} has ${sources} × ${targets} weights, more than the host's part of a model may hold.`,
      "Leave out the layers before the first recurrent or spiking one, and give their outputs as input.",
    );
  }
  const { rowStart, target, value } = sparseOf(weights);
  const values = new Float32Array(sources * targets);
  for (let source = 0; source < sources; source += 1) {
    for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1)
      values[source * targets + target[i]!] = value[i]!;
  }
  return { kind: "dense", layout: "source-major", sources, targets, values };
}

export function sourceMajor({ layout, sources, targets, values }: DenseMatrix): Float32Array {
  return layout === "source-major" ? values : transpose(values, targets, sources);
}

export function targetMajor({ layout, sources, targets, values }: DenseMatrix): Float32Array {
  return layout === "target-major" ? values : transpose(values, sources, targets);
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r += 1)
    for (let c = 0; c < columns; c += 1) out[c * rows + r] = values[r * columns + c]!;
  return out;
}
