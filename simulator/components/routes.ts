import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import { routerGraphOf } from "../../src/core/router-graph.ts";
import type { LoadedBlock, LoadedSlice } from "../functional/load-image.ts";
import { createTreeWalker, type RouteTree } from "./route-tree.ts";

/** Neurons of one population whose packets take the same tree and match the same source blocks. */
export interface Route {
  readonly population: number;
  readonly tree: RouteTree;
  /** One of its neurons, to stand for all. */
  readonly example: number;
  /** Routes of one population with the same number match the same source blocks. */
  readonly interval: number;
}

/** Neurons of one route that leave from the same PE. */
export interface Segment {
  readonly route: number;
  /** Index of the slice that sends; −1 for the host. */
  readonly slice: number;
}

/**
 * How events are told apart while they are counted: each neuron is in one segment, each segment in one
 * route. All that an event costs beside its synops follows from the counts of these few groups. Routes of one
 * population stand together, and so do its segments.
 */
export interface RoutePlan {
  readonly routes: readonly Route[];
  readonly segments: readonly Segment[];
  /** Segment of each neuron, by population. */
  readonly segmentOf: readonly Uint32Array[];
}

/** @throws InputError where the tables lead a packet in a circle. */
export function planRoutes(
  program: Program,
  slices: readonly LoadedSlice[],
  profile: HardwareProfile,
): RoutePlan {
  const graph = routerGraphOf(profile);
  const routes: Route[] = [];
  const segments: Segment[] = [];
  const segmentOf = program.populations.map((source, population) => {
    const { name, size } = source;
    const walker = createTreeWalker(program, graph, source, profile.eventRouter.defaultRoute);
    const cuts = blockCuts(program, population, slices);
    const sliceOf = new Int32Array(size).fill(-1);
    for (const [index, slice] of slices.entries()) {
      if (slice.population === name) sliceOf.fill(index, slice.first, slice.first + slice.neurons);
    }
    const originOf = (slice: number) => (slice < 0 ? graph.hostRouter : graph.routerOfPe[slices[slice]!.pe]!);
    const known = new Map<string, number>();
    const routeOf = indexer(known, (neuron: number, interval: number) => {
      const tree = walker.tree(originOf(sliceOf[neuron]!), neuron);
      routes.push({ population, tree, example: neuron, interval });
      return routes.length - 1;
    });
    const segmentFor = indexer(known, (route: number, slice: number) => {
      segments.push({ route, slice });
      return segments.length - 1;
    });
    let interval = 0;
    return Uint32Array.from({ length: size }, (_, neuron) => {
      while (interval < cuts.length && cuts[interval]! <= neuron) interval += 1;
      const slice = sliceOf[neuron]!;
      const route = routeOf(`${walker.signature(originOf(slice), neuron)}/${interval}`, neuron, interval);
      return segmentFor(`from ${slice}: ${route}`, route, slice);
    });
  });
  return { routes, segments, segmentOf };
}

/** PEs that a route's packets reach. */
export const pesOfRoute = ({ tree }: Route): number[] => tree.leaves.flatMap(({ pes }) => pes);

export const isToHost = ({ tree }: Route): boolean => tree.leaves.some(({ node }) => node < 0);

/** Returns the index that was made for a name, and makes it the first time. */
const indexer =
  <Details extends unknown[]>(known: Map<string, number>, make: (...details: Details) => number) =>
  (name: string, ...details: Details): number => {
    const found = known.get(name) ?? make(...details);
    known.set(name, found);
    return found;
  };

/** Neurons at which the set of source blocks that match a population's keys may change. Ascending. */
function blockCuts(program: Program, population: number, slices: readonly LoadedSlice[]): number[] {
  const { name, size, keys } = program.populations[population]!;
  const cuts = new Set<number>();
  for (const { blocks } of slices) {
    for (const block of blocks) {
      if (block.source !== name) continue;
      const { first, end } = neuronsOf(block, keys.base, size);
      cuts.add(first).add(end);
    }
  }
  return [...cuts].filter((cut) => cut > 0 && cut < size).sort((a, b) => a - b);
}

/** Source neurons that have a row in the block: those whose keys match it, as far as it has rows. */
export function neuronsOf(block: LoadedBlock, base: number, size: number): { first: number; end: number } {
  const { keys, rows } = block;
  const span = keys.mask === 0 ? 2 ** 32 : (keys.mask & -keys.mask) >>> 0;
  const first = keys.base - base;
  return { first, end: Math.min(size, first + Math.min(rows, span)) };
}
