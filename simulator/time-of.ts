import { sumOf } from "../src/core/counts.ts";
import type { HardwareProfile, OperatingPoint } from "../src/core/profile.ts";
import type { DvfsRun, Overruns, Phase, Schedule, SimulationResult, Timing } from "../src/core/result.ts";
import { type Synchronisation, synchronisationOf } from "../src/core/run-policy.ts";
import type { Seconds } from "../src/core/units.ts";

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
 * and after it. A PE that serves two phases cannot do both at once: the run is never shorter than its work.
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
  const work = phases.map(({ seconds }) => seconds);
  const kept = synchronise(
    isPipelined ? [slowestOf(work, steps)] : work,
    steps,
    synchronisation,
    isPipelined ? busiestPe(result, profile, point, policy) : 0,
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
    ...(dvfs !== undefined && { dvfs }),
  };
}

const meanOf = (values: Float64Array): number => (values.length === 0 ? 0 : sumOf(values) / values.length);

const inSeconds = (cycles: Float64Array, { peClock }: OperatingPoint): Float64Array =>
  cycles.map((count) => count / peClock);

const slowestOf = (work: readonly Float64Array[], steps: number): Float64Array =>
  Float64Array.from({ length: steps }, (_, step) => Math.max(...work.map((seconds) => seconds[step]!)));

/**
 * The run's time when each stretch of work ends as the synchronisation says.
 *
 * @param stretches Work that nothing divides, one after the other in a timestep. Shape [steps] each.
 * @param least     Seconds that the run's work takes at least, all steps together.
 */
function synchronise(
  stretches: readonly Float64Array[],
  steps: number,
  synchronisation: Synchronisation,
  least: Seconds,
): { readonly total: Seconds; readonly waiting: Seconds; readonly overruns?: Overruns | undefined } {
  if (synchronisation.kind === "timer") return inTicks(stretches, steps, synchronisation.period, least);
  let total = 0;
  for (let step = 0; step < steps; step += 1) {
    total += sumOf(stretches.map((seconds) => seconds[step]!));
  }
  const barrier = synchronisation.kind === "barrier" ? synchronisation.seconds : 0;
  const waiting = steps * stretches.length * barrier;
  return { total: Math.max(total, least) + waiting, waiting };
}

/** One tick a stretch, whether or not its work is done by then; late work is reported, never waited for. */
function inTicks(stretches: readonly Float64Array[], steps: number, period: Seconds, least: Seconds) {
  let longest = steps === 0 ? 0 : least / steps;
  let waiting = 0;
  let late = 0;
  for (let step = 0; step < steps; step += 1) {
    let slowest = 0;
    for (const seconds of stretches) {
      slowest = Math.max(slowest, seconds[step]!);
      waiting += Math.max(0, period - seconds[step]!);
    }
    if (slowest > period) late += 1;
    longest = Math.max(longest, slowest);
  }
  const overruns =
    longest > period
      ? { steps: Math.max(late, 1), worst: longest - period, shortestTick: longest }
      : undefined;
  return { total: steps * stretches.length * period, waiting, overruns };
}

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
 * Time of a run by its packet-by-packet replay at one operating point, layers one after the other, by data flow.
 *
 * @throws RangeError where the run was not replayed there.
 */
export function replayedTimeOf({ replays, steps }: SimulationResult, point: OperatingPoint): Timing {
  const replay = replays?.find(({ operatingPoint }) => operatingPoint === point.name);
  if (replay === undefined) throw new RangeError(`the run was not replayed at ${point.name}`);
  const { phases, largestFifo, refusedPackets, stalledSends } = replay;
  const total = sumOf(phases.map(({ seconds }) => sumOf(seconds)));
  const mean = steps === 0 ? 0 : total / steps;
  return {
    operatingPoint: point.name,
    schedule: "sequential",
    secondsPerStep: mean,
    latencyPerStep: mean,
    total,
    phases: phases.map(({ name, seconds }) => ({ name, seconds: meanOf(seconds) })),
    synchronisation: { kind: "data-flow" },
    synchronisingPerStep: 0,
    replay: { largestFifo, refusedPackets, stalledSends },
  };
}
