import { type Allocate, allocateAlone, bytesOfArrays } from "../functional/allocate.ts";
import type { EventList } from "../functional/event-list.ts";
import type { FusedProjection } from "../functional/fuse-rows.ts";
import type { Kernel } from "../functional/kernel.ts";

/** Synops and non-empty rows of one projection, by column (slice). Shape [columns] each. */
export interface RowCounts<Counts extends Uint32Array | Float64Array> {
  readonly synops: Counts;
  readonly rows: Counts;
}

export interface RowCounter {
  /** Of this timestep: at most a PE's synapses, which its memory bounds. */
  readonly step: RowCounts<Uint32Array>;
  readonly total: RowCounts<Float64Array>;
  /** What a timestep in which every source sends an event comes to. */
  readonly all: RowCounts<Uint32Array>;
}

/** The counts of a step lie in the kernel's memory. */
export function createRowCounter({ synopsOf, slices }: FusedProjection, allocate: Allocate): RowCounter {
  const columns = slices.length;
  const inStep = (make: Allocate) => ({
    synops: make(Uint32Array, columns),
    rows: make(Uint32Array, columns),
  });
  const all = inStep(allocateAlone);
  for (let start = 0; start < synopsOf.length; start += columns) {
    for (let column = 0; column < columns; column += 1) {
      const synops = synopsOf[start + column]!;
      all.synops[column]! += synops;
      all.rows[column]! += synops === 0 ? 0 : 1;
    }
  }
  const total = { synops: new Float64Array(columns), rows: new Float64Array(columns) };
  return { step: inStep(allocate), total, all };
}

/** Bytes that `createRowCounter` takes of the kernel's memory. */
export const bytesOfRowCounter = ({ slices }: FusedProjection): number =>
  bytesOfArrays([4 * slices.length, 4 * slices.length]);

/** Adds up what a timestep's events cost each slice: one table row an event. */
export function countRows(
  { run, at }: Kernel,
  { synopsOf, slices }: FusedProjection,
  { count, neurons }: EventList,
  { step, total, all }: RowCounter,
): void {
  if (count === neurons.length) {
    step.synops.set(all.synops);
    step.rows.set(all.rows);
  } else {
    const add = synopsOf instanceof Uint16Array ? run.countRows : run.countRowsWide;
    add(at(synopsOf), slices.length, at(neurons), count, at(step.synops), at(step.rows));
  }
  for (let column = 0; column < total.synops.length; column += 1) {
    total.synops[column]! += step.synops[column]!;
    total.rows[column]! += step.rows[column]!;
  }
}
