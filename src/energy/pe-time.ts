import { MismatchError } from "../core/errors.ts";
import type { HardwareProfile, OperatingPoint } from "../core/profile.ts";
import type { SimulationResult, Timing } from "../core/result.ts";
import { type Cycles, cycles, type Seconds, seconds } from "../core/units.ts";
import type { PeUse } from "./energy-report.ts";

/** Relative slack for sums of cycles that went through seconds and back. */
const ROUNDING = 1e-9;

export interface PeTime {
  /** PE-seconds by use; PEs that are switched off are left out. */
  readonly use: PeUse<Seconds>;
  /** PE cycles that used PEs spent waiting. */
  readonly waitingCycles: Cycles;
}

/**
 * How PEs spent the run. A used PE works while its core or its MAC array does and waits the rest of the time.
 * Of the unused, those that system software keeps stay powered; the others may be off.
 */
export function peTimeOf(
  result: SimulationResult,
  { pe }: HardwareProfile,
  { peClock }: OperatingPoint,
  { total }: Timing,
  whileUnused: "sleep" | "off",
): PeTime {
  const reserved = new Set(pe.reserved);
  const used = new Set(result.usedPes);
  const runCycles = total * peClock;
  let workingCycles = 0;
  let usedCount = 0;
  let unusedCount = 0;
  for (let index = 0; index < pe.count; index += 1) {
    const core = result.busyCycles[index]!;
    const array = result.macArrayCycles[index]!;
    checkFits(index, Math.max(core, array), runCycles);
    if (used.has(index) || core + array > 0) {
      usedCount += 1;
      workingCycles += Math.min(core + array, runCycles);
    } else if (whileUnused === "sleep" || reserved.has(index)) unusedCount += 1;
  }
  const waitingCycles = Math.max(0, usedCount * runCycles - workingCycles);
  return {
    use: {
      working: seconds(workingCycles / peClock),
      waiting: seconds(waitingCycles / peClock),
      unused: seconds(unusedCount * total),
    },
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
