import type { EventList } from "../functional/event-list.ts";
import type { FusedProjection } from "../functional/fuse-rows.ts";

/** Synops and non-empty rows of one projection, by column (slice). Shape [columns] each. */
export interface RowCounts {
  readonly synops: Float64Array;
  readonly rows: Float64Array;
}

export interface RowCounter {
  /** Of this timestep. */
  readonly step: RowCounts;
  readonly total: RowCounts;
  /** What a timestep in which every source sends an event comes to. */
  readonly all: RowCounts;
}

const createCounts = (columns: number): RowCounts => ({
  synops: new Float64Array(columns),
  rows: new Float64Array(columns),
});

export function createRowCounter({ synopsOf, slices }: FusedProjection): RowCounter {
  const columns = slices.length;
  const all = createCounts(columns);
  for (const [index, synops] of synopsOf.entries()) {
    all.synops[index % columns]! += synops;
    if (synops > 0) all.rows[index % columns]! += 1;
  }
  return { step: createCounts(columns), total: createCounts(columns), all };
}

/** Adds up what a timestep's events cost each slice: one table row an event. */
export function countRows({ synopsOf }: FusedProjection, events: EventList, counter: RowCounter): void {
  const { synops, rows } = counter.step;
  const { count, neurons } = events;
  const columns = synops.length;
  if (count === neurons.length) {
    synops.set(counter.all.synops);
    rows.set(counter.all.rows);
  } else {
    synops.fill(0);
    rows.fill(0);
    for (let event = 0; event < count; event += 1) {
      const start = neurons[event]! * columns;
      for (let column = 0; column < columns; column += 1) {
        const weights = synopsOf[start + column]!;
        synops[column]! += weights;
        rows[column]! += weights === 0 ? 0 : 1;
      }
    }
  }
  for (let column = 0; column < columns; column += 1) {
    counter.total.synops[column]! += synops[column]!;
    counter.total.rows[column]! += rows[column]!;
  }
}
