import { type Allocate, allocateAlone, bytesOfArrays } from "../functional/allocate.ts";
import type { EventList } from "../functional/event-list.ts";
import type { Kernel } from "../functional/kernel.ts";

/** What an event of each source costs each slice: slots, empty slots, or bytes of DRAM. */
export interface RowTable {
  /** Shape [source neurons, slices]. */
  readonly perEvent: Uint16Array | Uint32Array;
  readonly slices: readonly number[];
}

/** Sums over events, and how many rows were not empty, by column (slice). Shape [columns] each. */
export interface RowCounts<Counts extends Uint32Array | Float64Array> {
  readonly sums: Counts;
  readonly rows: Counts;
}

export interface RowCounter {
  /** Of this timestep: at most what a PE holds, which its memory bounds. */
  readonly step: RowCounts<Uint32Array>;
  readonly total: RowCounts<Float64Array>;
  /** What a timestep in which every source sends an event comes to. */
  readonly all: RowCounts<Uint32Array>;
}

/** The counts of a step lie in the kernel's memory. */
export function createRowCounter({ perEvent, slices }: RowTable, allocate: Allocate): RowCounter {
  const columns = slices.length;
  const inStep = (make: Allocate) => ({
    sums: make(Uint32Array, columns),
    rows: make(Uint32Array, columns),
  });
  const all = inStep(allocateAlone);
  for (let start = 0; start < perEvent.length; start += columns) {
    for (let column = 0; column < columns; column += 1) {
      const value = perEvent[start + column]!;
      all.sums[column]! += value;
      all.rows[column]! += value === 0 ? 0 : 1;
    }
  }
  const total = { sums: new Float64Array(columns), rows: new Float64Array(columns) };
  return { step: inStep(allocate), total, all };
}

/** Bytes that `createRowCounter` takes of the kernel's memory. */
export const bytesOfRowCounter = ({ slices }: Pick<RowTable, "slices">): number =>
  bytesOfArrays([4 * slices.length, 4 * slices.length]);

/** Adds up what a timestep's events cost each slice: one table row an event. */
export function countRows(
  { run, at }: Kernel,
  { perEvent, slices }: RowTable,
  { count, neurons }: EventList,
  { step, total, all }: RowCounter,
): void {
  if (count === neurons.length) {
    step.sums.set(all.sums);
    step.rows.set(all.rows);
  } else {
    const add = perEvent instanceof Uint16Array ? run.countRows : run.countRowsWide;
    add(at(perEvent), slices.length, at(neurons), count, at(step.sums), at(step.rows));
  }
  for (let column = 0; column < total.sums.length; column += 1) {
    total.sums[column]! += step.sums[column]!;
    total.rows[column]! += step.rows[column]!;
  }
}
