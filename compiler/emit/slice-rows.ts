import {
  type EventGraph,
  type FanOut,
  type GraphProjection,
  graphPopulationNamed,
  type RowScale,
  type SourceRange,
} from "../../src/core/event-graph.ts";
import type { Slice } from "../../src/core/mapping.ts";
import type { SharedConvolution } from "../../src/core/shared-convolution.ts";
import { fanInOf } from "../partition/fan-in.ts";
import { localPlaces } from "../storage/measure-rows.ts";

/** The part of one projection's fan-out rows that ends in one slice. */
export interface SliceRows {
  readonly source: string;
  readonly sources?: SourceRange;
  readonly delay: 0 | 1;
  readonly part: number;
  /** Bits of the accumulators that the projection reaches. */
  readonly gates: number;
  /** Shape [rows + 1]. */
  readonly rowStart: Uint32Array;
  /** Local accumulator index `accumulator · n + neuron`, ascending within a row. Shape [synapses]. */
  readonly index: Uint16Array;
  /** Shape [synapses]. */
  readonly weight: FanOut["weight"];
  readonly scale?: RowScale;
  /** With the slice's first neuron, where a convolution is held as its kernel. */
  readonly convolution?: SharedConvolution;
  readonly first: number;
}

/** For each slice of a population, its rows by inbound projection, in the graph's order of projections. */
export function sliceRows(graph: EventGraph, population: string, slices: readonly Slice[]): SliceRows[][] {
  const { size } = graphPopulationNamed(graph, population);
  const parts = graph.projections
    .filter(({ target }) => target === population)
    .map((projection) => cutProjection(projection, slices, size));
  return slices.map((_, slice) => parts.map((part) => part[slice]!));
}

/** One pass over the synapses, which may be many millions. All slices' parts stand in the same arrays, one after the other. */
function cutProjection(
  { source, sources, delay, part = 0, synapses, convolution }: GraphProjection,
  slices: readonly Slice[],
  size: number,
): SliceRows[] {
  const { rowStart, target, weight, scale } = synapses;
  const { gates, prefix } = fanInOf(synapses, size);
  const { sliceOf, indexOf } = localPlaces(slices, size, gates);
  const begin = Uint32Array.from(slices, ({ first }) => prefix[first]!);
  const next = begin.slice();
  const starts = new Uint32Array(slices.length * rowStart.length);
  const indices = new Uint16Array(target.length);
  const weights = new (weight.constructor as new (length: number) => FanOut["weight"])(target.length);
  for (let row = 1; row < rowStart.length; row += 1) {
    for (let i = rowStart[row - 1]!; i < rowStart[row]!; i += 1) {
      const accumulator = target[i]!;
      const slice = sliceOf[accumulator]!;
      const at = next[slice]!++;
      indices[at] = indexOf[accumulator]!;
      weights[at] = weight[i]!;
      starts[slice * rowStart.length + row]! += 1;
    }
  }
  return slices.map(({ first }, slice) => ({
    source,
    first,
    ...(convolution && { convolution }),
    ...(sources && { sources }),
    delay,
    part,
    gates,
    rowStart: summed(starts.subarray(slice * rowStart.length, (slice + 1) * rowStart.length)),
    index: indices.subarray(begin[slice]!, next[slice]!),
    weight: weights.subarray(begin[slice]!, next[slice]!),
    ...(scale && { scale }),
  }));
}

/** Lengths of rows become their ends: most slices have nothing in most rows, so this is cheaper than a write a row. */
function summed(lengths: Uint32Array): Uint32Array {
  let end = 0;
  for (let row = 1; row < lengths.length; row += 1) {
    end += lengths[row]!;
    lengths[row] = end;
  }
  return lengths;
}
