import type { OperatingPoint } from "./profile.ts";
import type { Fidelity } from "./result.ts";

/** Tracks that are no PE. */
export const HOST_TRACK = -1;
export const DRAM_TRACK = -2;

/** What fills a span of a track's time. The recorder takes their numbers, so that no text is touched while a run goes on. */
export const SPAN_KINDS = [
  /** Start and end of a timestep on a core. */
  "timestep",
  /** Packets received, rows looked up and added. */
  "synops",
  /** Neurons updated; in the fast fidelity the events that they send as well. */
  "neurons",
  /** An event composed and handed to the NoC; on the host's track, a timestep's packets fed in. */
  "send",
  /** The core waits for room in the NoC. Not busy. */
  "stalled",
  /** The MAC array beside the core works. */
  "mac-array",
  /** Weights stream from DRAM. */
  "dma",
] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];

/** Numbers of the kinds. */
export const SPAN = Object.fromEntries(SPAN_KINDS.map((kind, index) => [kind, index])) as Readonly<
  Record<SpanKind, number>
>;

/**
 * Takes down what happens when. All times are in seconds of simulated time. Outside the window of timesteps and
 * once the recorder is full, a call costs a test. Phases and what the host sends, one span a timestep, are still
 * taken down to the end of the timestep in which the recorder fills up.
 */
export interface TraceRecorder {
  /** What follows belongs to this timestep of the run, counted from 0. */
  beginStep(step: number): void;
  /** Whether anything is taken down now. */
  isOpen(): boolean;
  /** @param kind A number of `SPAN`. */
  span(track: number, kind: number, begin: number, end: number): void;
  /**
   * One packet at one of its receivers. The host takes it in at once, in one cycle of the NoC.
   *
   * @param from  The sender: a PE, or the host.
   * @param sent  When it was handed to the NoC; NaN where that was before the window.
   * @param received When it was in the receiver's FIFO.
   * @param begin When the receiver's core began to work it off: until then it was in the FIFO.
   */
  packet(
    from: number,
    to: number,
    key: number,
    sent: number,
    received: number,
    begin: number,
    end: number,
  ): void;
  /**
   * @param name Index of the phase, in the order of the result's.
   * @param events Sent by its layer in this timestep.
   */
  phase(name: number, step: number, begin: number, end: number, events: number): void;
}

/** Which timesteps of a run are to be recorded. */
export interface TraceWindow {
  /** The first one, counted from 0, and how many. */
  readonly first: number;
  readonly steps: number;
  /** Most spans and packets; TRACE_CAPACITY where absent. */
  readonly capacity?: number;
}

/** What is to be recorded of a run. */
export interface TraceRequest extends TraceWindow {
  /** The fast fidelity's times are those of the sequential schedule, with all PEs at one operating point. */
  readonly fidelity: Fidelity;
  readonly point: OperatingPoint;
  /**
   * How the fast fidelity keeps phases apart, in seconds: each lasts `least` at least, and `added` more.
   * Neither where absent; the detailed fidelity's are those of its replay.
   */
  readonly pace?: { readonly least: number; readonly added: number };
}

export const TRACE_CAPACITY = 200_000;

/** A recorded window of a run, in seconds from the run's beginning. */
export interface Trace {
  readonly fidelity: Fidelity;
  readonly operatingPoint: string;
  /** Timesteps that were asked for. */
  readonly first: number;
  readonly steps: number;
  readonly capacity: number;
  /** The recorder filled up; what came later is missing. */
  readonly isTruncated: boolean;
  /** PEs that hold a part of the program, ascending, and what that is: "egru1[0..26]". */
  readonly pes: readonly { readonly pe: number; readonly role: string }[];
  readonly phaseNames: readonly string[];
  readonly spans: TraceSpans;
  readonly packets: TracePackets;
  readonly phases: TracePhases;
}

/** Arrays of one length, in the order of recording. Spans of one track do not overlap, and packets' work neither. */
export interface TraceSpans {
  readonly track: Int32Array;
  readonly kind: Uint8Array;
  readonly begin: Float64Array;
  readonly end: Float64Array;
}

/** See `TraceRecorder.packet`. */
export interface TracePackets {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly key: Uint32Array;
  readonly sent: Float64Array;
  readonly received: Float64Array;
  readonly begin: Float64Array;
  readonly end: Float64Array;
}

export interface TracePhases {
  /** Index into `phaseNames`. */
  readonly name: Uint16Array;
  readonly step: Uint32Array;
  readonly begin: Float64Array;
  readonly end: Float64Array;
  /** Sent by the phase's layer. */
  readonly events: Uint32Array;
}
