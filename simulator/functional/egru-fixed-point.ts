import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  TABLE_STEP_BITS,
} from "../../src/core/number-format.ts";
import type { EventList } from "./event-list.ts";
import type { Kernel } from "./kernel.ts";
import { collectClamped, type Saturations } from "./saturations.ts";

/** Neurons first … end − 1 of a population, which use the same σ and tanh tables (513 values each). */
export interface TableRange {
  readonly first: number;
  readonly end: number;
  readonly sigmoid: Uint16Array;
  readonly tanh: Uint16Array;
}

/**
 * Advances one EGRU population by one timestep in integers (docs/model.md, 2). All arrays lie in the kernel's
 * memory.
 *
 * @param sums      Accumulators z, r, input part and recurrent part of g. Shape [4, neurons].
 * @param threshold Q23. Shape [neurons].
 * @param state     h in Q23; overwritten. Shape [neurons].
 * @param tables    Cover all neurons, ascending.
 * @param events    Overwritten with this step's events, payloads in Q23.
 */
export function stepEgruFixedPoint(
  kernel: Kernel,
  sums: Int32Array,
  threshold: Int32Array,
  state: Int32Array,
  tables: readonly TableRange[],
  accumulatorBits: AccumulatorBits,
  events: EventList,
  saturations: Saturations,
): void {
  const { run, at, clamped } = kernel;
  const { neurons, payloads } = events;
  const step = ACCUMULATOR_FRACTION_BITS[accumulatorBits] - TABLE_STEP_BITS;
  let count = 0;
  for (const { first, end, sigmoid, tanh } of tables) {
    count = run.updateInteger(
      at(sums),
      at(threshold),
      at(state),
      state.length,
      at(neurons),
      at(payloads),
      count,
      first,
      end,
      at(sigmoid),
      at(tanh),
      step,
      accumulatorBits,
      at(clamped),
    );
  }
  events.count = count;
  collectClamped(kernel, saturations);
}
