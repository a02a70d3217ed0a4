import type { EventList } from "../functional/event-list.ts";
import type { FusedProjection } from "../functional/fuse-rows.ts";

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

export function createRowCounter({ synopsOf, slices }: FusedProjection): RowCounter {
  const columns = slices.length;
  const inStep = () => ({ synops: new Uint32Array(columns), rows: new Uint32Array(columns) });
  const all = inStep();
  for (const [index, synops] of synopsOf.entries()) {
    all.synops[index % columns]! += synops;
    all.rows[index % columns]! += fetched(synops);
  }
  const total = { synops: new Float64Array(columns), rows: new Float64Array(columns) };
  return { step: inStep(), total, all };
}

/** 1 where a row has synapses, 0 where it is empty, without a branch. */
const fetched = (synops: number): number => 1 - ((synops - 1) >>> 31);

/** Adds up what a timestep's events cost each slice: one table row an event. */
export function countRows(projection: FusedProjection, events: EventList, counter: RowCounter): void {
  const { step, total, all } = counter;
  if (events.count === events.neurons.length) {
    step.synops.set(all.synops);
    step.rows.set(all.rows);
  } else {
    step.synops.fill(0);
    step.rows.fill(0);
    addTableRows(projection.synopsOf, events, step);
  }
  for (let column = 0; column < total.synops.length; column += 1) {
    total.synops[column]! += step.synops[column]!;
    total.rows[column]! += step.rows[column]!;
  }
}

/** Four events a turn, so that each counter is read and written once for all of them. */
function addTableRows(
  table: FusedProjection["synopsOf"],
  { count, neurons }: EventList,
  { synops, rows }: RowCounts<Uint32Array>,
): void {
  const columns = synops.length;
  let event = 0;
  for (; event + 3 < count; event += 4) {
    const first = neurons[event]! * columns;
    const second = neurons[event + 1]! * columns;
    const third = neurons[event + 2]! * columns;
    const fourth = neurons[event + 3]! * columns;
    for (let column = 0; column < columns; column += 1) {
      const a = table[first + column]!;
      const b = table[second + column]!;
      const c = table[third + column]!;
      const d = table[fourth + column]!;
      synops[column]! += a + b + c + d;
      rows[column]! += fetched(a) + fetched(b) + fetched(c) + fetched(d);
    }
  }
  for (; event < count; event += 1) {
    const start = neurons[event]! * columns;
    for (let column = 0; column < columns; column += 1) {
      const weights = table[start + column]!;
      synops[column]! += weights;
      rows[column]! += fetched(weights);
    }
  }
}
