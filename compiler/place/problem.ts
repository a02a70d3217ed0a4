import { CapacityError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type { Partition, Placement } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { oppositeOf, type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { distancesFrom, neighbourOf } from "../router-distances.ts";

export interface PlacementProblem {
  readonly slices: Partition;
  /** PE indices that may be used; dead and reserved ones are not among them. */
  readonly pes: readonly number[];
  readonly profile: HardwareProfile;
  /** Who sends how much to whom. */
  readonly flows: readonly Flow[];
  /** Links between routers that carry nothing, in neither direction. */
  readonly deadLinks?: readonly RouterLink[];
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

/** The link that leaves a router in a direction of the router graph. */
export interface RouterLink {
  readonly router: number;
  readonly direction: number;
}

/** Mean events of each neuron in a timestep, by population, as measured on sample input. Shape [neurons] each. */
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
 * Who sends to whom in an event graph. A population whose activity nobody measured counts as if every neuron sent in
 * every timestep: among layers that are alike active, that changes no comparison.
 */
export function flowsOf({ populations, projections }: EventGraph, activity?: Activity): Flow[] {
  const output = populations.at(-1)?.name;
  return populations.map(({ name, size }) => ({
    source: name,
    targets: [...new Set(projections.filter(({ source }) => source === name).map(({ target }) => target))],
    toHost: name === output,
    events: activity?.get(name) ?? new Float64Array(size).fill(1),
  }));
}

/** The routers as they are left when dead links are taken away. */
export function livingRouters({ profile, deadLinks = [] }: PlacementProblem): RouterGraph {
  const graph = routerGraphOf(profile);
  if (deadLinks.length === 0) return graph;
  const neighbour = graph.neighbour.slice();
  for (const { router, direction } of deadLinks) {
    const other = neighbourOf(graph, router, direction);
    neighbour[router * graph.directions.length + direction] = -1;
    if (other >= 0) neighbour[other * graph.directions.length + oppositeOf(graph, direction)] = -1;
  }
  return { ...graph, neighbour };
}

/** PEs that events from the host can reach, in the problem's order. */
export function reachablePes(problem: PlacementProblem, graph: RouterGraph): readonly number[] {
  const { pes, slices, deadLinks = [] } = problem;
  const distance =
    deadLinks.length > 0 && graph.directions.length > 0 ? distancesFrom(graph, graph.hostRouter) : undefined;
  const reached = distance ? pes.filter((pe) => distance[graph.routerOfPe[pe]!] !== Infinity) : pes;
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
