/** A plane through points, and how far the farthest of them lies from it. */
export interface Fit {
  readonly coefficients: readonly number[];
  readonly worstResidual: number;
}

/** Least squares: y ≈ Σ coefficients · x. Solved by the normal equations; for a handful of coefficients. */
export function fitPlane(points: readonly { readonly x: readonly number[]; readonly y: number }[]): Fit {
  const size = points[0]!.x.length;
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) => sum(points, ({ x }) => x[i]! * x[j]!)),
    sum(points, ({ x, y }) => x[i]! * y),
  ]);
  for (let i = 0; i < size; i += 1) {
    const pivot = matrix[i]!;
    if (Math.abs(pivot[i]!) < 1e-9) throw new RangeError("the points lie on no one plane");
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = row[i]! / pivot[i]!;
      for (let j = i; j <= size; j += 1) row[j]! -= factor * pivot[j]!;
    }
  }
  const coefficients = matrix.map((row, i) => row[size]! / row[i]!);
  const residuals = points.map(({ x, y }) =>
    Math.abs(y - x.reduce((total, value, i) => total + value * coefficients[i]!, 0)),
  );
  return { coefficients, worstResidual: Math.max(...residuals) };
}

const sum = <T>(points: readonly T[], of: (point: T) => number): number =>
  points.reduce((total, point) => total + of(point), 0);
