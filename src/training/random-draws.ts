import { randomNumbers } from "../core/random.ts";

/**
 * The seed of one purpose: every draw of a training hangs on the training's seed, what it is for and its step, never on
 * what was drawn before. A run that resumes needs no state of a generator.
 */
export function seedFor(seed: number, ...purpose: readonly (string | number)[]): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (const character of purpose.join("/")) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Normal numbers by the polar method of Marsaglia and Bray (1964). */
export function normalNumbers(seed: number): () => number {
  const uniform = randomNumbers(seed);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const [a, b] = [2 * uniform() - 1, 2 * uniform() - 1];
      const radius = a * a + b * b;
      if (radius >= 1 || radius === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(radius)) / radius);
      spare = b * scale;
      return a * scale;
    }
  };
}

/** Beta(a, b) as a share of two Gamma numbers. */
export function betaNumbers(seed: number, a: number, b: number): () => number {
  const normal = normalNumbers(seed);
  const uniform = randomNumbers(seedFor(seed, "acceptance"));
  return () => {
    const x = gammaNumber(a, normal, uniform);
    return x / (x + gammaNumber(b, normal, uniform));
  };
}

/** Gamma(shape, 1) by Marsaglia and Tsang (2000); below 1 by their boost. */
function gammaNumber(shape: number, normal: () => number, uniform: () => number): number {
  if (shape < 1) return gammaNumber(shape + 1, normal, uniform) * (1 - uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** 0 with the given probability, else 1 / (1 − probability), so that the mean stays 1. */
export function dropoutMask(seed: number, length: number, probability: number): Float32Array {
  const uniform = randomNumbers(seed);
  const kept = 1 / (1 - probability);
  const mask = new Float32Array(length);
  for (let i = 0; i < length; i += 1) mask[i] = uniform() < probability ? 0 : kept;
  return mask;
}

/** 0 … count − 1 in a random order (Fisher and Yates). */
export function shuffled(seed: number, count: number): Uint32Array {
  const uniform = randomNumbers(seed);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
