import {
  HOST_TRACK,
  type Trace,
  TRACE_CAPACITY,
  type TraceRecorder,
  type TraceRequest,
} from "../src/core/trace.ts";

/** What a recorder has taken down. */
export type Recording = Pick<Trace, "capacity" | "isTruncated" | "spans" | "packets" | "phases">;

export interface BoundedRecorder extends TraceRecorder {
  recording(): Recording;
}

/** A recorder of a window of timesteps that holds so many spans and packets; with the one too many it stops for good. */
export function createTraceRecorder({
  first,
  steps,
  capacity = TRACE_CAPACITY,
}: Pick<TraceRequest, "first" | "steps" | "capacity">): BoundedRecorder {
  const spans = createTable({
    track: new Int32Array(ROWS),
    kind: new Uint8Array(ROWS),
    begin: new Float64Array(ROWS),
    end: new Float64Array(ROWS),
  });
  const packets = createTable({
    from: new Int32Array(ROWS),
    to: new Int32Array(ROWS),
    key: new Uint32Array(ROWS),
    sent: new Float64Array(ROWS),
    received: new Float64Array(ROWS),
    begin: new Float64Array(ROWS),
    end: new Float64Array(ROWS),
  });
  const phases = createTable({
    name: new Uint16Array(ROWS),
    step: new Uint32Array(ROWS),
    begin: new Float64Array(ROWS),
    end: new Float64Array(ROWS),
    events: new Uint32Array(ROWS),
  });
  let room = capacity;
  let isTruncated = false;
  let isStepOpen = false;
  const takesOne = (): boolean => {
    if (!isStepOpen || isTruncated) return false;
    if (room === 0) isTruncated = true;
    else room -= 1;
    return !isTruncated;
  };

  return {
    beginStep(step) {
      isStepOpen = !isTruncated && step >= first && step < first + steps;
    },
    isOpen: () => isStepOpen && !isTruncated,
    span(track, kind, begin, end) {
      if (track === HOST_TRACK ? isStepOpen : takesOne()) spans.add({ track, kind, begin, end });
    },
    packet(from, to, key, sent, received, begin, end) {
      if (takesOne()) packets.add({ from, to, key, sent, received, begin, end });
    },
    phase(name, step, begin, end, events) {
      if (isStepOpen) phases.add({ name, step, begin, end, events });
    },
    recording: () => ({
      capacity,
      isTruncated,
      spans: spans.columns(),
      packets: packets.columns(),
      phases: phases.columns(),
    }),
  };
}

type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

/** Rows to begin with; doubled when they are full. */
const ROWS = 1024;

/** Rows of numbers, held by column. */
function createTable<Columns extends Record<string, Column>>(empty: Columns) {
  const names = Object.keys(empty) as (keyof Columns & string)[];
  const held = { ...empty };
  let rows = 0;
  const grow = (): void => {
    for (const name of names) {
      const column = held[name];
      const larger = sameKind(column, 2 * column.length);
      larger.set(column);
      held[name] = larger;
    }
  };
  return {
    add(row: Readonly<Record<keyof Columns, number>>): void {
      if (rows === held[names[0]!].length) grow();
      for (let i = 0; i < names.length; i += 1) held[names[i]!][rows] = row[names[i]!];
      rows += 1;
    },
    /** Copies, as long as there are rows. */
    columns: (): Columns =>
      Object.fromEntries(names.map((name) => [name, held[name].slice(0, rows)])) as unknown as Columns,
  };
}

const sameKind = <Kind extends Column>(column: Kind, length: number): Kind =>
  new (column.constructor as new (length: number) => Kind)(length);
