import {
  type EventGraph,
  type FanOut,
  type GraphProjection,
  graphPopulationNamed,
  type RowScale,
} from "../../src/core/event-graph.ts";
import type { Slice } from "../../src/core/mapping.ts";
import { fanInOf } from "../partition/fan-in.ts";

/** The part of one projection's fan-out rows that ends in one slice. */
export interface SliceRows {
  readonly source: string;
  readonly delay: 0 | 1;
  readonly part: number;
  /** Bits of the accumulators that the projection reaches. */
  readonly gates: number;
  /** Shape [source neurons + 1]. */
  readonly rowStart: Uint32Array;
  /** Local accumulator index `accumulator · n + neuron`, ascending within a row. Shape [synapses]. */
  readonly index: Uint16Array;
  /** Shape [synapses]. */
  readonly weight: FanOut["weight"];
  readonly scale?: RowScale;
}

/** For each slice of a population, its rows by inbound projection, in the graph's order of projections. */
export function sliceRows(graph: EventGraph, population: string, slices: readonly Slice[]): SliceRows[][] {
  const { size } = graphPopulationNamed(graph, population);
  const parts = graph.projections
    .filter(({ target }) => target === population)
    .map((projection) => cutProjection(projection, slices, size));
  return slices.map((_, slice) => parts.map((part) => part[slice]!));
}

function cutProjection(
  { source, delay, part = 0, synapses }: GraphProjection,
  slices: readonly Slice[],
  size: number,
): SliceRows[] {
  const { rowStart, target, weight, scale } = synapses;
  const { gates } = fanInOf(synapses, size);
  const sliceOf = new Uint32Array(size);
  slices.forEach(({ first, count }, slice) => {
    sliceOf.fill(slice, first, first + count);
  });
  const sizes = new Uint32Array(slices.length);
  for (let i = 0; i < target.length; i += 1) sizes[sliceOf[target[i]! % size]!]! += 1;
  const parts = slices.map((_, slice) => ({
    source,
    delay,
    part,
    gates,
    rowStart: new Uint32Array(rowStart.length),
    index: new Uint16Array(sizes[slice]!),
    weight: new (weight.constructor as new (length: number) => FanOut["weight"])(sizes[slice]!),
    ...(scale && { scale }),
  }));
  const next = new Uint32Array(slices.length);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const neuron = target[i]! % size;
      const slice = sliceOf[neuron]!;
      const { first, count } = slices[slice]!;
      const part = parts[slice]!;
      const at = next[slice]!++;
      part.index[at] = ((target[i]! - neuron) / size) * count + (neuron - first);
      part.weight[at] = weight[i]!;
      part.rowStart[row + 1]! += 1;
    }
  }
  // Lengths of rows become their ends: most slices have nothing in most rows, so this is cheaper than a write a row.
  for (const { rowStart: ends } of parts)
    for (let row = 1; row < ends.length; row += 1) ends[row]! += ends[row - 1]!;
  return parts;
}
