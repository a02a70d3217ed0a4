import { type Agenda, DUE } from "../agenda.ts";
import type { PacketWatch, PeQueues } from "./pe-queues.ts";
import type { RowTransfers } from "./row-transfers.ts";

/** FIFOs and cores of PEs with rows in DRAM, and the DMA engine that fetches these. */
export interface FetchingQueues extends PeQueues {
  /** The engine may have a transfer to ask for: a packet came, a buffer is free, or there is a way in again. */
  fetch(slice: number, time: number): void;
  /** A transfer has come. */
  fetched(slice: number, slot: number, time: number): void;
}

export interface FetchingEnds {
  /** Asks DRAM. False: no way in; `fetch` follows when that may have changed. */
  request(slice: number, slot: number, bytes: number, time: number): boolean;
  /** The core is through, at this time, with all that came before its neurons. */
  update(slice: number, time: number): void;
  /** It has become known when packets that waited are begun. */
  resolved(slice: number, time: number): void;
}

/** Transfers that a PE has asked for and not got, and buffers for rows: one is worked off while the next arrives. */
export const SLOTS = 2;
const NOT_UPDATING = 0;
/** Works off what came before. */
const ABOUT_TO = 1;
const UPDATING = 2;

/**
 * Packets are worked off in their order, each when its rows have come. Rows are fetched ahead in that order, while
 * packets wait or neurons are updated: at most two transfers at a time, and no row before a buffer is free.
 */
export function createFetchingQueues(
  slices: number,
  entries: number,
  transfers: RowTransfers,
  agenda: Agenda,
  ends: FetchingEnds,
  watch?: PacketWatch,
): FetchingQueues {
  // A ring a slice, its places by the packet's number; numbers count on.
  const stride = 2 ** Math.ceil(Math.log2(entries));
  const wrap = stride - 1;
  /** When the packet is begun; infinite while that is not known. */
  const begins = new Float64Array(slices * stride);
  const durations = new Float64Array(slices * stride);
  const arrivals = new Float64Array(slices * stride);
  const tags = new Int32Array(slices * stride);
  const rows = new Uint8Array(slices * stride);
  /** Transfers that its rows come in, and those that have not come. */
  const needed = new Uint8Array(slices * stride);
  const missing = new Uint8Array(slices * stride);
  /** First packet in the FIFO; first one whose begin is not known; the next to come. */
  const head = new Int32Array(slices);
  const open = new Int32Array(slices);
  const tail = new Int32Array(slices);
  const state = new Uint8Array(slices);
  /** First packet that waits for the end of the update. */
  const deferred = new Int32Array(slices);
  const idle = new Float64Array(slices);
  /** Packet and transfer of it that are to be asked for next; packet of each transfer under way, −1 for none. */
  const nextPacket = new Int32Array(slices);
  const nextTransfer = new Uint8Array(slices);
  const underWay = new Int32Array(SLOTS * slices).fill(-1);
  /** Rows asked for and rows worked off take the buffers in turn. When each buffer is free. */
  const rowsAsked = new Int32Array(slices);
  const rowsDone = new Int32Array(slices);
  const bufferFree = new Float64Array(SLOTS * slices);
  let most = 0;

  const placeOf = (slice: number, packet: number): number => slice * stride + (packet & wrap);
  const expire = (slice: number, cycle: number): void => {
    while (head[slice]! < open[slice]! && begins[placeOf(slice, head[slice]!)]! <= cycle) head[slice]! += 1;
  };

  /** Begins all packets that nothing is missing for. */
  function resolve(slice: number, time: number): void {
    const before = open[slice]!;
    const end = state[slice] === NOT_UPDATING ? tail[slice]! : deferred[slice]!;
    while (open[slice]! < end) {
      const place = placeOf(slice, open[slice]!);
      if (missing[place]! > 0) break;
      const begin = Math.max(time, idle[slice]!);
      begins[place] = begin;
      idle[slice] = begin + durations[place]!;
      open[slice]! += 1;
      watch?.(slice, tags[place]!, arrivals[place]!, begin, durations[place]!);
      for (let row = 0; row < rows[place]!; row += 1) {
        bufferFree[SLOTS * slice + (rowsDone[slice]! & 1)] = idle[slice]!;
        rowsDone[slice]! += 1;
      }
      if (rows[place]! > 0) agenda.add(idle[slice]!, DUE.fetch, slice);
    }
    if (open[slice] === before) return;
    if (state[slice] === ABOUT_TO && open[slice] === deferred[slice]) {
      state[slice] = UPDATING;
      ends.update(slice, idle[slice]!);
    }
    ends.resolved(slice, time);
  }

  function fetch(slice: number, time: number): void {
    for (;;) {
      while (
        nextPacket[slice]! < tail[slice]! &&
        nextTransfer[slice]! >= needed[placeOf(slice, nextPacket[slice]!)]!
      ) {
        nextPacket[slice]! += 1;
        nextTransfer[slice] = 0;
      }
      const packet = nextPacket[slice]!;
      if (packet === tail[slice]) return;
      const first = SLOTS * slice;
      const slot = underWay[first]! < 0 ? 0 : underWay[first + 1]! < 0 ? 1 : -1;
      if (slot < 0) return;
      const transfer = nextTransfer[slice]!;
      const buffer = first + (rowsAsked[slice]! & 1);
      const { bytes, row, isFirst } = transfers.at(tags[placeOf(slice, packet)]! >> 1, slice, transfer);
      // A packet that needs more rows than there are buffers would wait for itself.
      if (isFirst && row < SLOTS && bufferFree[buffer]! > time) return;
      if (!ends.request(slice, slot, bytes, time)) return;
      underWay[first + slot] = packet;
      nextTransfer[slice] = transfer + 1;
      if (!isFirst) continue;
      bufferFree[buffer] = Infinity;
      rowsAsked[slice]! += 1;
    }
  }

  return {
    fetch,
    fetched(slice, slot, time) {
      const place = placeOf(slice, underWay[SLOTS * slice + slot]!);
      underWay[SLOTS * slice + slot] = -1;
      missing[place]! -= 1;
      if (missing[place] === 0) resolve(slice, time);
      fetch(slice, time);
    },
    hasRoom(slice, cycle) {
      if (tail[slice]! - head[slice]! < entries) return true;
      expire(slice, cycle);
      return tail[slice]! - head[slice]! < entries;
    },
    take(slice, cycle, duration, tag = 0) {
      expire(slice, cycle);
      const packet = tail[slice]!;
      const place = placeOf(slice, packet);
      begins[place] = Infinity;
      durations[place] = duration;
      arrivals[place] = cycle;
      tags[place] = tag;
      const count = transfers.rows(tag >> 1, slice);
      rows[place] = count;
      needed[place] = transfers.count(tag >> 1, slice);
      missing[place] = needed[place]!;
      tail[slice] = packet + 1;
      if (count > 0) agenda.add(cycle, DUE.fetch, slice);
      else if (nextPacket[slice] === packet) nextPacket[slice] = packet + 1;
      resolve(slice, cycle);
      expire(slice, cycle);
      most = Math.max(most, tail[slice]! - head[slice]!);
    },
    nextPlaceAt: (slice) => (head[slice]! < open[slice]! ? begins[placeOf(slice, head[slice]!)]! : Infinity),
    idleFrom(slice) {
      if (state[slice] === UPDATING) return Infinity;
      return open[slice]! < tail[slice]! ? Infinity : idle[slice]!;
    },
    occupy(slice, time, duration) {
      idle[slice] = Math.max(idle[slice]!, time) + duration;
    },
    beginUpdate(slice) {
      deferred[slice] = tail[slice]!;
      state[slice] = open[slice] === tail[slice] ? UPDATING : ABOUT_TO;
    },
    endUpdate(slice, time) {
      state[slice] = NOT_UPDATING;
      idle[slice] = time;
      resolve(slice, time);
    },
    isUpdating: (slice) => state[slice] !== NOT_UPDATING,
    largest: () => most,
  };
}
