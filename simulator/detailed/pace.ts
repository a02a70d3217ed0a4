import type { Synchronisation } from "../../src/core/run-policy.ts";

/** Times below which a tick counts as reached, in ticks: rounding must not cost a whole one. */
const TOLERANCE = 1e-9;

/**
 * When that which follows on work may begin, in NoC cycles: by data flow at once, after a barrier when that is over,
 * and by a timer at the next tick. Undefined by data flow.
 *
 * @param clock Of the NoC.
 */
export function paceOf(
  synchronisation: Synchronisation,
  clock: number,
): ((end: number) => number) | undefined {
  switch (synchronisation.kind) {
    case "data-flow":
      return undefined;
    case "barrier": {
      const cycles = synchronisation.seconds * clock;
      return (end) => end + cycles;
    }
    case "timer": {
      const cycles = synchronisation.period * clock;
      return (end) => cycles * Math.ceil(end / cycles - TOLERANCE);
    }
  }
}
