import { unrolledConvolution } from "../core/convolution.ts";
import { type DenseMatrix, type SparseMatrix, sparseFromDense, type WeightMatrix } from "../core/model-ir.ts";

/** All values, source by source. */
export function sourceMajor(weights: WeightMatrix): Float32Array {
  const matrix = weights.kind === "convolution" ? unrolledConvolution(weights) : weights;
  if (matrix.kind === "sparse") return denseFromSparse(matrix);
  return matrix.layout === "source-major" ? matrix.values : transposed(matrix);
}

/** All values, target by target. */
export function targetMajor(matrix: WeightMatrix): Float32Array {
  const dense: DenseMatrix =
    matrix.kind === "dense"
      ? matrix
      : { ...matrix, kind: "dense", layout: "source-major", values: sourceMajor(matrix) };
  return dense.layout === "target-major" ? dense.values : transposed(dense);
}

function denseFromSparse({ sources, targets, rowStart, target, value }: SparseMatrix): Float32Array {
  const values = new Float32Array(sources * targets);
  for (let source = 0; source < sources; source += 1) {
    for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1) {
      values[source * targets + target[i]!] = value[i]!;
    }
  }
  return values;
}

/** The other index runs slowest. */
function transposed({ sources, targets, layout, values }: DenseMatrix): Float32Array {
  return layout === "source-major" ? turned(values, sources, targets) : turned(values, targets, sources);
}

/** The transpose of a matrix [rows, columns]. */
export function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) result[j * rows + i] = values[i * columns + j]!;
  }
  return result;
}

/** The non-zero values of a matrix [targets, sources], as torch and ONNX keep weights. */
export const sparseFromTargetMajor = (values: Float32Array, sources: number, targets: number): SparseMatrix =>
  sparseFromDense(turned(values, targets, sources), sources, targets);
