import type { EventList } from "./event-list.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Advances one EGRU population by one timestep, every operation rounded to float32 (docs/model.md, 1):
 *
 *     z = σ(a_z)    r = σ(a_r)    g = tanh(a_g + r·b_g)    c = z·h + (1 − z)·g
 *
 * A neuron with c above its threshold emits an event that carries c, and keeps h = c − threshold.
 *
 * All arrays lie in the kernel's memory.
 *
 * @param sums      Accumulators a_z, a_r, a_g, b_g. Shape [4, neurons].
 * @param threshold Shape [neurons].
 * @param state     Hidden state h; overwritten. Shape [neurons].
 * @param events    Overwritten with this step's events.
 */
export function stepEgruFloat32(
  { run, at }: Kernel,
  sums: Float32Array,
  threshold: Float32Array,
  state: Float32Array,
  events: EventList,
): void {
  const { neurons, payloads } = events;
  events.count = run.updateFloat32(
    at(sums),
    at(threshold),
    at(state),
    state.length,
    at(neurons),
    at(payloads),
  );
}
