/**
 * The recurrent layers in plain float64, one stream, without TensorFlow.js: what its layers and their gradients are held
 * against. Written from the equations, sharing nothing with src/training.
 */
export interface PlainWeights {
  readonly inputs: number;
  readonly units: number;
  /** [inputs, gates · units], [units, gates · units] row by row. */
  readonly kernel: Float64Array;
  readonly recurrentKernel: Float64Array;
  readonly bias: Float64Array;
  readonly recurrentBias: Float64Array;
  readonly threshold: Float64Array;
}
export type PlainKind = "egru" | "paper-egru" | "gru" | "lstm";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function times(x: ArrayLike<number>, matrix: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < x.length; i += 1)
    for (let j = 0; j < columns; j += 1) sums[j]! += x[i]! * matrix[i * columns + j]!;
  return sums;
}

/** What the layer sends, [steps][units], from a state of zeros. */
export function runPlain(
  kind: PlainKind,
  weights: PlainWeights,
  xs: readonly ArrayLike<number>[],
): { y: Float64Array[]; h: Float64Array[] } {
  const { units, threshold } = weights;
  let h = new Float64Array(units);
  let y = new Float64Array(units);
  const sent: Float64Array[] = [];
  const kept: Float64Array[] = [];
  const columns = weights.bias.length;
  for (const x of xs) {
    const a = times(x, weights.kernel, columns).map((sum, j) => sum + weights.bias[j]!);
    const b = times(y, weights.recurrentKernel, columns).map(
      (sum, j) => sum + (weights.recurrentBias[j] ?? 0),
    );
    const [hNext, yNext] = [new Float64Array(units), new Float64Array(units)];
    const at = (sums: Float64Array, gate: number, n: number) => sums[gate * units + n]!;
    const both = (gate: number, n: number) => at(a, gate, n) + at(b, gate, n);
    const resetBefore =
      kind === "paper-egru"
        ? times(
            y.map((value, n) => value * sigmoid(both(1, n))),
            weights.recurrentKernel,
            columns,
          )
        : b;
    for (let n = 0; n < units; n += 1) {
      if (kind === "lstm") {
        hNext[n] = sigmoid(both(1, n)) * h[n]! + sigmoid(both(0, n)) * Math.tanh(both(3, n));
        yNext[n] = sigmoid(both(2, n)) * Math.tanh(hNext[n]!);
      } else if (kind === "paper-egru") {
        const u = sigmoid(both(0, n));
        const z = Math.tanh(at(a, 2, n) + at(resetBefore, 2, n));
        const c = u * z + (1 - u) * h[n]! - y[n]!;
        hNext[n] = c;
        yNext[n] = c > threshold[n]! ? c : 0;
      } else {
        const z = sigmoid(both(0, n));
        const r = sigmoid(both(1, n));
        const g = Math.tanh(at(a, 2, n) + r * at(b, 2, n));
        const c = z * h[n]! + (1 - z) * g;
        const fires = kind === "gru" || c > threshold[n]!;
        yNext[n] = fires ? c : 0;
        hNext[n] = kind === "gru" || !fires ? c : c - threshold[n]!;
      }
    }
    [h, y] = [hNext, yNext];
    sent.push(y);
    kept.push(h);
  }
  return { y: sent, h: kept };
}
