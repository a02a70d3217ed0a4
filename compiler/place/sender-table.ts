import type { PlacementProblem } from "./problem.ts";

/** Flows and slices by number, so that a move looks nothing up by name. */
export interface SenderTable {
  /** Flow that a slice sends; −1 for none. Shape [slices]. */
  readonly flowFrom: Int32Array;
  /** Flows that a slice receives. Shape [slices]; slices of one population share an array. */
  readonly flowsInto: readonly (readonly number[])[];
  /** Events of a slice in a timestep. Shape [slices]. */
  readonly events: Float64Array;
  /** Events of a flow that come from the host. Shape [flows]. */
  readonly hostEvents: Float64Array;
  /** All events of a flow. Shape [flows]. */
  readonly allEvents: Float64Array;
}

/**
 * Sums of events are kept in steps of 2^−10, which float64 adds without rounding in whatever order: what a move adds, the
 * way back takes away.
 */
const inSteps = (events: number): number => Math.round(events * 1024) / 1024;

export function senderTable({ slices, flows }: PlacementProblem): SenderTable {
  const flowOf = new Map(flows.map(({ source }, flow) => [source, flow]));
  const populations = new Set(slices.map(({ population }) => population));
  const into = new Map(
    [...populations].map((name) => [
      name,
      [...flows.keys()].filter((flow) => flows[flow]!.targets.includes(name)),
    ]),
  );
  const flowFrom = Int32Array.from(slices, ({ population }) => flowOf.get(population) ?? -1);
  const events = Float64Array.from(slices, ({ first, count }, slice) => {
    const all = flows[flowFrom[slice]!]?.events;
    return inSteps(sum(all?.subarray(first, first + count) ?? []));
  });
  const hostEvents = Float64Array.from(flows, ({ source, events: all }) =>
    populations.has(source) ? 0 : inSteps(sum(all)),
  );
  const allEvents = hostEvents.slice();
  for (const [slice, flow] of flowFrom.entries()) if (flow >= 0) allEvents[flow]! += events[slice]!;
  const flowsInto = slices.map(({ population }) => into.get(population)!);
  return { flowFrom, flowsInto, events, hostEvents, allEvents };
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};
