import type { AccumulatorBits } from "../../src/core/number-format.ts";
import type { EventList } from "./event-list.ts";
import type { FusedRows } from "./fuse-rows.ts";
import type { Kernel } from "./kernel.ts";
import { collectClamped, type Saturations } from "./saturations.ts";

/**
 * Adds the rows of all events to the accumulators, sources ascending (docs/model.md, 2). A payload that had to be
 * clamped counts once for each PE where it meets a weight that is not zero. All arrays lie in the kernel's memory.
 */
export function addSynapses(
  kernel: Kernel,
  rows: FusedRows,
  { count, neurons, payloads }: EventList,
  accumulators: Float32Array | Int32Array,
  accumulatorBits: AccumulatorBits,
  saturations: Saturations,
): void {
  const { run, at, clamped } = kernel;
  const { format, rowStart, target, weight, multiplier, shift, peRows } = rows;
  const width = target instanceof Uint16Array ? "" : "Wide";
  const common = [
    at(rowStart),
    at(target),
    at(weight),
    at(neurons),
    at(payloads),
    count,
    at(accumulators),
  ] as const;
  if (format === "float32") {
    run[`addFloat32${width}`](...common);
    return;
  }
  const bits = format === "int8" ? 8 : 16;
  const add = run[`addInt${bits}In${accumulatorBits}${width}`];
  add(...common, at(multiplier), shift, at(peRows), at(clamped));
  collectClamped(kernel, saturations);
}
