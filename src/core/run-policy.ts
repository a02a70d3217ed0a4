import { InputError, UnsupportedError } from "./errors.ts";
import type { HardwareProfile, OperatingPoint, SynchronisationKind } from "./profile.ts";
import type { Schedule } from "./result.ts";
import type { Seconds } from "./units.ts";

/** How a run keeps its timesteps apart, with the time that this takes. */
export type Synchronisation =
  | { readonly kind: "data-flow" }
  | { readonly kind: "barrier"; readonly seconds: Seconds }
  | { readonly kind: "timer"; readonly period: Seconds };

/** The same as asked for: without a time the profile's. */
export interface SynchronisationWish {
  readonly kind: SynchronisationKind;
  readonly seconds?: Seconds;
}

/** How a run's PEs come to their operating points, as asked for. */
export type DvfsWish =
  | { readonly kind: "fixed" }
  /** Each named layer's PEs at a named point, the others at the profile's first. */
  | { readonly kind: "layers"; readonly points: Readonly<Record<string, string>> }
  /** A PE with more received packets than `packets` in a timestep at the high point, otherwise at the low one. */
  | { readonly kind: "queue"; readonly packets: number; readonly low?: string; readonly high?: string };

/** The same with a profile's operating points: slowest first, without repetition. */
export type DvfsPolicy = {
  /** Names the policy in results: "queue:30@150MHz,300MHz". */
  readonly label: string;
  readonly points: readonly OperatingPoint[];
} & (
  | {
      readonly kind: "layers";
      /** Index in `points` by phase name. */
      readonly levels: Readonly<Record<string, number>>;
    }
  | { readonly kind: "queue"; readonly packets: number }
);

/** How a run is to be replayed packet by packet. */
export interface ReplayRequest {
  /** Of all PEs; under a policy the one that the time is named after. */
  readonly point: OperatingPoint;
  /** Sequential where absent. */
  readonly schedule?: Schedule;
  /** By data flow where absent. */
  readonly synchronisation?: Synchronisation;
  /** Absent: all PEs stay at the point. Must be among the run's own policies. */
  readonly dvfs?: DvfsPolicy;
}

const SYNCHRONISATION_HINT = 'Give the time, as in "--sync barrier:2us" or "--sync timer:1ms".';

/**
 * A wish with the profile's times where it names none; without a wish what the chip does.
 *
 * @throws InputError where neither knows the time.
 */
export function synchronisationOf(
  { name, synchronisation }: HardwareProfile,
  { kind, seconds }: SynchronisationWish = { kind: synchronisation.kind },
): Synchronisation {
  if (kind === "data-flow") return { kind };
  const time = seconds ?? (kind === "barrier" ? synchronisation.barrier : synchronisation.period);
  if (time === undefined) {
    const what = kind === "barrier" ? "how long a barrier takes" : "how long a tick is";
    throw new InputError({ field: "synchronisation" }, `${name} does not say ${what}`, SYNCHRONISATION_HINT);
  }
  return kind === "barrier" ? { kind, seconds: time } : { kind, period: time };
}

/**
 * A policy on a chip; undefined for fixed operating points.
 *
 * @param phases Names of the program's phases: layers, and a decoder on the chip.
 * @throws UnsupportedError where the chip's PEs keep their operating point.
 * @throws InputError where a layer or an operating point does not exist.
 */
export function dvfsPolicyOf(
  profile: HardwareProfile,
  wish: DvfsWish,
  phases: readonly string[],
): DvfsPolicy | undefined {
  if (wish.kind === "fixed") return undefined;
  if (profile.dvfs === undefined) {
    throw new UnsupportedError(
      `The PEs of ${profile.name} keep their operating point: its profile has no "dvfs".`,
      'Leave out "--dvfs", or add a "dvfs" block with a "switchTime" to the profile.',
    );
  }
  const policy = wish.kind === "queue" ? queuePolicy(profile, wish) : layersPolicy(profile, wish, phases);
  if (policy.points.length > 1 && policy.points.some(({ energy }) => energy.pe.basis !== "state")) {
    throw new UnsupportedError(
      `PEs of ${profile.name} are charged by action, so energies at several operating points cannot be told apart.`,
      'Charge PEs by state in the profile, or leave out "--dvfs".',
    );
  }
  return policy;
}

type Wish<Kind extends DvfsWish["kind"]> = Extract<DvfsWish, { readonly kind: Kind }>;

function queuePolicy(profile: HardwareProfile, { packets, low, high }: Wish<"queue">): DvfsPolicy {
  const byClock = profile.operatingPoints.toSorted((a, b) => a.peClock - b.peClock);
  const slow = low === undefined ? byClock[0]! : pointNamed(profile, low);
  const quick = high === undefined ? byClock.at(-1)! : pointNamed(profile, high);
  if (!(slow.peClock < quick.peClock)) {
    throw new InputError(
      { field: "dvfs" },
      `${slow.name} is not slower than ${quick.name}`,
      'Name the slower operating point first, as in "--dvfs queue:30@150MHz,300MHz".',
    );
  }
  const label = `queue:${packets}@${slow.name},${quick.name}`;
  return { kind: "queue", label, packets, points: [slow, quick] };
}

function layersPolicy(
  profile: HardwareProfile,
  { points: named }: Wish<"layers">,
  phases: readonly string[],
): DvfsPolicy {
  const stranger = Object.keys(named).find((layer) => !phases.includes(layer));
  if (stranger !== undefined) {
    throw new InputError(
      { field: "dvfs" },
      `the program has no layer "${stranger}" on the chip`,
      `Choose from ${phases.join(", ")}.`,
    );
  }
  const pointOf = (phase: string) =>
    Object.hasOwn(named, phase) ? pointNamed(profile, named[phase]!) : profile.operatingPoints[0]!;
  const points = [...new Set(phases.map(pointOf))].sort((a, b) => a.peClock - b.peClock);
  return {
    kind: "layers",
    label: `layers:${Object.entries(named)
      .map((entry) => entry.join("="))
      .join(",")}`,
    points,
    levels: Object.fromEntries(phases.map((phase) => [phase, points.indexOf(pointOf(phase))])),
  };
}

function pointNamed({ name, operatingPoints }: HardwareProfile, point: string): OperatingPoint {
  const found = operatingPoints.find((candidate) => candidate.name === point);
  if (found !== undefined) return found;
  throw new InputError(
    { field: "dvfs" },
    `${name} has no operating point "${point}"`,
    `Choose one of ${operatingPoints.map((candidate) => candidate.name).join(", ")}.`,
  );
}
