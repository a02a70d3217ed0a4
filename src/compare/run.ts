import { type NeuroBenchMetrics, neuroBenchMetrics } from "../../simulator/metrics.ts";
import { simulate } from "../../simulator/simulate.ts";
import { timeOf } from "../../simulator/time-of.ts";
import { InputError } from "../core/errors.ts";
import type { HardwareProfile, OperatingPoint, PeProfile } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { Schedule, SimulationResult, Timing } from "../core/result.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import { type EnergyReport, energyOf } from "../energy/energy-of.ts";
import { operatingPointOf } from "../profiles/chip-spec.ts";
import type { Chip } from "./chips.ts";

/** What is asked of a run beside program, chip and input. */
export interface RunOptions {
  /** Names of the profile's operating points; its first where absent. */
  readonly operatingPoints?: readonly string[];
  /** Sequential only, where absent. */
  readonly schedules?: readonly Schedule[];
  /** Timesteps between restarts of the hidden state; absent: it is carried on throughout. */
  readonly window?: number;
  /** What PEs do while they wait, and those without work; as the profile says where absent. */
  readonly whileWaiting?: PeProfile["whileWaiting"];
  readonly whileUnused?: PeProfile["whileUnused"];
  readonly onProgress?: (stepsDone: number, steps: number) => void;
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
}

/** Simulates a program once, then times and prices the run at each operating point under each schedule. */
export function runProgram(program: Program, chip: Chip, stimulus: Stimulus, options: RunOptions): RunReport {
  const steps = stepsOf(stimulus);
  if (steps === 0) {
    throw new InputError({}, `the input holds no timestep (${stimulus.origin})`, "Give a longer input.");
  }
  const { profile } = chip;
  // Looked up first: a wrong name must not cost a simulation.
  const points = (options.operatingPoints ?? [undefined]).map((name) => operatingPointOf(profile, name));
  const { window, onProgress } = options;
  const result = simulate(program, profile, stimulus, {
    ...(window !== undefined && { window }),
    ...(onProgress && { onProgress: (done: number) => onProgress(done, steps) }),
  });
  const schedules = options.schedules ?? ["sequential" as const];
  return {
    program,
    chip,
    stepIs: stimulus.kind === "tokens" ? "token" : "vector",
    result,
    metrics: neuroBenchMetrics(result, program),
    readings: points.flatMap((point) =>
      schedules.map((schedule) => readingAt(result, profile, point, schedule, options)),
    ),
  };
}

function readingAt(
  result: SimulationResult,
  profile: HardwareProfile,
  point: OperatingPoint,
  schedule: Schedule,
  options: RunOptions,
): Reading {
  const { whileWaiting = profile.pe.whileWaiting, whileUnused = profile.pe.whileUnused } = options;
  const timing = timeOf(result, profile, point, schedule);
  const energy = energyOf(result, profile, point, timing, { whileWaiting, whileUnused });
  return { point, timing, energy, whileWaiting, whileUnused };
}
