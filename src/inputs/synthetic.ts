import { InputError } from "../core/errors.ts";
import { randomNumbers } from "../core/random.ts";
import type { Stimulus } from "../core/stimulus.ts";
import type { InputPort } from "./input-port.ts";

/** Numbers that one synthetic stimulus may hold. */
const MOST_VALUES = 2 ** 27;

/**
 * Made-up input, the same for the same seed: tokens, the n-th of them about 1/n as frequent as the first,
 * as words of a vocabulary sorted by frequency are; or vectors of independent unit normal components.
 * Synthetic tokens have no targets, as there is nothing in them to predict.
 */
export function syntheticStimulus(port: InputPort, seed: number, steps: number): Stimulus {
  checkWhole("seed", seed, 0, 2 ** 32 - 1);
  const values = port.kind === "tokens" ? 1 : port.width;
  checkWhole("steps", steps, 1, Math.floor(MOST_VALUES / values));
  const random = randomNumbers(seed);
  return port.kind === "tokens"
    ? {
        kind: "tokens",
        ids: zipfTokens(port.size, steps, random),
        origin: `synthetic tokens, seed ${seed}`,
        synthetic: true,
      }
    : {
        kind: "dense",
        width: port.width,
        values: unitNormals(steps * port.width, random),
        origin: `synthetic vectors, seed ${seed}`,
        synthetic: true,
      };
}

/** Draws ids with p(id) ∝ 1 / (id + 1), by looking a uniform number up in the cumulated weights. */
function zipfTokens(size: number, count: number, random: () => number): Uint32Array {
  const cumulated = new Float64Array(size);
  let sum = 0;
  for (let id = 0; id < size; id += 1) {
    sum += 1 / (id + 1);
    cumulated[id] = sum;
  }
  return Uint32Array.from({ length: count }, () => {
    const sought = random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle]! > sought) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

/** Two normals from two uniform numbers (Box and Muller, 1958). */
function unitNormals(count: number, random: () => number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random())); // 1 − u is never 0
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

function checkWhole(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InputError(
    { field },
    `${value} is not a whole number from ${least} to ${most}`,
    `Give another number of ${field === "seed" ? "the seed" : "steps"}.`,
  );
}
