import { sumOf } from "../src/core/counts.ts";
import type { HardwareProfile, OperatingPoint } from "../src/core/profile.ts";
import type {
  DvfsRun,
  Phase,
  ReplayedTiming,
  ReplayFigures,
  Schedule,
  SimulationResult,
  Timing,
} from "../src/core/result.ts";
import { type ReplayRequest, type Synchronisation, synchronisationOf } from "../src/core/run-policy.ts";
import type { Seconds } from "../src/core/units.ts";
import { memoriesOf } from "./components/dram-traffic.ts";
import { busiest } from "./components/flow-table.ts";
import { acrossError, recurrentPartError } from "./check-stimulus.ts";
import { untimedIn } from "./untimed.ts";
import { synchronise } from "./synchronise.ts";

export interface TimingOptions {
  /** As the chip does where absent. */
  readonly synchronisation?: Synchronisation;
  /** Label of the policy by which PEs changed their operating point; absent: all stay at the one point. */
  readonly dvfs?: string | undefined;
}

/**
 * Time of a run. A phase takes its busiest PE's work (or, for a decoder, its DRAM transfer where that is
 * longer), the flight of one packet, and then the slower of the busiest link and the event router, which
 * drain the other packets. Each count is brought to seconds by its own clock.
 *
 * sequential: a timestep takes the sum of its phases, each closed by the synchronisation.
 *
 * pipelined: all phases work at once on successive timesteps, so that the slowest sets the pace; the
 * synchronisation closes each interval. The run is a piece of a longer stream: the pipeline is full before it
 * and after it. A PE that serves two phases cannot do both at once, and phases share DRAM: the run is never shorter
 * than a PE's work, nor than DRAM takes for all that comes from it.
 */
export function timeOf(
  result: SimulationResult,
  profile: HardwareProfile,
  point: OperatingPoint,
  schedule: Schedule,
  { synchronisation = synchronisationOf(profile), dvfs }: TimingOptions = {},
): Timing {
  const { steps } = result;
  const policy = dvfs === undefined ? undefined : dvfsRunOf(result, dvfs);
  const phases = result.phases.map((phase, index) => ({
    name: phase.name,
    seconds: phaseSeconds(phase, profile, policy?.phases[index]?.seconds ?? inSeconds(phase.peCycles, point)),
  }));
  const isPipelined = schedule === "pipelined";
  if (isPipelined) refuseForPipeline(result);
  const work = stretchesOf(
    result.phases,
    phases.map(({ seconds }) => seconds),
  );
  const kept = synchronise(
    isPipelined ? [slowestOf(work, steps)] : work,
    steps,
    synchronisation,
    isPipelined ? Math.max(busiestPe(result, profile, point, policy), busyDram(result, profile)) : 0,
  );
  const mean = steps === 0 ? 0 : kept.total / steps;
  return {
    operatingPoint: point.name,
    schedule,
    secondsPerStep: mean,
    latencyPerStep: isPipelined ? mean * phases.length : mean,
    total: kept.total,
    phases: phases.map(({ name, seconds }) => ({ name, seconds: meanOf(seconds) })),
    synchronisation,
    synchronisingPerStep: steps === 0 ? 0 : kept.waiting / steps,
    ...(kept.overruns && { overruns: kept.overruns }),
    ...untimedIn(result, profile, kept.total),
    ...(dvfs !== undefined && { dvfs }),
  };
}

/** Work that nothing divides: phases that work at the same time are one, as long as the longest of them. */
function stretchesOf(phases: readonly Phase[], work: readonly Float64Array[]): Float64Array[] {
  const stretches: Float64Array[] = [];
  for (const [index, seconds] of work.entries()) {
    const last = stretches.at(-1);
    if (phases[index]!.alongside && last)
      stretches[stretches.length - 1] = last.map((own, step) => Math.max(own, seconds[step]!));
    else stretches.push(seconds);
  }
  return stretches;
}

function refuseForPipeline({ phases }: Pick<SimulationResult, "phases">): void {
  const part = phases.find(({ isRecurrentPart }) => isRecurrentPart);
  if (part) throw recurrentPartError(part.name);
  const across = phases.find((phase) => phase.readsAcross);
  if (across) throw acrossError(across.name);
}

const meanOf = (values: Float64Array): number => (values.length === 0 ? 0 : sumOf(values) / values.length);

const inSeconds = (cycles: Float64Array, { peClock }: OperatingPoint): Float64Array =>
  cycles.map((count) => count / peClock);

const slowestOf = (work: readonly Float64Array[], steps: number): Float64Array =>
  Float64Array.from({ length: steps }, (_, step) => Math.max(...work.map((seconds) => seconds[step]!)));

/** Seconds of the PE with the most work in all its phases together. */
function busiestPe(
  { busyCycles, macArrayCycles }: SimulationResult,
  { operatingPoints, dvfs }: HardwareProfile,
  { peClock }: OperatingPoint,
  policy: DvfsRun | undefined,
): Seconds {
  if (policy === undefined) {
    return busyCycles.reduce((most, cycles, pe) => Math.max(most, cycles + macArrayCycles[pe]!), 0) / peClock;
  }
  const clocks = policy.points.map((name) => operatingPoints.find((point) => point.name === name)!.peClock);
  return policy.switches.reduce((most, switches, pe) => {
    const work = clocks.map(
      (clock, level) => (policy.busyCycles[level]![pe]! + policy.macArrayCycles[level]![pe]!) / clock,
    );
    return Math.max(most, sumOf(work) + switches * dvfs!.switchTime);
  }, 0);
}

/** Seconds that the busiest memory takes at least for what its PEs read in the run. */
function busyDram({ counts }: SimulationResult, profile: HardwareProfile): Seconds {
  const { dram } = profile;
  if (dram === undefined || counts.dram.byteRead === 0) return 0;
  const { memories, memoryOfPe } = memoriesOf(profile);
  const bytes = new Float64Array(memories);
  for (const [pe, read] of counts.sram.rowsWritten.entries()) bytes[memoryOfPe(pe)]! += read;
  return busiest(bytes) / dram.bandwidth;
}

function dvfsRunOf({ dvfs }: SimulationResult, label: string): DvfsRun {
  const run = dvfs?.find(({ policy }) => policy === label);
  if (run === undefined) throw new RangeError(`the run was not simulated with the policy ${label}`);
  return run;
}

/** Seconds of one phase in each step when all PEs work at one operating point. Shape [steps]. */
export const phaseSecondsAt = (phase: Phase, profile: HardwareProfile, point: OperatingPoint): Float64Array =>
  phaseSeconds(phase, profile, inSeconds(phase.peCycles, point));

/** Transfers that a PE has asked for and not got: one row is worked off while the next arrives. */
const OUTSTANDING_TRANSFERS = 2;

/**
 * Seconds that one phase takes in each step, its slowest PE's given. Fetching overlaps with computing: it takes as
 * long as the memory's bandwidth, the busiest link to it, or a PE's chain of latencies, whichever is longest.
 */
function phaseSeconds(
  phase: Phase,
  { noc, eventRouter, dram, board }: HardwareProfile,
  peSeconds: Float64Array,
): Float64Array {
  const { linkCycles, routerCycles, chipLinkCycles, dramBytes, dramLinkCycles, dramTransfers, latency } =
    phase;
  const chipClock = board?.link.clock ?? 1;
  const flight =
    latency.noc / noc.clock + latency.eventRouter / eventRouter.clock + latency.chipLink / chipClock;
  return peSeconds.map((work, step) => {
    const drain = Math.max(
      linkCycles[step]! / noc.clock,
      routerCycles[step]! / eventRouter.clock,
      chipLinkCycles[step]! / chipClock,
    );
    if (dram === undefined || dramTransfers[step] === 0) return work + flight + drain;
    const transfer = Math.max(
      dramBytes[step]! / dram.bandwidth,
      dramLinkCycles[step]! / noc.clock,
      (dramTransfers[step]! / OUTSTANDING_TRANSFERS) * dram.latency,
    );
    return Math.max(work, transfer + dram.latency) + flight + drain;
  });
}

/**
 * Time of a run by its packet-by-packet replay. Barriers and ticks count as in `timeOf`: the time is that of the ticks,
 * and work that is longer than one is an overrun. Of a pipeline the mean interval in which it is full stands for all.
 *
 * @throws RangeError where the run was not replayed so.
 */
export function replayedTimeOf(
  result: SimulationResult,
  profile: HardwareProfile,
  request: ReplayRequest,
): Timing {
  const { replays, steps } = result;
  const { point, dvfs } = request;
  const replay = replays?.find((each) => isReplayOf(each, request));
  if (replay === undefined) throw new RangeError(`the run was not replayed at ${point.name}`);
  const { schedule, synchronisation, phases, intervals } = replay;
  const stretches = intervals ? [intervals] : phases.map(({ seconds }) => seconds);
  const kept = stretches[0]?.length ?? 0;
  // A PE's work in the steps before the pipeline was full may have been more than in those that stand for all.
  const policy = dvfs && dvfsRunOf(result, dvfs.label);
  const least = intervals ? (busiestPe(result, profile, point, policy) * kept) / steps : 0;
  const { total, waiting, overruns } = synchronise(stretches, kept, synchronisation, least);
  const mean = kept === 0 ? 0 : total / kept;
  return {
    operatingPoint: point.name,
    schedule,
    secondsPerStep: mean,
    latencyPerStep: intervals ? mean * phases.length : mean,
    total: intervals ? mean * steps : total,
    phases: phases.map(({ name, seconds }) => ({ name, seconds: meanOf(seconds) })),
    synchronisation,
    synchronisingPerStep: kept === 0 ? 0 : waiting / kept,
    ...(overruns && { overruns }),
    ...untimedIn(result, profile, total),
    ...(dvfs && { dvfs: dvfs.label }),
    replay: figuresOf(replay),
  };
}

const isReplayOf = (
  replay: ReplayedTiming,
  { point, schedule = "sequential", synchronisation = { kind: "data-flow" }, dvfs }: ReplayRequest,
): boolean =>
  replay.operatingPoint === point.name &&
  replay.schedule === schedule &&
  replay.dvfs === dvfs?.label &&
  isSame(replay.synchronisation, synchronisation);

function isSame(a: Synchronisation, b: Synchronisation): boolean {
  if (a.kind === "barrier") return b.kind === "barrier" && a.seconds === b.seconds;
  if (a.kind === "timer") return b.kind === "timer" && a.period === b.period;
  return b.kind === "data-flow";
}

const figuresOf = ({
  largestFifo,
  refusedPackets,
  stalledSends,
  droppedPackets,
  dram,
}: ReplayedTiming): ReplayFigures => ({
  largestFifo,
  refusedPackets,
  stalledSends,
  droppedPackets,
  ...(dram && { dram }),
});
