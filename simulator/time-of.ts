import { sumOf } from "../src/core/counts.ts";
import type { HardwareProfile, OperatingPoint } from "../src/core/profile.ts";
import type { Phase, Schedule, SimulationResult, Timing } from "../src/core/result.ts";

/**
 * Time of a run. A phase takes its busiest PE's work (or, for a decoder, its DRAM transfer where that is
 * longer), the flight of one packet, and then the slower of the busiest link and the event router, which
 * drain the other packets. Each count is brought to seconds by its own clock.
 *
 * sequential: a timestep takes the sum of its phases.
 *
 * pipelined: all phases work at once on successive timesteps, so that the slowest sets the pace. The run is a
 * piece of a longer stream: the pipeline is full before it and after it. A PE that serves two phases cannot do
 * both at once: the run is never shorter than its work.
 */
export function timeOf(
  result: SimulationResult,
  profile: HardwareProfile,
  point: OperatingPoint,
  schedule: Schedule,
): Timing {
  const { steps } = result;
  const phases = result.phases.map((phase) => ({
    name: phase.name,
    seconds: phaseSeconds(phase, profile, point),
  }));
  const named = { operatingPoint: point.name, schedule };
  const means = phases.map(({ name, seconds }) => ({ name, seconds: meanOf(seconds) }));
  const perStep = Float64Array.from({ length: steps }, (_, step) => {
    const seconds = phases.map((phase) => phase.seconds[step]!);
    return schedule === "sequential" ? sumOf(seconds) : Math.max(...seconds);
  });
  if (schedule === "sequential") {
    const mean = meanOf(perStep);
    return { ...named, secondsPerStep: mean, latencyPerStep: mean, total: sumOf(perStep), phases: means };
  }
  const running = Math.max(sumOf(perStep), busiestPe(result) / point.peClock);
  const interval = steps === 0 ? 0 : running / steps;
  return {
    ...named,
    secondsPerStep: interval,
    latencyPerStep: interval * phases.length,
    total: running,
    phases: means,
  };
}

const meanOf = (values: Float64Array): number => (values.length === 0 ? 0 : sumOf(values) / values.length);

/** Cycles of the PE with the most work in all its phases together. */
const busiestPe = ({ busyCycles, macArrayCycles }: SimulationResult): number =>
  busyCycles.reduce((most, cycles, pe) => Math.max(most, cycles + macArrayCycles[pe]!), 0);

/** Seconds that one phase takes in each step. */
function phaseSeconds(
  phase: Phase,
  { noc, eventRouter, dram }: HardwareProfile,
  { peClock }: OperatingPoint,
): Float64Array {
  const { peCycles, linkCycles, routerCycles, dramBytes, latency } = phase;
  const flight = latency.noc / noc.clock + latency.eventRouter / eventRouter.clock;
  return Float64Array.from(peCycles, (cycles, step) => {
    const transfer = dram === undefined ? 0 : dramBytes[step]! / dram.bandwidth;
    const drain = Math.max(linkCycles[step]! / noc.clock, routerCycles[step]! / eventRouter.clock);
    return Math.max(cycles / peClock, transfer) + flight + drain;
  });
}

/**
 * Time of a run by its packet-by-packet replay at one operating point, layers one after the other.
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
    replay: { largestFifo, refusedPackets, stalledSends },
  };
}
