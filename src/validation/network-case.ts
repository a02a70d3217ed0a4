import { compile } from "../../compiler/pipeline.ts";
import { simulate } from "../../simulator/simulate.ts";
import { replayedTimeOf, timeOf } from "../../simulator/time-of.ts";
import { canonicalJson } from "../core/hash.ts";
import { meanOfSeries } from "../core/intervals.ts";
import type { HardwareProfile, OperatingPoint } from "../core/profile.ts";
import type { SimulationResult, Timing } from "../core/result.ts";
import { synchronisationOf } from "../core/run-policy.ts";
import { type EnergyReport, energyOf } from "../energy/energy-of.ts";
import { rateStimulus } from "../inputs/events.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { syntheticStimulus } from "../inputs/synthetic.ts";
import { syntheticModel } from "../models/synthetic.ts";
import type { CaseOutcome } from "./case-outcome.ts";
import type { NetworkWorkload } from "./entry-schema.ts";

/** Told of the steps that are simulated. */
export type OnSteps = (done: number, steps: number) => void;

/**
 * Runs networks. Cases that differ only in how a run is timed and priced share its simulation, for as long as one
 * follows the other: only the last one is kept.
 */
export function networkRunner(onSteps?: OnSteps) {
  let kept: { readonly key: string; readonly result: SimulationResult } | undefined;
  return (workload: NetworkWorkload, profile: HardwareProfile, point: OperatingPoint): CaseOutcome => {
    const key = keyOf(workload, point);
    if (kept?.key !== key) kept = { key, result: runNetwork(workload, profile, point, onSteps) };
    return readRun(kept.result, workload, profile, point);
  };
}

/** All that the simulation depends on; only a replay depends on operating point and schedule. */
function keyOf(workload: NetworkWorkload, point: OperatingPoint): string {
  const { waiting: _, schedule, fidelity = "fast", point: __, ...run } = workload;
  return canonicalJson({ run, replay: fidelity === "detailed" ? [point.name, schedule] : [] });
}

function runNetwork(
  workload: NetworkWorkload,
  profile: HardwareProfile,
  point: OperatingPoint,
  onSteps?: OnSteps,
): SimulationResult {
  const { stimulus: input, format, pes, mac, decoder, window } = workload;
  const { schedule = "sequential", fidelity = "fast" } = workload;
  const model = syntheticModel(workload.model);
  const port = inputPortOf(model);
  const { steps, seed, rate } = input;
  const stimulus =
    rate === undefined
      ? syntheticStimulus(port, seed, steps)
      : rateStimulus(workload.model.inputs, [rate], seed, steps);
  const { program } = compile(model, profile, {
    format,
    ...(pes !== undefined && { pes }),
    ...(mac !== undefined && { mac }),
    ...(decoder !== undefined && { decoder }),
  });
  return simulate(program, profile, stimulus, {
    ...(window !== undefined && { window }),
    ...(fidelity === "detailed" && {
      replays: [{ point, schedule, synchronisation: synchronisationOf(profile) }],
    }),
    ...(onSteps && { onProgress: (done: number) => onSteps(done, steps) }),
  });
}

function readRun(
  result: SimulationResult,
  { schedule = "sequential", fidelity = "fast", waiting, window }: NetworkWorkload,
  profile: HardwareProfile,
  point: OperatingPoint,
): CaseOutcome {
  const timing =
    fidelity === "detailed"
      ? replayedTimeOf(result, profile, { point, schedule, synchronisation: synchronisationOf(profile) })
      : timeOf(result, profile, point, schedule);
  const energy = energyOf(result, profile, point, timing, waiting && { whileWaiting: waiting });
  const perStep = schedule === "pipelined" ? timing.secondsPerStep : timing.latencyPerStep;
  return {
    values: {
      "time-per-step": perStep,
      power: energy.meanPower,
      "energy-per-step": energy.perStep,
      ...(window !== undefined && {
        "time-per-window": perStep * window,
        "energy-per-window": energy.perStep * window,
      }),
    },
    unpriced: unpricedIn(energy),
    untimed: untimedIn(timing),
    facts: factsOf(result),
  };
}

const unpricedIn = ({ unpriced }: EnergyReport): string[] =>
  unpriced.map(({ component, action }) => `${component}: ${action}`);

/** Where a profile lacks times of actions that happened. */
const untimedIn = (timing: Timing & { readonly untimed?: readonly string[] }): readonly string[] =>
  timing.untimed ?? [];

function factsOf({ usedPes, populations, steps, projections }: SimulationResult): string[] {
  const synops = projections.reduce((sum, projection) => sum + projection.synops, 0) / steps;
  return [
    `${usedPes.length} PEs; ${Math.round(synops).toLocaleString("en-US")} synops a timestep`,
    ...populations.slice(1).map(({ name, size, eventsPerStep }) => {
      const { mean, halfWidth } = meanOfSeries(eventsPerStep);
      const percent = (share: number) => ((100 * share) / size).toFixed(2);
      const interval = halfWidth === undefined ? "" : ` ± ${percent(halfWidth)}`;
      return `${name}: ${percent(mean)}${interval} % of ${size.toLocaleString("en-US")} neurons send in a timestep`;
    }),
  ];
}
