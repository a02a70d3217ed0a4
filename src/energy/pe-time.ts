import { MismatchError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Timing } from "../core/result.ts";
import { type Cycles, cycles, type Seconds, seconds } from "../core/units.ts";
import type { PeUse } from "./energy-report.ts";
import { cyclesAtSlowest, type Levels } from "./levels.ts";

/** Relative slack for sums of cycles that went through seconds and back. */
const ROUNDING = 1e-9;

export interface PeTime {
  /** PE-seconds by use; PEs that are switched off are left out. */
  readonly use: PeUse<Seconds>;
  /** PE-seconds of work by level; they sum to `use.working`. */
  readonly workingAt: readonly Seconds[];
  /** PE cycles that used PEs spent waiting, at the slowest level. */
  readonly waitingCycles: Cycles;
}

/**
 * How PEs spent the run. A used PE works while its core or its MAC array does and waits the rest of the time.
 * Of the unused, those that system software keeps stay powered; the others may be off. Cycles of quicker levels
 * are counted as those of the slowest that take as long. Work that a timer's ticks did not wait for fills the run.
 *
 * @param usedPes PEs that hold a part of the program.
 */
export function peTimeOf(
  levels: Levels,
  usedPes: readonly number[],
  { pe }: HardwareProfile,
  { total, overruns }: Timing,
  whileUnused: "sleep" | "off",
): PeTime {
  const { peClock } = levels[0].point;
  const reserved = new Set(pe.reserved);
  const used = new Set(usedPes);
  const runCycles = total * peClock;
  const workingAt = levels.map(() => 0);
  let workingCycles = 0;
  let usedCount = 0;
  let unusedCount = 0;
  for (let index = 0; index < pe.count; index += 1) {
    const core = cyclesAtSlowest(levels, index, "busyCycles");
    const array = cyclesAtSlowest(levels, index, "macArrayCycles");
    if (overruns === undefined) checkFits(index, Math.max(core, array), runCycles);
    if (used.has(index) || core + array > 0) {
      usedCount += 1;
      const worked = Math.min(core + array, runCycles);
      workingCycles += worked;
      for (const [level, { point, busyCycles, macArrayCycles }] of levels.entries()) {
        const own = (busyCycles[index]! + macArrayCycles[index]!) * (peClock / point.peClock);
        if (own > 0) workingAt[level]! += worked * (own / (core + array));
      }
    } else if (whileUnused === "sleep" || reserved.has(index)) unusedCount += 1;
  }
  const waitingCycles = Math.max(0, usedCount * runCycles - workingCycles);
  return {
    use: {
      working: seconds(workingCycles / peClock),
      waiting: seconds(waitingCycles / peClock),
      unused: seconds(unusedCount * total),
    },
    workingAt: workingAt.map((count) => seconds(count / peClock)),
    waitingCycles: cycles(waitingCycles),
  };
}

function checkFits(index: number, busy: number, runCycles: number): void {
  if (busy <= runCycles * (1 + ROUNDING)) return;
  throw new MismatchError(
    `PE ${index} was busy for ${Math.round(busy)} cycles of a run that lasts ${Math.round(runCycles)}.`,
    "Price a result with the timing that was made from it, at the same operating point.",
  );
}
