import { CapacityError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type { Partition, Placement } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";
import { distancesFrom } from "../router-distances.ts";

export interface PlacementProblem {
  readonly slices: Partition;
  /** PE indices that may be used; dead and reserved ones are not among them. */
  readonly pes: readonly number[];
  readonly profile: HardwareProfile;
  /** Who sends how much to whom. */
  readonly flows: readonly Flow[];
}

/** What one population sends in a timestep. */
export interface Flow {
  /** A population; the host sends for one without slices. */
  readonly source: string;
  /** Populations all of whose slices receive every event. */
  readonly targets: readonly string[];
  readonly toHost: boolean;
  /** Events that each neuron sends in a timestep. Shape [neurons]. */
  readonly events: Float64Array;
}

/** Mean events of each neuron in a timestep, by population. Shape [neurons] each. */
export type Activity = ReadonlyMap<string, Float64Array>;

export interface PlaceOptions {
  readonly seed: number;
  /** How long a search may take: twice the effort, twice the moves. 1 where absent. */
  readonly effort?: number;
}

/** Gives each slice a PE of its own. Same problem, seed and effort, same placement. */
export interface Placer {
  readonly name: string;
  readonly summary: string;
  /** @throws CapacityError where slices outnumber the PEs that can be reached. */
  place(problem: PlacementProblem, options: PlaceOptions): Placement;
}

/**
 * Who sends to whom in an event graph, and how much.
 *
 * @param activity Of all its populations.
 */
export function flowsOf({ populations, projections }: EventGraph, activity: Activity): Flow[] {
  const output = populations.at(-1)?.name;
  return populations.map(({ name }) => ({
    source: name,
    targets: [...new Set(projections.filter(({ source }) => source === name).map(({ target }) => target))],
    toHost: name === output,
    events: activity.get(name)!,
  }));
}

/** PEs that events from the host can reach over living links, in the problem's order. */
export function reachablePes(problem: PlacementProblem, graph: RouterGraph): readonly number[] {
  const { pes, slices } = problem;
  const distance = distancesFrom(graph, graph.hostRouter);
  const reached =
    graph.directions.length > 0 ? pes.filter((pe) => distance[graph.routerOfPe[pe]!] !== Infinity) : pes;
  if (reached.length >= slices.length) return reached;
  throw new CapacityError(
    {
      resource: "processing elements",
      where: "The model",
      needed: slices.length,
      available: reached.length,
    },
    "Use fewer PEs (--pes) or a larger chip.",
  );
}
