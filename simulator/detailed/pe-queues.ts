/**
 * The packet FIFOs of all slices' PEs and the cores behind them, in NoC cycles. A core takes packets in the
 * order in which they came. While it updates neurons it takes none: they wait, and so may fill the FIFO.
 */
export interface PeQueues {
  /** Whether the FIFO has a place in this cycle. */
  hasRoom(slice: number, cycle: number): boolean;
  /** A packet arrives that will take the core so long. */
  take(slice: number, cycle: number, duration: number): void;
  /** When the first waiting packet is begun, so that its place is free; infinite while that is not known. */
  nextPlaceAt(slice: number): number;
  /** When the core is through with all that has arrived. */
  idleFrom(slice: number): number;
  /** The core turns to its neurons. */
  beginUpdate(slice: number): void;
  /** It is through with them at this time, and turns to what has arrived meanwhile. */
  endUpdate(slice: number, time: number): void;
  isUpdating(slice: number): boolean;
  /** Most packets that any FIFO held at once. */
  largest(): number;
}

export function createPeQueues(slices: number, entries: number): PeQueues {
  // A ring a slice: the time at which each waiting packet is begun, or, during an update, how long it takes.
  const ring = new Float64Array(slices * entries);
  const head = new Int32Array(slices);
  const count = new Int32Array(slices);
  const idle = new Float64Array(slices);
  const updating = new Uint8Array(slices);
  let most = 0;

  const placeOf = (slice: number, offset: number): number =>
    slice * entries + ((head[slice]! + offset) % entries);
  const expire = (slice: number, cycle: number): void => {
    while (count[slice]! > 0 && ring[placeOf(slice, 0)]! <= cycle) {
      head[slice] = (head[slice]! + 1) % entries;
      count[slice]! -= 1;
    }
  };
  const append = (slice: number, value: number): void => {
    ring[placeOf(slice, count[slice]!)] = value;
    count[slice]! += 1;
    most = Math.max(most, count[slice]!);
  };

  return {
    hasRoom(slice, cycle) {
      if (updating[slice] === 0) expire(slice, cycle);
      return count[slice]! < entries;
    },
    take(slice, cycle, duration) {
      if (updating[slice] === 1) {
        append(slice, duration);
        return;
      }
      const begin = Math.max(cycle, idle[slice]!);
      idle[slice] = begin + duration;
      if (begin > cycle) append(slice, begin);
    },
    nextPlaceAt: (slice) =>
      updating[slice] === 1 || count[slice] === 0 ? Infinity : ring[placeOf(slice, 0)]!,
    idleFrom: (slice) => idle[slice]!,
    beginUpdate(slice) {
      // All that waits now is begun before the update, which starts when the core is idle.
      count[slice] = 0;
      updating[slice] = 1;
    },
    endUpdate(slice, time) {
      updating[slice] = 0;
      let begin = time;
      for (let offset = 0; offset < count[slice]!; offset += 1) {
        const place = placeOf(slice, offset);
        const duration = ring[place]!;
        ring[place] = begin;
        begin += duration;
      }
      idle[slice] = begin;
    },
    isUpdating: (slice) => updating[slice] === 1,
    largest: () => most,
  };
}
