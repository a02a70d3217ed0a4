import { type EventGraph, type GraphProjection, graphPopulationNamed } from "../../src/core/event-graph.ts";
import type { MemoryLayout, Partition } from "../../src/core/mapping.ts";
import { EGRU_ACCUMULATORS, type NumberFormat, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { type DramRows, wholeBursts } from "../partition/dram-transfers.ts";
import { indexBitsFor } from "../partition/slice-bytes.ts";

/**
 * For each slice, the most bytes that one row from DRAM moves: its indices and its weights where they lie, each
 * widened to whole bursts. 0 where no rows of the slice lie in DRAM.
 */
export function largestTransfers(
  graph: EventGraph,
  slices: Partition,
  dram: readonly MemoryLayout[],
  { blocks, burstBytes }: DramRows,
): Float64Array {
  const largest = new Float64Array(slices.length);
  for (const projection of blocks) {
    const { size } = graphPopulationNamed(graph, projection.target);
    const parts = slices.flatMap(({ population, first, count }, slice): DramPart[] => {
      if (population !== projection.target) return [];
      const indexBytes = indexBitsFor(EGRU_ACCUMULATORS * count) / 8;
      return [{ slice, first, count, indexBytes, ...addressesOf(dram[slice]!, projection) }];
    });
    const found = longestByPart(projection, size, parts, graph.quantisation.format, burstBytes);
    for (const [part, { slice }] of parts.entries()) largest[slice] = Math.max(largest[slice]!, found[part]!);
  }
  return largest;
}

/** Where a slice's part of one projection lies. */
interface DramPart {
  readonly slice: number;
  readonly first: number;
  readonly count: number;
  readonly indexBytes: number;
  readonly indices: number;
  readonly weights: number;
}

function addressesOf(layout: MemoryLayout, { source, delay, part = 0 }: GraphProjection) {
  const at = (kind: "indices" | "weights") =>
    layout.find(
      (section) =>
        section.kind === kind &&
        section.source === source &&
        section.delay === delay &&
        section.part === part,
    )!.offset;
  return { indices: at("indices"), weights: at("weights") };
}

function longestByPart(
  { synapses: { rowStart, target } }: GraphProjection,
  size: number,
  parts: readonly DramPart[],
  format: NumberFormat,
  burstBytes: number,
): Float64Array {
  const partOf = new Uint32Array(size);
  for (const [part, { first, count }] of parts.entries()) partOf.fill(part, first, first + count);
  const largest = new Float64Array(parts.length);
  const begun = new Uint32Array(parts.length);
  const inRow = new Uint32Array(parts.length);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    const [start, end] = [rowStart[row]!, rowStart[row + 1]!];
    for (let i = start; i < end; i += 1) inRow[partOf[target[i]! % size]!]! += 1;
    for (let i = start; i < end; i += 1) {
      const part = partOf[target[i]! % size]!;
      const count = inRow[part]!;
      if (count === 0) continue;
      const { indices, weights, indexBytes } = parts[part]!;
      const bytes =
        wholeBursts(indices + begun[part]! * indexBytes, count * indexBytes, burstBytes) +
        wholeBursts(weights + begun[part]! * WEIGHT_BYTES[format], count * WEIGHT_BYTES[format], burstBytes);
      largest[part] = Math.max(largest[part]!, bytes);
      begun[part]! += count;
      inRow[part] = 0;
    }
  }
  return largest;
}
