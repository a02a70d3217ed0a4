/**
 * The packet FIFOs of all slices' PEs and the cores behind them, in NoC cycles. A core takes packets in the
 * order in which they came. While it updates neurons it takes none: they wait, and so may fill the FIFO.
 */
export interface PeQueues {
  /** Whether the FIFO has a place in this cycle. */
  hasRoom(slice: number, cycle: number): boolean;
  /**
   * A packet arrives that will take the core so long.
   * @param tag What the watcher is told of it.
   */
  take(slice: number, cycle: number, duration: number, tag?: number): void;
  /** When the first waiting packet is begun, so that its place is free; infinite while that is not known. */
  nextPlaceAt(slice: number): number;
  /** When the core is through with all that has arrived; infinite while that is not known. */
  idleFrom(slice: number): number;
  /** The core does something else for so long, once it is through with what has arrived. */
  occupy(slice: number, time: number, duration: number): void;
  /** The core turns to its neurons. */
  beginUpdate(slice: number): void;
  /** It is through with them at this time, and turns to what has arrived meanwhile. */
  endUpdate(slice: number, time: number): void;
  isUpdating(slice: number): boolean;
  /** Most packets that any FIFO held at once. */
  largest(): number;
}

/** Is told once of each packet, as soon as it is known when the core begins it. */
export type PacketWatch = (
  slice: number,
  tag: number,
  arrival: number,
  begin: number,
  duration: number,
) => void;

export function createPeQueues(slices: number, entries: number, watch?: PacketWatch): PeQueues {
  // A ring a slice: the time at which each waiting packet is begun, or, where it came during an update, how long it takes.
  const stride = 2 ** Math.ceil(Math.log2(entries));
  const ring = new Float64Array(slices * stride);
  const head = new Int32Array(slices);
  const count = new Int32Array(slices);
  // For the watcher, what it is told of the packets that came during an update.
  const tags = new Int32Array(watch ? ring.length : 0);
  const arrivals = new Float64Array(tags.length);
  const idle = new Float64Array(slices);
  const updating = new Uint8Array(slices);
  /** During an update: packets in the ring that came before it. */
  const early = new Int32Array(slices);
  let most = 0;

  const placeOf = (slice: number, offset: number): number =>
    slice * stride + ((head[slice]! + offset) & (stride - 1));
  const expire = (slice: number, cycle: number): void => {
    const isUpdating = updating[slice] === 1;
    const known = isUpdating ? early[slice]! : count[slice]!;
    const first = head[slice]!;
    const base = slice * stride;
    let begun = 0;
    while (begun < known && ring[base + ((first + begun) & (stride - 1))]! <= cycle) begun += 1;
    head[slice] = (first + begun) & (stride - 1);
    count[slice]! -= begun;
    if (isUpdating) early[slice] = known - begun;
  };
  const append = (slice: number, value: number): void => {
    const waiting = count[slice]! + 1;
    ring[placeOf(slice, waiting - 1)] = value;
    count[slice] = waiting;
    if (waiting > most) most = waiting;
  };

  return {
    hasRoom(slice, cycle) {
      if (count[slice]! < entries) return true;
      expire(slice, cycle);
      return count[slice]! < entries;
    },
    take(slice, cycle, duration, tag = 0) {
      if (updating[slice] === 1) {
        if (count[slice]! >= most) expire(slice, cycle);
        if (watch) {
          const place = placeOf(slice, count[slice]!);
          tags[place] = tag;
          arrivals[place] = cycle;
        }
        append(slice, duration);
        return;
      }
      const begin = idle[slice]!;
      watch?.(slice, tag, cycle, Math.max(cycle, begin), duration);
      if (begin <= cycle) {
        // So has all that waited.
        idle[slice] = cycle + duration;
        count[slice] = 0;
        return;
      }
      idle[slice] = begin + duration;
      // Places that became free are looked for where it matters: before the FIFO seems fuller than any was.
      if (count[slice]! >= most) expire(slice, cycle);
      append(slice, begin);
    },
    nextPlaceAt(slice) {
      const known = updating[slice] === 1 ? early[slice]! : count[slice]!;
      return known === 0 ? Infinity : ring[placeOf(slice, 0)]!;
    },
    idleFrom: (slice) => idle[slice]!,
    occupy(slice, time, duration) {
      idle[slice] = Math.max(idle[slice]!, time) + duration;
    },
    beginUpdate(slice) {
      // All that waits now is begun before the update, which starts when the core is idle.
      early[slice] = count[slice]!;
      updating[slice] = 1;
    },
    endUpdate(slice, time) {
      updating[slice] = 0;
      head[slice] = (head[slice]! + early[slice]!) & (stride - 1);
      count[slice]! -= early[slice]!;
      let begin = time;
      for (let offset = 0; offset < count[slice]!; offset += 1) {
        const place = placeOf(slice, offset);
        const duration = ring[place]!;
        ring[place] = begin;
        watch?.(slice, tags[place]!, arrivals[place]!, begin, duration);
        begin += duration;
      }
      idle[slice] = begin;
    },
    isUpdating: (slice) => updating[slice] === 1,
    largest: () => most,
  };
}
