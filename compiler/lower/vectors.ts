/** Vectors one after the other. */
export function joined(...vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const vector of vectors) {
    all.set(vector, next);
    next += vector.length;
  }
  return all;
}

/** Sums, each rounded to float32. */
export const added = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, index) => value + b[index]!);
