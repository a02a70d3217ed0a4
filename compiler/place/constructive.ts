import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { breadthFirst, reverseCuthillMcKee } from "./graph-order.ts";
import { hilbertStations, type Stations, stationsOf, walkStations } from "./node-order.ts";
import { type PlacementProblem, type Placer, reachablePes } from "./problem.ts";
import { sliceGraph } from "./slice-order.ts";

/** A placer that lays slices, in one order, over stations, in another. */
interface Layout {
  readonly name: string;
  readonly summary: string;
  slices(problem: PlacementProblem): readonly number[];
  stations(problem: PlacementProblem, graph: RouterGraph, stations: Stations): readonly number[];
}

const layOut = ({ name, summary, slices, stations }: Layout): Placer => ({
  name,
  summary,
  place(problem) {
    const graph = routerGraphOf(problem.profile);
    const usable = new Set(reachablePes(problem, graph));
    const all = stationsOf(problem.profile, graph);
    const ordered = stations(problem, graph, all)
      .flatMap((station) => all.pesOf(station))
      .filter((pe) => usable.has(pe));
    const placement = new Array<number>(problem.slices.length);
    for (const [index, slice] of slices(problem).entries()) placement[slice] = ordered[index]!;
    return placement;
  },
});

const asTheyCome = ({ slices }: PlacementProblem): number[] => [...slices.keys()];

/** Slice n to the n-th PE by number. */
export const sequential: Placer = {
  name: "sequential",
  summary: "slices in order on PEs in order",
  place(problem) {
    const pes = reachablePes(problem, routerGraphOf(problem.profile));
    return problem.slices.map((_, index) => pes[index]!);
  },
};

/**
 * Slices in order on the PEs whose node lies nearest to its chip's event router, through which every event passes, chip
 * by chip. Where every node has a router of its own, from node to node along the mesh.
 */
export const nearRouter = layOut({
  name: "near-router",
  summary: "slices in order on the PEs nearest to the event router, chip by chip",
  slices: asTheyCome,
  stations: ({ profile }, graph, stations) => walkStations(profile, graph, stations),
});

export const hilbert = layOut({
  name: "hilbert",
  summary: "slices breadth first along a Hilbert curve",
  slices: (problem) => breadthFirst(sliceGraph(problem)),
  stations: (_problem, _graph, stations) => hilbertStations(stations),
});

export const breadthFirstPlacer = layOut({
  name: "breadth-first",
  summary: "slices breadth first over nodes breadth first from the host's",
  slices: (problem) => breadthFirst(sliceGraph(problem)),
  stations: (_problem, _graph, stations) => breadthFirst(stations, stations.start),
});

export const rcm = layOut({
  name: "rcm",
  summary: "reverse Cuthill–McKee order of slices and of nodes",
  slices: (problem) => reverseCuthillMcKee(sliceGraph(problem)),
  stations: (_problem, _graph, stations) => reverseCuthillMcKee(stations),
});

/** Placers that need no search. */
export const CONSTRUCTIVE_PLACERS: readonly Placer[] = [
  nearRouter,
  sequential,
  hilbert,
  breadthFirstPlacer,
  rcm,
];
