import type { AccumulatorBits } from "../../src/core/number-format.ts";
import type { EventList } from "./event-list.ts";
import type { FusedConvolution } from "./fuse-convolutions.ts";
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

/** The same by a kernel: at each place the sum of its values with what they meet there, taps ascending. */
export function addConvolution(
  kernel: Kernel,
  convolution: FusedConvolution,
  { count, neurons, payloads }: EventList,
  accumulators: Float32Array | Int32Array,
  accumulatorBits: AccumulatorBits,
  sumBits: AccumulatorBits,
  saturations: Saturations,
): void {
  const { taps, channels, groups, places, sources, hears, operands, seen, first } = convolution;
  const { run, at, clamped } = kernel;
  run.addConvolution(
    at(convolution.kernel),
    taps,
    channels,
    groups,
    places,
    at(sources),
    at(neurons),
    at(payloads),
    count,
    at(hears),
    hears.length,
    at(operands),
    at(seen),
    sumBits,
    at(accumulators) + first * accumulators.BYTES_PER_ELEMENT,
    accumulatorBits,
    convolution.multiplier,
    convolution.shift,
    at(clamped),
  );
  collectClamped(kernel, saturations);
}
