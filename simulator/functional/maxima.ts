import type { EventList } from "./event-list.ts";
import type { FusedRows } from "./fuse-rows.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Compares the payloads of all events with the largest so far of each neuron of max pooling that their rows name (docs/model.md, 2). All
 * arrays lie in the kernel's memory; weights are 1, as `loadImage` has seen.
 *
 * @param accumulators Largest, then missing. Shape [2, neurons].
 */
export function takeMaxima(
  { run, at }: Kernel,
  { format, rowStart, target }: FusedRows,
  { count, neurons, payloads }: EventList,
  accumulators: Float32Array | Int32Array,
): void {
  const width = target instanceof Uint16Array ? "" : "Wide";
  const values = format === "float32" ? "Float32" : "Integer";
  const size = accumulators.length / 2;
  const take = run[`max${values}${width}`];
  take(at(rowStart), at(target), at(neurons), at(payloads), count, at(accumulators), size);
}
