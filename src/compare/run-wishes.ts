import type { HardwareProfile, OperatingPoint } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import {
  type DvfsPolicy,
  dvfsPolicyOf,
  type ReplayRequest,
  type Synchronisation,
  synchronisationOf,
} from "../core/run-policy.ts";
import type { TraceRequest } from "../core/trace.ts";
import { operatingPointOf } from "../profiles/chip-spec.ts";
import type { RunOptions } from "./run.ts";

export const pointsOf = (profile: HardwareProfile, { operatingPoints }: RunOptions): OperatingPoint[] =>
  (operatingPoints ?? [undefined]).map((name) => operatingPointOf(profile, name));

export const synchronisationsOf = (
  profile: HardwareProfile,
  { synchronisations }: RunOptions,
): Synchronisation[] => (synchronisations ?? [undefined]).map((wish) => synchronisationOf(profile, wish));

/** Policies by which PEs change their operating point. */
export function policiesOf(
  { populations, chipDecoder }: Program,
  profile: HardwareProfile,
  { dvfs = [] }: RunOptions,
): DvfsPolicy[] {
  const phases = [...populations.slice(1), ...(chipDecoder ? [chipDecoder] : [])].map(({ name }) => name);
  return dvfs.map((wish) => dvfsPolicyOf(profile, wish, phases)).filter((policy) => policy !== undefined);
}

const isDetailed = ({ fidelities = ["fast"] }: RunOptions): boolean => fidelities.includes("detailed");

/** What is recorded of a run. The fast fidelity's phases are kept apart as in its first reading. */
export function traceOf(
  program: Program,
  profile: HardwareProfile,
  options: RunOptions,
): { readonly trace?: TraceRequest } {
  if (options.trace === undefined) return {};
  const [replay] = replaysOf(program, profile, options);
  const [point] = replay ? [replay.point] : pointsOf(profile, options);
  const [synchronisation] = synchronisationsOf(profile, options);
  const pace = {
    least: synchronisation?.kind === "timer" ? synchronisation.period : 0,
    added: synchronisation?.kind === "barrier" ? synchronisation.seconds : 0,
  };
  return { trace: { ...options.trace, fidelity: replay ? "detailed" : "fast", point: point!, pace } };
}

export const isFixed = ({ dvfs }: RunOptions): boolean =>
  dvfs === undefined || dvfs.some(({ kind }) => kind === "fixed");

/** One replay for each detailed reading, and one for a trace where none of these is sequential. */
export function replaysOf(program: Program, profile: HardwareProfile, options: RunOptions): ReplayRequest[] {
  const { schedules = ["sequential"], trace } = options;
  const read = readReplaysOf(program, profile, options);
  if (trace === undefined || read.length === 0 || schedules.includes("sequential")) return read;
  return [...read, { ...read[0]!, schedule: "sequential" }];
}

function readReplaysOf(program: Program, profile: HardwareProfile, options: RunOptions): ReplayRequest[] {
  return [
    ...(isFixed(options)
      ? pointsOf(profile, options).flatMap((point) => replaysAt(profile, options, point))
      : []),
    ...policiesOf(program, profile, options).flatMap((dvfs) =>
      replaysAt(profile, options, dvfs.points[0]!, dvfs),
    ),
  ];
}

export function replaysAt(
  profile: HardwareProfile,
  options: RunOptions,
  point: OperatingPoint,
  dvfs?: DvfsPolicy,
): ReplayRequest[] {
  if (!isDetailed(options)) return [];
  const { schedules = ["sequential"] } = options;
  return schedules.flatMap((schedule) =>
    synchronisationsOf(profile, options).map((synchronisation) => ({
      point,
      schedule,
      synchronisation,
      ...(dvfs && { dvfs }),
    })),
  );
}
