import { sumOf } from "../../src/core/counts.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import { HOST_TRACK, SPAN, type TraceRecorder } from "../../src/core/trace.ts";
import type { Machine } from "../engine/machine.ts";
import type { PacketWatch } from "./pes/pe-queues.ts";
import type { Receptions } from "./pes/receptions.ts";

/**
 * What a replay tells a trace recorder, in its own terms: slices, payloads (2 · neuron + parity of the
 * timestep) and NoC cycles.
 */
export interface ReplayNotes {
  beginStep(step: number): void;
  readonly received: PacketWatch;
  receivedByHost(payload: number, cycle: number): void;
  /** A core turns to its timestep, in which its MAC array's products come first. */
  began(slice: number, cycle: number): void;
  /** Its array works on a tile of what comes from DRAM. */
  multiplies(slice: number, begin: number, end: number): void;
  /** The core takes the sums of its products over. */
  tookSums(slice: number, begin: number, end: number): void;
  /** From this cycle on it updates so many neurons, and then composes an event or has none left. */
  updated(slice: number, cycle: number, neurons: number, sends: boolean): void;
  /** A packet of its event, counted from 0, is in the NoC. Of several the first one's time stands for all. */
  sent(slice: number, payload: number, packet: number, cycle: number): void;
  /** A core that cannot send works off packets, until it goes on. */
  turnsToPackets(slice: number, cycle: number): void;
  tookPackets(slice: number, cycle: number): void;
  /** From this cycle on it composes a further packet of the same event. */
  composes(slice: number, cycle: number): void;
  sentByHost(payload: number, packet: number, cycle: number): void;
  phase(index: number, step: number, begin: number, end: number, events: number): void;
}

/** @param perPeCycle NoC cycles of a PE cycle, by worker; may change from step to step. */
export function createReplayNotes(
  machine: Machine,
  { sliceOf, firstNeuron, populationOf }: Receptions,
  perPeCycle: Float64Array,
  recorder: TraceRecorder,
): ReplayNotes {
  const { program, profile, workers, slices, cycles, arrayWork } = machine;
  const { clock } = profile.noc;
  /** By payload, in seconds; NaN where it was not sent within the window. */
  const sentAt = new Float64Array(2 * sliceOf.length).fill(NaN);
  /** By slice: when the event that waits to be sent was composed. */
  const composedAt = new Float64Array(slices.length);
  let hostBegin = NaN;
  let hostEnd = NaN;

  const keyOf = (payload: number): number => {
    const neuron = payload >> 1;
    const population = populationOf[neuron]!;
    return program.populations[population]!.keys.base + neuron - firstNeuron[population]!;
  };
  const senderOf = (payload: number): number => {
    const slice = sliceOf[payload >> 1]!;
    return slice < 0 ? HOST_TRACK : slices[slice]!.pe;
  };
  const span = (slice: number, kind: number, begin: number, end: number): void => {
    if (end > begin || kind === SPAN.send)
      recorder.span(workers[slice]!.pe, kind, begin / clock, end / clock);
  };
  const closeHostSpan = (): void => {
    if (!Number.isNaN(hostBegin)) recorder.span(HOST_TRACK, SPAN.send, hostBegin / clock, hostEnd / clock);
    hostBegin = NaN;
  };

  return {
    beginStep: (step) => recorder.beginStep(step),
    received(slice, payload, arrival, begin, duration) {
      if (!recorder.isOpen()) return;
      const { pe } = workers[slice]!;
      const [at, from, until] = [arrival / clock, begin / clock, (begin + duration) / clock];
      recorder.packet(senderOf(payload), pe, keyOf(payload), sentAt[payload]!, at, from, until);
    },
    receivedByHost(payload, cycle) {
      const at = cycle / clock;
      const until = (cycle + 1) / clock;
      recorder.packet(senderOf(payload), HOST_TRACK, keyOf(payload), sentAt[payload]!, at, at, until);
    },
    began(slice, cycle) {
      const { cycles: array, tiles } = arrayWork[slice]!;
      const product = cycle + cycles.timestep * perPeCycle[slice]!;
      span(slice, SPAN.timestep, cycle, product);
      // What is streamed is told of tile by tile.
      const here = array - (tiles ? sumOf(tiles.cycles) : 0);
      span(slice, SPAN["mac-array"], product, product + here * perPeCycle[slice]!);
    },
    multiplies: (slice, begin, end) => span(slice, SPAN["mac-array"], begin, end),
    tookSums: (slice, begin, end) => span(slice, SPAN.synops, begin, end),
    updated(slice, cycle, neurons, sends) {
      const updates = neurons * cycles[NEURON_TRAITS[workers[slice]!.kind].update];
      const until = cycle + updates * perPeCycle[slice]!;
      span(slice, SPAN.neurons, cycle, until);
      if (!sends) return;
      composedAt[slice] = cycle + (updates + cycles.eventSend) * perPeCycle[slice]!;
      span(slice, SPAN.send, until, composedAt[slice]!);
    },
    sent(slice, payload, packet, cycle) {
      if (packet === 0) sentAt[payload] = recorder.isOpen() ? cycle / clock : NaN;
      span(slice, SPAN.stalled, composedAt[slice]!, cycle);
    },
    turnsToPackets: (slice, cycle) => span(slice, SPAN.stalled, composedAt[slice]!, cycle),
    tookPackets(slice, cycle) {
      composedAt[slice] = cycle;
    },
    composes(slice, cycle) {
      composedAt[slice] = cycle + cycles.eventSend * perPeCycle[slice]!;
      span(slice, SPAN.send, cycle, composedAt[slice]!);
    },
    sentByHost(payload, packet, cycle) {
      if (packet === 0) sentAt[payload] = recorder.isOpen() ? cycle / clock : NaN;
      if (Number.isNaN(hostBegin)) hostBegin = cycle;
      hostEnd = cycle + 1;
    },
    phase(index, step, begin, end, events) {
      if (index === 0) closeHostSpan();
      recorder.phase(index, step, begin / clock, end / clock, events);
    },
  };
}
