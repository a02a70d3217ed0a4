import type { Counts, KernelAction } from "./counts.ts";
import type { Manifest } from "./program.ts";
import type { Trace } from "./trace.ts";
import type { Synchronisation } from "./run-policy.ts";
import type { Cycles, Seconds } from "./units.ts";

/**
 * What a simulation saw: counts and cycles, no joules and no clock. Time at an operating point and energy
 * are folds over it, so that one run can be priced many times.
 */
export interface SimulationResult {
  readonly manifest: Manifest;
  readonly steps: number;
  readonly window?: number | undefined;
  /** Equal parts of the input, each from a state of zero, that ran one after the other; absent for one. */
  readonly streams?: number;
  readonly counts: Counts;
  /** One for each recurrent layer, in order of evaluation, then the decoder where it runs on the chip. */
  readonly phases: readonly Phase[];
  /** Events and activity by population, the input first. */
  readonly populations: readonly PopulationActivity[];
  /** Synops by projection. */
  readonly projections: readonly ProjectionActivity[];
  /** PE cycles spent busy, by PE index, Arm kernels only. */
  readonly busyCycles: Float64Array;
  /** PE cycles in MAC-array work, by PE index. */
  readonly macArrayCycles: Float64Array;
  /** Indices of the PEs that hold a part of the program. Ascending. */
  readonly usedPes: readonly number[];
  readonly evaluation?: Evaluation;
  /** Packet-by-packet times, one for each replay that was asked for. */
  readonly replays?: readonly ReplayedTiming[];
  /** What happened when, where it was asked for; of the first stream. */
  readonly traces?: readonly Trace[];
  /** PEs that changed their operating point, one for each policy that was asked for. */
  readonly dvfs?: readonly DvfsRun[];
  readonly origin: string;
  readonly synthetic: boolean;
  /** Of synthetic input: drawn at rates that somebody gave. */
  readonly ratesGiven?: true;
}

/**
 * One layer's work in every timestep, by clock domain. The layer's time is the slower of PE work and what it
 * fetches from DRAM + packet latency + the slowest of the busiest links and the event router.
 */
export interface Phase {
  readonly name: string;
  /** Present where it works at the same time as the phase before: partial sums of one layer. */
  readonly alongside?: true;
  /** Present where it uses its layer's own events of the timestep before, which a pipeline brings too late. */
  readonly isRecurrentPart?: true;
  /** Present where it uses events of a layer that is neither the one before nor itself, which a pipeline brings at a wrong time. */
  readonly readsAcross?: true;
  /** PE cycles of the layer's busiest PE. Shape [steps]. */
  readonly peCycles: Float64Array;
  /** NoC cycles that the busiest link is occupied by the layer's events. Shape [steps]. */
  readonly linkCycles: Float64Array;
  /** Event-router cycles of the busiest router's busiest part. Shape [steps]. */
  readonly routerCycles: Float64Array;
  /** Link cycles that the busiest link between two chips is occupied by the layer's events. Shape [steps]. */
  readonly chipLinkCycles: Float64Array;
  /** Zero-load latency of the longest path that the layer's events take, by clock domain. */
  readonly latency: { readonly noc: Cycles; readonly eventRouter: Cycles; readonly chipLink: Cycles };
  /** Bytes from the busiest chip's DRAM, burst-aligned. Shape [steps]. */
  readonly dramBytes: Float64Array;
  /** NoC cycles that the busiest link is occupied by them and their requests. Shape [steps]. */
  readonly dramLinkCycles: Float64Array;
  /** Transfers from DRAM of the PE with most of them. Shape [steps]. */
  readonly dramTransfers: Float64Array;
}

export interface PopulationActivity {
  readonly name: string;
  /** Present for partial sums: the layer whose fan-in they share. They are work of the chip, not a layer of the model. */
  readonly partOf?: string;
  readonly size: number;
  readonly events: number;
  /** Unit spikes, or narrower events, as which they were sent; present where events are coded. */
  readonly spikes?: number;
  /** Shape [steps]. */
  readonly eventsPerStep: Uint32Array;
}

export interface ProjectionActivity {
  readonly source: string;
  readonly target: string;
  readonly delay: 0 | 1;
  /** Present where partial sums are brought to their layer: work of the chip, no synapses of the model. */
  readonly bringsPartialSums?: true;
  /** Present where every event was a spike of 1, so that its synops are accumulations without a product. */
  readonly isUnitValued?: true;
  /** Present where max pooling compares what comes: no products, and no weights of the model. */
  readonly isCompared?: true;
  /** Weight · event products, as executed. */
  readonly synops: number;
  /** Weights stored on the chip. */
  readonly synapses: number;
  /** Weights of the dense matrix. */
  readonly dense: number;
}

/** How well the output predicts the stimulus' targets. */
export interface Evaluation {
  readonly tokens: number;
  /** Sum of −ln p(target). */
  readonly negativeLogLikelihood: number;
  readonly perplexity: number;
  /** −ln p(target) of each token, stream after stream. Shape [tokens]. */
  readonly losses: Float64Array;
}

/** What a policy made of a run's PE work; everything else of the run stays as it is. */
export interface DvfsRun {
  /** Label of the policy. */
  readonly policy: string;
  /** Names of the operating points that it uses, slowest first: the levels. */
  readonly points: readonly string[];
  /** Of each phase's slowest PE, switching included; in the order of the result's. Seconds, shape [steps] each. */
  readonly phases: readonly { readonly name: string; readonly seconds: Float64Array }[];
  /** The run's busy cycles of the Arm kernels, by level and PE index. */
  readonly busyCycles: readonly Float64Array[];
  /** The run's cycles in MAC-array work, by level and PE index. */
  readonly macArrayCycles: readonly Float64Array[];
  /** Multiply-accumulates of the MAC arrays, by level. */
  readonly macs: readonly number[];
  /** Timesteps in which a PE had another level than before, by PE index. */
  readonly switches: Float64Array;
}

/** What a run's packet-by-packet replay comes to. */
export interface ReplayedTiming extends ReplayFigures {
  readonly operatingPoint: string;
  readonly schedule: Schedule;
  readonly synchronisation: Synchronisation;
  /** Label of the policy that set the PEs' operating points. */
  readonly dvfs?: string;
  /**
   * By phase, in the order of the result's. Seconds from when it may begin, without barriers and waiting for ticks; shape
   * [steps] each, in a pipeline [intervals].
   */
  readonly phases: readonly { readonly name: string; readonly seconds: Float64Array }[];
  /** Of a pipeline, those in which every layer works: from their begin until all is done. Seconds, shape [intervals]. */
  readonly intervals?: Float64Array;
}

export interface ReplayFigures {
  /** Most packets that a PE's FIFO held at once. */
  readonly largestFifo: number;
  /** How often a packet found its PE's FIFO full and waited in the NoC. */
  readonly refusedPackets: number;
  /** How often a PE found its way into the NoC full and waited. */
  readonly stalledSends: number;
  /** Packets that had waited in a router for longer than it holds them; software sent them again, so that all arrived. */
  readonly droppedPackets: number;
  /** Present where something came from DRAM. */
  readonly dram?: DramWaits;
}

export interface DramWaits {
  readonly transfers: number;
  /** For how long transfers waited for a port, beyond the latency: all together, and at most. */
  readonly waitingSeconds: Seconds;
  readonly longestWaitSeconds: Seconds;
}

/** fast: time from counts in closed form. detailed: packets, PEs and router replayed one by one. */
export const FIDELITIES = ["fast", "detailed"] as const;
export type Fidelity = (typeof FIDELITIES)[number];

/** Time of a run at one operating point under one schedule. */
export interface Timing {
  readonly operatingPoint: string;
  readonly schedule: Schedule;
  /** From one timestep's result to the next. Mean over steps. */
  readonly secondsPerStep: Seconds;
  /** From a timestep's input to its result. Mean over steps. */
  readonly latencyPerStep: Seconds;
  /** The whole run on the chip. */
  readonly total: Seconds;
  /** Mean latency of each phase, in the order of `phases`. */
  readonly phases: readonly { readonly name: string; readonly seconds: Seconds }[];
  readonly synchronisation: Synchronisation;
  /** Mean time that a timestep spends in barriers, or waits for ticks after work that was in time. */
  readonly synchronisingPerStep: Seconds;
  /** Present where work took longer than a tick of the timer; all other figures assume that it was done. */
  readonly overruns?: Overruns;
  /** Kernel actions that happened and whose time nobody has published: all times are then "at least". */
  readonly untimed?: readonly KernelAction[];
  /** Label of the policy that set the PEs' operating points; absent where all stayed at `operatingPoint`. */
  readonly dvfs?: string;
  /** Present where the time is that of a detailed replay. */
  readonly replay?: ReplayFigures;
}

/** Work that a timer's tick did not wait for. */
export interface Overruns {
  /** Timesteps with work that was late. */
  readonly steps: number;
  /** By which the latest work was late. */
  readonly worst: Seconds;
  /** Shortest tick with which none would be late. */
  readonly shortestTick: Seconds;
}

/** sequential: one timestep passes all layers before the next begins. pipelined: layers work on successive steps at once. */
export const SCHEDULES = ["sequential", "pipelined"] as const;
export type Schedule = (typeof SCHEDULES)[number];
