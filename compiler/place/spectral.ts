import type { Placement } from "../../src/core/mapping.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { smallestEigenvectors } from "./eigenvectors.ts";
import { breadthFirst } from "./graph-order.ts";
import { hilbertStations, type Stations, stationsOf, walkStations } from "./node-order.ts";
import { type PlacementProblem, type Placer, reachablePes } from "./problem.ts";
import { costOf } from "./traffic.ts";

/** Coordinates that differ by less than this share of the widest are equal: they differ by rounding alone. */
const RESOLUTION = 1e-6;
/** Slices × stations up to which layouts are compared, which takes about a second; beyond, the first is taken. */
const MOST_COMPARED = 1_000_000;

/** Places of slices in a plane, as whole steps of the resolution. Shape [slices] each. */
type Coordinates = readonly [Float64Array, Float64Array];

/** Usable PEs, along a way over the machine or strip by strip. */
type Strips = readonly (readonly number[])[];

/**
 * Slices by the second and third eigenvector of their graph's Laplacian, which bring together what exchanges many events:
 * along a curve by the first alone, or in strips of the grid by the first and within a strip by the second. Either may
 * run backwards and strips lie either way; the layout whose trees cost least is the one that counts.
 */
export const spectral: Placer = {
  name: "spectral",
  summary: "slices by eigenvectors of who sends to whom, in strips or along a curve",
  place(problem, { seed }) {
    const graph = routerGraphOf(problem.profile);
    const stations = stationsOf(problem.profile, graph);
    const [curves, grids] = stripsOf(problem, graph, stations);
    const vectors = smallestEigenvectors(problem, 2, seed).map(inSteps);
    const layouts: (() => Placement)[] = [];
    for (const first of bothWays(vectors[0]!)) {
      for (const curve of curves) layouts.push(() => layOut([first, vectors[1]!], [curve], true));
      for (const second of bothWays(vectors[1]!))
        for (const strips of grids) layouts.push(() => layOut([first, second], strips, false));
    }
    if (problem.slices.length * stations.size > MOST_COMPARED) return layouts[0]!();
    const placements = layouts.map((layout) => layout());
    const costs = placements.map((placement) => costOf(problem, placement).cost);
    return placements[costs.indexOf(costs.reduce((a, b) => Math.min(a, b)))]!;
  },
};

/** Lays slices over strips as they come by their first coordinate, within a strip by their second (or by both, in one). */
function layOut([first, second]: Coordinates, strips: Strips, isCurve: boolean): Placement {
  const byFirst = (a: number, b: number) => first[a]! - first[b]! || second[a]! - second[b]! || a - b;
  const bySecond = (a: number, b: number) => second[a]! - second[b]! || byFirst(a, b);
  const order = [...first.keys()].sort(byFirst);
  const placement = new Array<number>(order.length);
  let laid = 0;
  for (const pes of strips) {
    const within = order.slice(laid, laid + pes.length).sort(isCurve ? byFirst : bySecond);
    for (const [index, slice] of within.entries()) placement[slice] = pes[index]!;
    laid += within.length;
  }
  return placement;
}

/** Ways over as many stations nearest to the host as are needed, and their columns and rows. */
function stripsOf(
  problem: PlacementProblem,
  graph: RouterGraph,
  stations: Stations,
): readonly [curves: Strips, grids: readonly Strips[]] {
  const isUsable = new Set(reachablePes(problem, graph));
  const pesOf = (station: number) => stations.pesOf(station).filter((pe) => isUsable.has(pe));
  const region = new Set<number>();
  let room = 0;
  for (const station of breadthFirst(stations, stations.start)) {
    if (room >= problem.slices.length) break;
    region.add(station);
    room += pesOf(station).length;
  }
  const along = (way: readonly number[]) => way.filter((station) => region.has(station)).flatMap(pesOf);
  const strips = (across: "x" | "y", within: "x" | "y") =>
    linesOf(stations, [...region], across, within).map((line) => line.flatMap(pesOf));
  const walk = walkStations(problem.profile, graph, stations);
  return [
    [along(walk), along(hilbertStations(stations))],
    [strips("x", "y"), strips("y", "x")],
  ];
}

function linesOf({ places }: Stations, region: readonly number[], across: "x" | "y", within: "x" | "y") {
  const lines = new Map<number, number[]>();
  for (const station of region) {
    const at = places[station]![across];
    lines.set(at, [...(lines.get(at) ?? []), station]);
  }
  return [...lines]
    .sort(([a], [b]) => a - b)
    .map(([, line]) => line.sort((a, b) => places[a]![within] - places[b]![within]));
}

const bothWays = (vector: Float64Array): readonly Float64Array[] => [vector, vector.map((own) => -own)];

function inSteps(vector: Float64Array): Float64Array {
  const widest = vector.reduce((most, own) => Math.max(most, Math.abs(own)), 0);
  return widest === 0 ? vector : vector.map((own) => Math.round(own / (RESOLUTION * widest)));
}
