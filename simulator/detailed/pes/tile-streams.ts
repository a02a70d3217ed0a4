import type { Tiles } from "../../components/mac-array.ts";
import { type Agenda, DUE } from "../agenda.ts";
import { SLOTS } from "./fetching-queues.ts";

/** Weights that stream from DRAM to workers' MAC arrays: a tile is fetched while the one before is worked off. */
export interface TileStreams {
  /** Its array turns to its tiles. */
  begin(worker: number, time: number): void;
  /** There may be a tile to ask for. */
  fetch(worker: number, time: number): void;
  fetched(worker: number, slot: number, time: number): void;
  /** A tile is worked off. */
  multiplied(worker: number, time: number): void;
}

export interface TileEnds {
  /** Asks DRAM. False: no way in; `fetch` follows when that may have changed. */
  request(worker: number, slot: number, bytes: number, time: number): boolean;
  /** All tiles are worked off. */
  through(worker: number, time: number): void;
  /** The array works on a tile. */
  multiplies?(worker: number, begin: number, end: number): void;
}

interface Stream extends Tiles {
  isRunning: boolean;
  asked: number;
  done: number;
  /** Bit for each slot whose tile is there and not begun. */
  there: number;
  begun: number;
  /** When the array is free. */
  free: number;
}

/** @param perPeCycle NoC cycles of a PE cycle, by worker. */
export function createTileStreams(
  tiles: ReadonlyMap<number, Tiles>,
  agenda: Agenda,
  perPeCycle: Float64Array,
  ends: TileEnds,
): TileStreams {
  const idle = { isRunning: false, asked: 0, done: 0, there: 0, begun: 0, free: 0 };
  const streams = new Map([...tiles].map(([worker, own]): [number, Stream] => [worker, { ...own, ...idle }]));

  function come(worker: number, stream: Stream, slot: number, time: number): void {
    stream.there |= 1 << slot;
    multiply(worker, stream, time);
  }

  /** The array turns to a tile that is there. */
  function multiply(worker: number, stream: Stream, time: number): void {
    const tile = stream.begun;
    const slot = 1 << (tile % SLOTS);
    if (tile > stream.done || (stream.there & slot) === 0) return;
    stream.begun += 1;
    stream.there -= slot;
    const begin = Math.max(time, stream.free);
    stream.free = begin + stream.cycles[tile]! * perPeCycle[worker]!;
    ends.multiplies?.(worker, begin, stream.free);
    agenda.add(stream.free, DUE.multiplied, worker);
  }

  function fetch(worker: number, time: number): void {
    const stream = streams.get(worker);
    // A tile's place is free when the last but one before it is worked off.
    while (stream?.isRunning && stream.asked < Math.min(stream.cycles.length, stream.done + SLOTS)) {
      const slot = stream.asked % SLOTS;
      const bytes = stream.bytes[stream.asked]!;
      if (bytes > 0 && !ends.request(worker, slot, bytes, time)) return;
      stream.asked += 1;
      // The burst that came with the tile before holds this one, too.
      if (bytes === 0) come(worker, stream, slot, time);
    }
  }

  return {
    begin(worker, time) {
      const stream = streams.get(worker)!;
      Object.assign(stream, idle, { isRunning: true, free: time });
      agenda.add(time, stream.cycles.length === 0 ? DUE.multiplied : DUE.fetch, worker);
    },
    fetch,
    fetched: (worker, slot, time) => come(worker, streams.get(worker)!, slot, time),
    multiplied(worker, time) {
      const stream = streams.get(worker)!;
      stream.done = stream.begun;
      if (stream.done === stream.cycles.length) {
        stream.isRunning = false;
        ends.through(worker, time);
        return;
      }
      multiply(worker, stream, time);
      fetch(worker, time);
    },
  };
}
