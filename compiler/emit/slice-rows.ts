import {
  type EventGraph,
  type FanOut,
  type GraphProjection,
  graphPopulationNamed,
  type RowScale,
} from "../../src/core/event-graph.ts";
import type { Partition, Slice } from "../../src/core/mapping.ts";

/** The part of one projection's fan-out rows that ends in one slice. */
export interface SliceRows {
  readonly source: string;
  readonly delay: 0 | 1;
  /** Shape [source neurons + 1]. */
  readonly rowStart: Uint32Array;
  /** Local accumulator index `accumulator · n + neuron`, ascending within a row. Shape [synapses]. */
  readonly index: Uint16Array;
  /** Shape [synapses]. */
  readonly weight: FanOut["weight"];
  readonly scale?: RowScale;
}

/** For each slice, its rows by inbound projection, in the graph's order of projections. */
export function sliceRows(graph: EventGraph, partition: Partition): SliceRows[][] {
  const rows: SliceRows[][] = partition.map(() => []);
  for (const projection of graph.projections) {
    const slices = partition.flatMap((slice, index) =>
      slice.population === projection.target ? [index] : [],
    );
    const { size } = graphPopulationNamed(graph, projection.target);
    const parts = cutProjection(
      projection,
      slices.map((index) => partition[index]!),
      size,
    );
    slices.forEach((index, part) => {
      rows[index]!.push(parts[part]!);
    });
  }
  return rows;
}

function cutProjection(
  { source, delay, synapses }: GraphProjection,
  slices: readonly Slice[],
  size: number,
): SliceRows[] {
  const { rowStart, target, weight, scale } = synapses;
  const sliceOf = new Uint32Array(size);
  slices.forEach(({ first, count }, slice) => {
    sliceOf.fill(slice, first, first + count);
  });
  const sizes = new Uint32Array(slices.length);
  for (const accumulator of target) sizes[sliceOf[accumulator % size]!]! += 1;
  const parts = slices.map((_, slice) => ({
    source,
    delay,
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
      const at = next[slice]!++;
      parts[slice]!.index[at] = ((target[i]! - neuron) / size) * count + (neuron - first);
      parts[slice]!.weight[at] = weight[i]!;
    }
    for (let slice = 0; slice < slices.length; slice += 1) parts[slice]!.rowStart[row + 1] = next[slice]!;
  }
  return parts;
}
