import { HOST_TRACK, type Trace } from "../core/trace.ts";

/** Where events of a trace stand: a process of the viewer and one of its threads. */
export interface Track {
  readonly pid: number;
  readonly tid: number;
}

const TIMESTEPS = 1;
const CHIP = 2;
const HOST = 3;
/** Threads have numbers of their own across all processes, as viewers may know them by these alone. */
const STEP_THREAD = 100;
const HOST_SENDS = 200;
const HOST_RECEIVES = 201;
const DRAM_THREAD = 300;
const FIRST_PE_THREAD = 1000;

export const STEP_TRACK: Track = { pid: TIMESTEPS, tid: STEP_THREAD };
export const DRAM: Track = { pid: CHIP, tid: DRAM_THREAD };
export const SENDING_HOST: Track = { pid: HOST, tid: HOST_SENDS };
export const RECEIVING_HOST: Track = { pid: HOST, tid: HOST_RECEIVES };
/** Counters belong to a process only. */
export const COUNTERS: Track = { pid: CHIP, tid: CHIP };

/** All phases share a track: in the sequential schedule they follow one another. */
export const PHASE_TRACK: Track = { pid: TIMESTEPS, tid: STEP_THREAD + 1 };

/** @param pe A PE, or one of the tracks beside them. */
export function trackOf(pe: number): Track {
  if (pe >= 0) return { pid: CHIP, tid: FIRST_PE_THREAD + pe };
  return pe === HOST_TRACK ? SENDING_HOST : DRAM;
}

/** Metadata events: names of processes and threads, in the order in which they shall stand. */
export function* namesOfTracks({ pes }: Trace, chip: string): Iterable<Readonly<Record<string, unknown>>> {
  const processes = [
    [TIMESTEPS, "timesteps"],
    [CHIP, chip],
    [HOST, "host"],
  ] as const;
  for (const [pid, name] of processes) {
    yield { ph: "M", pid, name: "process_name", args: { name } };
    yield { ph: "M", pid, name: "process_sort_index", args: { sort_index: pid } };
  }
  const threads: (readonly [Track, string])[] = [
    [STEP_TRACK, "timestep"],
    [PHASE_TRACK, "phases"],
    [SENDING_HOST, "host sends"],
    [RECEIVING_HOST, "host receives"],
    [DRAM, "DRAM"],
    ...pes.map(({ pe, role }) => [trackOf(pe), `PE ${pe} · ${role}`] as const),
  ];
  for (const [{ pid, tid }, name] of threads) {
    yield { ph: "M", pid, tid, name: "thread_name", args: { name } };
    yield { ph: "M", pid, tid, name: "thread_sort_index", args: { sort_index: tid } };
  }
}
