import type { Machine } from "../../engine/machine.ts";
import type { Agenda } from "../agenda.ts";
import { createFetchingQueues, type FetchingEnds, type FetchingQueues } from "./fetching-queues.ts";
import { createPeQueues, type PacketWatch, type PeQueues } from "./pe-queues.ts";
import type { Receptions } from "./receptions.ts";
import { planRowTransfers } from "./row-transfers.ts";

/** The FIFOs and cores of all PEs, by worker. */
export interface CoreQueues {
  readonly queues: PeQueues;
  /** Those of PEs with rows in DRAM, by slice; undefined where there are none. */
  readonly fetching: FetchingQueues | undefined;
}

export function createCoreQueues(
  machine: Machine,
  receptions: Receptions,
  agenda: Agenda,
  ends: FetchingEnds,
  watch: PacketWatch | undefined,
): CoreQueues {
  const { slices, workers, profile } = machine;
  const entries = profile.pe.sram.packetFifoEntries;
  const plain = createPeQueues(workers.length, entries, watch);
  const transfers = planRowTransfers(machine, receptions);
  if (transfers === undefined) return { queues: plain, fetching: undefined };
  const fetching = createFetchingQueues(slices.length, entries, transfers, agenda, ends, watch);
  return { queues: joinQueues(plain, fetching, transfers.fetches), fetching };
}

/** One for all PEs: those with rows in DRAM, and the others. */
function joinQueues(plain: PeQueues, fetching: PeQueues, fetches: Uint8Array): PeQueues {
  const of = (slice: number): PeQueues => (fetches[slice] === 1 ? fetching : plain);
  return {
    hasRoom: (slice, cycle) => of(slice).hasRoom(slice, cycle),
    take: (slice, cycle, duration, tag) => of(slice).take(slice, cycle, duration, tag),
    nextPlaceAt: (slice) => of(slice).nextPlaceAt(slice),
    idleFrom: (slice) => of(slice).idleFrom(slice),
    occupy: (slice, time, duration) => of(slice).occupy(slice, time, duration),
    beginUpdate: (slice) => of(slice).beginUpdate(slice),
    endUpdate: (slice, time) => of(slice).endUpdate(slice, time),
    isUpdating: (slice) => of(slice).isUpdating(slice),
    largest: () => Math.max(plain.largest(), fetching.largest()),
  };
}
