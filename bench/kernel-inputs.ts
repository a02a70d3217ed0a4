import type { NumberFormat } from "../src/core/number-format.ts";
import { randomNumbers } from "../src/core/random.ts";

/** A full-size recurrent matrix, 95 % pruned, and the events of a timestep in which 15 % of its neurons send. */
export interface KernelInputs {
  readonly rowStart: Uint32Array;
  readonly target: Uint16Array;
  readonly weight: Float32Array | Int8Array | Int16Array;
  readonly multiplier: Uint32Array;
  readonly shift: number;
  readonly neurons: Uint32Array;
  readonly payloads: Float32Array | Int32Array;
  readonly accumulators: number;
  /** Weights that the events meet. */
  readonly synops: number;
}

const NEURONS = 1350;
const DENSITY = 0.05;
const ACTIVITY = 0.15;

export function kernelInputs(format: NumberFormat): KernelInputs {
  const random = randomNumbers(1);
  const rowStart = new Uint32Array(NEURONS + 1);
  const targets: number[] = [];
  for (let source = 0; source < NEURONS; source += 1) {
    for (let target = 0; target < 3 * NEURONS; target += 1) if (random() < DENSITY) targets.push(target);
    rowStart[source + 1] = targets.length;
  }
  const sending = Array.from({ length: NEURONS }, (_, source) => source).filter(() => random() < ACTIVITY);
  const signed = () => 2 * random() - 1;
  return {
    rowStart,
    target: Uint16Array.from(targets),
    weight: {
      float32: () => Float32Array.from(targets, signed),
      int8: () => Int8Array.from(targets, () => 127 * signed()),
      int16: () => Int16Array.from(targets, () => 32_767 * signed()),
    }[format](),
    multiplier: new Uint32Array(NEURONS).fill(100_000),
    shift: 20,
    neurons: Uint32Array.from(sending),
    payloads:
      format === "float32"
        ? Float32Array.from(sending, random)
        : Int32Array.from(sending, () => 2 ** 23 * random()),
    accumulators: 4 * NEURONS,
    synops: sending.reduce((sum, source) => sum + rowStart[source + 1]! - rowStart[source]!, 0),
  };
}
