import { sumOf } from "../core/counts.ts";
import type { HardwareProfile, OperatingPoint } from "../core/profile.ts";
import type { SimulationResult, Timing } from "../core/result.ts";
import type { Cycles } from "../core/units.ts";

/** What PEs did at one operating point. */
export interface Level {
  readonly point: OperatingPoint;
  /** PE cycles of the Arm kernels, by PE index. */
  readonly busyCycles: Float64Array;
  /** PE cycles of MAC-array work, by PE index. */
  readonly macArrayCycles: Float64Array;
  /** Multiply-accumulates of the MAC arrays. */
  readonly macs: number;
}

/** At least one; where PEs change their operating point several, the slowest first: there they sleep. */
export type Levels = readonly [Level, ...Level[]];

/** The levels of the timing: one operating point, or those of its policy. */
export function levelsOf(
  { busyCycles, macArrayCycles, counts, dvfs }: SimulationResult,
  { operatingPoints }: HardwareProfile,
  point: OperatingPoint,
  timing: Timing,
): Levels {
  if (timing.dvfs === undefined) {
    return [{ point, busyCycles, macArrayCycles, macs: sumOf(counts.macArray.mac) }];
  }
  const run = dvfs?.find(({ policy }) => policy === timing.dvfs);
  if (run === undefined) throw new RangeError(`the run was not simulated with the policy ${timing.dvfs}`);
  return run.points.map((name, level) => ({
    point: operatingPoints.find((candidate) => candidate.name === name)!,
    busyCycles: run.busyCycles[level]!,
    macArrayCycles: run.macArrayCycles[level]!,
    macs: run.macs[level]!,
  })) as unknown as Levels;
}

/** Cycles of PE `pe` at all levels, each as so many cycles of the slowest. */
export const cyclesAtSlowest = (levels: Levels, pe: number, kind: "busyCycles" | "macArrayCycles"): Cycles =>
  sumOf(levels.map((level) => level[kind][pe]! * (levels[0].point.peClock / level.point.peClock)));
