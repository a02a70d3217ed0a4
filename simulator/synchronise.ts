import { sumOf } from "../src/core/counts.ts";
import type { Overruns } from "../src/core/result.ts";
import type { Synchronisation } from "../src/core/run-policy.ts";
import type { Seconds } from "../src/core/units.ts";

/**
 * The run's time when each stretch of work ends as the synchronisation says.
 *
 * @param stretches Work that nothing divides, one after the other in a timestep. Shape [steps] each.
 * @param least     Seconds that the run's work takes at least, all steps together.
 */
export function synchronise(
  stretches: readonly Float64Array[],
  steps: number,
  synchronisation: Synchronisation,
  least: Seconds,
): { readonly total: Seconds; readonly waiting: Seconds; readonly overruns?: Overruns | undefined } {
  if (synchronisation.kind === "timer") return inTicks(stretches, steps, synchronisation.period, least);
  let total = 0;
  for (let step = 0; step < steps; step += 1) {
    total += sumOf(stretches.map((seconds) => seconds[step]!));
  }
  const barrier = synchronisation.kind === "barrier" ? synchronisation.seconds : 0;
  const waiting = steps * stretches.length * barrier;
  return { total: Math.max(total, least) + waiting, waiting };
}

/** One tick a stretch, whether or not its work is done by then; late work is reported, never waited for. */
function inTicks(stretches: readonly Float64Array[], steps: number, period: Seconds, least: Seconds) {
  let longest = steps === 0 ? 0 : least / steps;
  let waiting = 0;
  let late = 0;
  for (let step = 0; step < steps; step += 1) {
    let slowest = 0;
    for (const seconds of stretches) {
      slowest = Math.max(slowest, seconds[step]!);
      waiting += Math.max(0, period - seconds[step]!);
    }
    if (slowest > period) late += 1;
    longest = Math.max(longest, slowest);
  }
  const overruns =
    longest > period
      ? { steps: Math.max(late, 1), worst: longest - period, shortestTick: longest }
      : undefined;
  return { total: steps * stretches.length * period, waiting, overruns };
}
