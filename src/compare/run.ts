import { type NeuroBenchMetrics, neuroBenchMetrics } from "../../simulator/metrics.ts";
import { openMachine, type StepView, simulate, startSimulation } from "../../simulator/simulate.ts";
import { cutStreams, joinStreams, stepsInStreams } from "../../simulator/streams.ts";
import { replayedTimeOf, timeOf } from "../../simulator/time-of.ts";
import { sumOf } from "../core/counts.ts";
import { InputError } from "../core/errors.ts";
import type { HardwareProfile, OperatingPoint, PeProfile } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { Fidelity, Schedule, SimulationResult, Timing } from "../core/result.ts";
import type { DvfsPolicy, DvfsWish, SynchronisationWish } from "../core/run-policy.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import type { TraceWindow } from "../core/trace.ts";
import { type EnergyReport, energyOf } from "../energy/energy-of.ts";
import { runInWorkers } from "../runtime/worker-pool.ts";
import type { AgainstFloat32 } from "./against-float32.ts";
import type { Chip } from "./chips.ts";
import {
  isFixed,
  pointsOf,
  policiesOf,
  replaysAt,
  replaysOf,
  synchronisationsOf,
  traceOf,
} from "./run-wishes.ts";
import { STREAM_WORKER, type StreamSetup, type StreamTask } from "./stream-worker.ts";

/** What is asked of a run beside program, chip and input. */
export interface RunOptions {
  /** Names of the profile's operating points; its first where absent. */
  readonly operatingPoints?: readonly string[];
  /** Sequential only, where absent. */
  readonly schedules?: readonly Schedule[];
  /** Fast only, where absent. */
  readonly fidelities?: readonly Fidelity[];
  /** How timesteps are kept apart, a reading each; as the profile says where absent. */
  readonly synchronisations?: readonly SynchronisationWish[];
  /**
   * How PEs come to their operating points; fixed only, where absent. A policy names its own points: it is read once,
   * whatever the operating points asked for.
   */
  readonly dvfs?: readonly DvfsWish[];
  /** Timesteps between restarts of the hidden state; absent: it is carried on throughout. */
  readonly window?: number;
  /** Equal parts that the input is cut into, each run from a state of zero; one where absent. */
  readonly streams?: number;
  /** What PEs do while they wait, and those without work; as the profile says where absent. */
  readonly whileWaiting?: PeProfile["whileWaiting"];
  readonly whileUnused?: PeProfile["whileUnused"];
  /** Timesteps to record: at the first operating point, packet by packet where the detailed fidelity is asked for. */
  readonly trace?: TraceWindow;
  readonly onProgress?: (stepsDone: number, steps: number) => void;
  /** Told of every step, numbered throughout; a run that is observed stays in one thread. */
  readonly observe?: (step: number, view: StepView) => void;
}

/** A run at one operating point under one schedule. */
export interface Reading {
  readonly point: OperatingPoint;
  readonly timing: Timing;
  readonly energy: EnergyReport;
  readonly whileWaiting: PeProfile["whileWaiting"];
  readonly whileUnused: PeProfile["whileUnused"];
}

/** One simulated run, and what it takes at each operating point and schedule. */
export interface RunReport {
  readonly program: Program;
  readonly chip: Chip;
  readonly stepIs: "token" | "vector";
  readonly result: SimulationResult;
  readonly metrics: NeuroBenchMetrics;
  readonly readings: readonly Reading[];
  /** Present where it was held against float32. */
  readonly float32?: AgainstFloat32;
}

/** Simulates a program once, then times and prices the run at each operating point under each schedule. */
export function runProgram(program: Program, chip: Chip, stimulus: Stimulus, options: RunOptions): RunReport {
  const { profile } = chip;
  const steps = checkRun(program, chip, stimulus, options);
  const { window, streams, onProgress, observe } = options;
  const result = simulate(program, profile, stimulus, {
    ...(window !== undefined && { window }),
    ...(streams !== undefined && { streams }),
    ...(onProgress && { onProgress: (done: number) => onProgress(done, steps) }),
    ...(observe && { observe }),
    ...traceOf(program, profile, options),
    replays: replaysOf(program, profile, options),
    dvfs: policiesOf(program, profile, options),
  });
  return reportOf(program, chip, stimulus, options, result);
}

/** The same, its streams spread over so many worker threads. Equal results, whatever their number. */
export async function runProgramInWorkers(
  program: Program,
  chip: Chip,
  stimulus: Stimulus,
  options: RunOptions,
  workers: number,
): Promise<RunReport> {
  const { window, streams = 1, onProgress } = options;
  if (Math.min(workers, streams) <= 1 || options.observe) return runProgram(program, chip, stimulus, options);
  const { profile } = chip;
  const steps = checkRun(program, chip, stimulus, options);
  const setup: StreamSetup = {
    program,
    profile,
    carry: {
      window,
      replays: replaysOf(program, profile, options),
      dvfs: policiesOf(program, profile, options),
    },
  };
  const parts = cutStreams(stimulus, streams).map((stream, index): StreamTask => ({
    stream,
    ...(index === 0 && traceOf(program, profile, options)),
  }));
  try {
    const results = await runInWorkers<StreamSetup, StreamTask, SimulationResult>(
      STREAM_WORKER,
      setup,
      parts,
      workers,
      onProgress && ((done) => onProgress(sumOf(done), steps)),
    );
    onProgress?.(sumOf(results.map(({ steps }) => steps)), steps);
    return reportOf(program, chip, stimulus, options, joinStreams(results));
  } catch (error) {
    // A thread cannot hand over what kind of error it met. If it is the user's, it is met here as well.
    startSimulation(openMachine(program, profile), parts[0]!.stream, setup.carry);
    throw error;
  }
}

/** Refuses what must not cost a simulation first. Returns the steps that the run will have. */
function checkRun(program: Program, { profile }: Chip, stimulus: Stimulus, options: RunOptions): number {
  if (stepsOf(stimulus) === 0) {
    throw new InputError({}, `the input holds no timestep (${stimulus.origin})`, "Give a longer input.");
  }
  pointsOf(profile, options);
  synchronisationsOf(profile, options);
  policiesOf(program, profile, options);
  return stepsInStreams(stimulus, options.streams ?? 1);
}

/** Times and prices a run. */
function reportOf(
  program: Program,
  chip: Chip,
  stimulus: Stimulus,
  options: RunOptions,
  result: SimulationResult,
): RunReport {
  return {
    program,
    chip,
    stepIs: stimulus.kind === "tokens" ? "token" : "vector",
    result,
    metrics: neuroBenchMetrics(result, program),
    readings: readRun(result, program, chip, options),
  };
}

/** What a run takes at each operating point and schedule; also of a profile that only prices it differently. */
export function readRun(
  result: SimulationResult,
  program: Program,
  { profile }: Pick<Chip, "profile">,
  options: RunOptions,
): Reading[] {
  return [
    ...(isFixed(options) ? pointsOf(profile, options) : []).flatMap((point) =>
      readingsAt(result, profile, options, point),
    ),
    ...policiesOf(program, profile, options).flatMap((dvfs) =>
      readingsAt(result, profile, options, dvfs.points[0]!, dvfs),
    ),
  ];
}

/** All readings at one point or of one policy: those from counts, then those replayed. */
function readingsAt(
  result: SimulationResult,
  profile: HardwareProfile,
  options: RunOptions,
  point: OperatingPoint,
  dvfs?: DvfsPolicy,
): Reading[] {
  const timings = [
    ...fastTimings(result, profile, point, options, dvfs?.label),
    ...replaysAt(profile, options, point, dvfs).map((request) => replayedTimeOf(result, profile, request)),
  ];
  return timings.map((timing) => readingOf(result, profile, point, timing, options));
}

/** Closed-form times, by data flow or as asked, schedule by schedule. */
function fastTimings(
  result: SimulationResult,
  profile: HardwareProfile,
  point: OperatingPoint,
  options: RunOptions,
  dvfs?: string,
): Timing[] {
  const { schedules = ["sequential"], fidelities = ["fast"] } = options;
  if (!fidelities.includes("fast")) return [];
  return schedules.flatMap((schedule) =>
    synchronisationsOf(profile, options).map((synchronisation) =>
      timeOf(result, profile, point, schedule, { synchronisation, dvfs }),
    ),
  );
}

function readingOf(
  result: SimulationResult,
  profile: HardwareProfile,
  point: OperatingPoint,
  timing: Timing,
  options: RunOptions,
): Reading {
  const { whileWaiting = profile.pe.whileWaiting, whileUnused = profile.pe.whileUnused } = options;
  const energy = energyOf(result, profile, point, timing, { whileWaiting, whileUnused });
  return { point, timing, energy, whileWaiting, whileUnused };
}
