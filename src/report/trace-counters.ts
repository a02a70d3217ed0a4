import { SPAN, type Trace } from "../core/trace.ts";
import type { TracePower } from "./trace-power.ts";

/** A value that holds from a time on, in ticks. */
export interface CounterSample {
  readonly time: number;
  readonly value: number;
}

/**
 * Ticks of a microsecond: all times of a trace file lie on this grid, just finer than nanoseconds. Floating-point
 * numbers hold its microseconds and their sums exactly, so that a slice ends where the next one begins in every
 * reader, also in one that cuts to whole nanoseconds.
 */
export const TICKS = 1024;
export const ticksOf = (seconds: number): number => Math.round(seconds * 1e6 * TICKS);

const BUSY_KINDS: readonly number[] = [SPAN.timestep, SPAN.synops, SPAN.neurons, SPAN.send];

/** Intervals in ticks, each with the track that it belongs to. */
interface Intervals {
  readonly track: number[];
  readonly begin: number[];
  readonly end: number[];
}

/** Times at which PEs' cores work. */
function busyCores({ spans, packets }: Trace): Intervals {
  const busy: Intervals = { track: [], begin: [], end: [] };
  for (let i = 0; i < spans.track.length; i += 1) {
    if (spans.track[i]! < 0 || !BUSY_KINDS.includes(spans.kind[i]!)) continue;
    add(busy, spans.track[i]!, spans.begin[i]!, spans.end[i]!);
  }
  for (let i = 0; i < packets.to.length; i += 1) {
    if (packets.to[i]! >= 0) add(busy, packets.to[i]!, packets.begin[i]!, packets.end[i]!);
  }
  return busy;
}

/** Times at which packets wait in PEs' FIFOs. */
function waitingPackets({ packets }: Trace): Intervals {
  const waiting: Intervals = { track: [], begin: [], end: [] };
  for (let i = 0; i < packets.to.length; i += 1) {
    if (packets.to[i]! >= 0) add(waiting, packets.to[i]!, packets.received[i]!, packets.begin[i]!);
  }
  return waiting;
}

function add({ track, begin, end }: Intervals, of: number, from: number, until: number): void {
  if (ticksOf(until) <= ticksOf(from)) return;
  track.push(of);
  begin.push(ticksOf(from));
  end.push(ticksOf(until));
}

/** Chip power in milliwatts. */
export function powerSamples(trace: Trace, power: TracePower): CounterSample[] {
  if (!("idle" in power)) return [];
  const { sum } = depthsOf(busyCores(trace), beginOf(trace));
  return sum.map(({ time, value }) => ({ time, value: 1e3 * (power.idle + value * power.perBusyPe) }));
}

/** Packets that wait in FIFOs: in all together, and in the fullest one. */
export const fifoSamples = (trace: Trace): Depths => depthsOf(waitingPackets(trace), beginOf(trace));

const beginOf = ({ phases }: Trace): number => ticksOf(phases.begin[0] ?? 0);

interface Depths {
  readonly sum: CounterSample[];
  readonly largest: CounterSample[];
}

/** How many intervals cover each time: on all tracks together, and at most on one. Samples where that changes. */
function depthsOf({ track, begin, end }: Intervals, from: number): Depths {
  const order = Array.from({ length: 2 * track.length }, (_, index) => index);
  const timeOf = (index: number): number => (index & 1 ? end[index >> 1]! : begin[index >> 1]!);
  order.sort((a, b) => timeOf(a) - timeOf(b) || a - b);
  const depths = new Map<number, number>();
  /** How many tracks have this depth. */
  const tracksAt: number[] = [];
  const sum: CounterSample[] = [];
  const largest: CounterSample[] = [];
  let total = 0;
  let most = 0;
  const note = (samples: CounterSample[], time: number, value: number): void => {
    if (samples.at(-1)?.time === time) samples.pop();
    if (samples.at(-1)?.value !== value) samples.push({ time, value });
  };
  note(sum, from, 0);
  note(largest, from, 0);
  for (let i = 0; i < order.length; i += 1) {
    const index = order[i]!;
    const of = track[index >> 1]!;
    const before = depths.get(of) ?? 0;
    const after = before + (index & 1 ? -1 : 1);
    depths.set(of, after);
    tracksAt[before] = (tracksAt[before] ?? 0) - 1;
    tracksAt[after] = (tracksAt[after] ?? 0) + 1;
    total += after - before;
    most = Math.max(most, after);
    while (most > 0 && (tracksAt[most] ?? 0) === 0) most -= 1;
    const time = timeOf(index);
    if (i + 1 < order.length && timeOf(order[i + 1]!) === time) continue;
    note(sum, time, total);
    note(largest, time, most);
  }
  return { sum, largest };
}
