import type { EventList } from "./event-list.ts";

const { fround } = Math;

/** Rounded after each operation, as a float32 unit computes it; exp itself is rounded once. */
const sigmoid = (x: number): number => fround(1 / fround(1 + fround(Math.exp(-x))));

/**
 * Advances one EGRU population by one timestep, every operation rounded to float32 (docs/model.md, 1):
 *
 *     z = σ(a_z)    r = σ(a_r)    g = tanh(a_g + r·b_g)    c = z·h + (1 − z)·g
 *
 * A neuron with c above its threshold emits an event that carries c, and keeps h = c − threshold.
 *
 * @param sums      Accumulators a_z, a_r, a_g, b_g. Shape [4, neurons].
 * @param threshold Shape [neurons].
 * @param state     Hidden state h; overwritten. Shape [neurons].
 * @param events    Overwritten with this step's events.
 */
export function stepEgruFloat32(
  sums: Float32Array,
  threshold: Float32Array,
  state: Float32Array,
  events: EventList,
): void {
  const { neurons, payloads } = events;
  const size = state.length;
  let count = 0;
  for (let neuron = 0; neuron < size; neuron += 1) {
    const z = sigmoid(sums[neuron]!);
    const r = sigmoid(sums[size + neuron]!);
    const reset = fround(r * sums[3 * size + neuron]!);
    const g = fround(Math.tanh(fround(sums[2 * size + neuron]! + reset)));
    const c = fround(fround(z * state[neuron]!) + fround(fround(1 - z) * g));
    const limit = threshold[neuron]!;
    if (c > limit) {
      neurons[count] = neuron;
      payloads[count] = c;
      count += 1;
      state[neuron] = c - limit;
    } else state[neuron] = c;
  }
  events.count = count;
}
