import { KERNEL_ACTIONS, sumOf } from "../src/core/counts.ts";
import { UnsupportedError } from "../src/core/errors.ts";
import type { HardwareProfile } from "../src/core/profile.ts";
import type { SimulationResult, Timing } from "../src/core/result.ts";

/**
 * Actions of the run that nobody has published a time of. Rows count as being in the program's number format.
 *
 * @throws UnsupportedError where the time that is left is none at all: it would say nothing.
 */
export function untimedIn(
  { counts, manifest, steps }: SimulationResult,
  { pe, title }: HardwareProfile,
  total: number,
): Pick<Timing, "untimed"> {
  const unknown: ReadonlySet<string> = new Set(pe.untimed?.[manifest.quantisation.format] ?? []);
  const untimed = KERNEL_ACTIONS.filter((action) => unknown.has(action) && sumOf(counts.kernel[action]) > 0);
  if (untimed.length === 0) return {};
  if (total === 0 && steps > 0) {
    throw new UnsupportedError(
      `No time of what ${title} did in this run is known, so it has neither time nor power.`,
      "Give times with --set, or a tick with --sync timer:1ms.",
    );
  }
  return { untimed };
}
