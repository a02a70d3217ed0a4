import type { AccumulatorBits } from "../../src/core/number-format.ts";
import type { EventList } from "./event-list.ts";
import type { FusedProduct } from "./fuse-products.ts";
import type { Kernel } from "./kernel.ts";
import { collectClamped, type Saturations } from "./saturations.ts";

/**
 * Multiplies a timestep's events with a projection's matrix as the MAC arrays do, and adds the sums to the accumulators (docs/model.md,
 * 2). All arrays lie in the kernel's memory.
 *
 * @param sumBits Width of the arrays' accumulators.
 */
export function addProduct(
  kernel: Kernel,
  { weight, columns, target, hears, sums, multiplier, shift }: FusedProduct,
  { count, neurons, payloads }: EventList,
  accumulators: Float32Array | Int32Array,
  accumulatorBits: AccumulatorBits,
  sumBits: AccumulatorBits,
  saturations: Saturations,
): void {
  const { run, at, clamped } = kernel;
  run.addProduct(
    at(weight),
    columns,
    at(neurons),
    at(payloads),
    count,
    at(hears),
    at(sums),
    sumBits,
    at(target),
    at(accumulators),
    accumulatorBits,
    multiplier,
    shift,
    at(clamped),
  );
  collectClamped(kernel, saturations);
}
