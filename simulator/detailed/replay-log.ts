import type { ReplayedTiming, ReplayFigures } from "../../src/core/result.ts";
import type { ReplayRequest } from "../../src/core/run-policy.ts";
import type { Machine } from "../engine/machine.ts";
import type { EventList } from "../functional/event-list.ts";
import type { LayerProgress } from "./layer-progress.ts";
import type { ReplayNotes } from "./replay-notes.ts";

/** How long the phases of a replay took, step by step. */
export interface ReplayLog {
  /** Timesteps, or intervals of a pipeline, so far. */
  steps(): number;
  /** One more is through; times in NoC cycles. */
  add(begin: number, end: number, progress: LayerProgress, lists: readonly EventList[]): void;
  timing(figures: ReplayFigures): ReplayedTiming;
}

/** Of a pipeline only intervals are kept in which every layer has something to do. */
export function startReplayLog(
  { profile, phases }: Machine,
  { point, schedule = "sequential", synchronisation = { kind: "data-flow" }, dvfs }: ReplayRequest,
  capacity: number,
  notes: ReplayNotes | undefined,
): ReplayLog {
  const { clock } = profile.noc;
  const isPipelined = schedule === "pipelined";
  const fill = isPipelined ? phases.length : 0;
  const seconds = phases.map(() => new Float64Array(capacity));
  const intervals = new Float64Array(isPipelined ? capacity : 0);
  let steps = 0;

  const phaseIsOver = (phase: number, from: number, until: number, events: number): void => {
    const step = isPipelined ? steps - phase - 1 : steps;
    if (step >= 0) notes?.phase(phase, step, from, until, events);
    seconds[phase]![steps] = (until - from) / clock;
  };

  return {
    steps: () => steps,
    add(begin, end, progress, lists) {
      for (let phase = 0; phase < phases.length; phase += 1) {
        const layer = phase + 1;
        const isLast = layer === phases.length && !isPipelined;
        const until = isLast ? end : progress.endedAt(layer);
        phaseIsOver(phase, progress.beganAt(layer), until, lists[layer]?.count ?? 0);
      }
      if (isPipelined) intervals[steps] = (end - begin) / clock;
      steps += 1;
    },
    timing: (figures) => ({
      operatingPoint: point.name,
      schedule,
      synchronisation,
      ...(dvfs && { dvfs: dvfs.label }),
      phases: phases.map(({ name }, phase) => ({ name, seconds: seconds[phase]!.slice(fill, steps) })),
      ...(isPipelined && { intervals: intervals.slice(fill, steps) }),
      ...figures,
    }),
  };
}
