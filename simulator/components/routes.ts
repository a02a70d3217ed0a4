import type { RoutingEntry } from "../../src/core/mapping.ts";
import type { Program } from "../../src/core/program.ts";
import type { LoadedBlock, LoadedSlice } from "../functional/load-image.ts";
import { firstMatches } from "./event-router.ts";

/** Neurons of one population whose packets match the same routing entry and the same source blocks. */
export interface Route {
  readonly population: number;
  /** Absent where no entry matches: the router drops these packets. */
  readonly entry: RoutingEntry | undefined;
  /** One of its neurons, to stand for all. */
  readonly example: number;
}

/** Neurons of one route that leave from the same PE. */
export interface Segment {
  readonly route: number;
  /** Index of the slice that sends; −1 for the host. */
  readonly slice: number;
}

/**
 * How events are told apart while they are counted: each neuron is in one segment, each segment in one
 * route. All that an event costs beside its synops follows from the counts of these few groups.
 */
export interface RoutePlan {
  readonly routes: readonly Route[];
  readonly segments: readonly Segment[];
  /** Segment of each neuron, by population. */
  readonly segmentOf: readonly Uint32Array[];
}

export function planRoutes(program: Program, slices: readonly LoadedSlice[]): RoutePlan {
  const routes: Route[] = [];
  const segments: Segment[] = [];
  const segmentOf = program.populations.map(({ name, size, keys }, population) => {
    const entryOf = firstMatches(keys, size, program.routing);
    const cuts = blockCuts(program, population, slices);
    const sliceOf = new Int32Array(size).fill(-1);
    for (const [index, slice] of slices.entries()) {
      if (slice.population === name) sliceOf.fill(index, slice.first, slice.first + slice.neurons);
    }
    const known = new Map<string, number>();
    const routeOf = indexer(known, (neuron: number) => {
      routes.push({ population, entry: program.routing[entryOf[neuron]!], example: neuron });
      return routes.length - 1;
    });
    const segmentFor = indexer(known, (route: number, slice: number) => {
      segments.push({ route, slice });
      return segments.length - 1;
    });
    let interval = 0;
    return Uint32Array.from({ length: size }, (_, neuron) => {
      while (interval < cuts.length && cuts[interval]! <= neuron) interval += 1;
      const route = routeOf(`${entryOf[neuron]}/${interval}`, neuron);
      return segmentFor(`from ${sliceOf[neuron]}: ${route}`, route, sliceOf[neuron]!);
    });
  });
  return { routes, segments, segmentOf };
}

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
