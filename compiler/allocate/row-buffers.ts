import { type EventGraph, type GraphProjection, graphPopulationNamed } from "../../src/core/event-graph.ts";
import type { MemoryLayout, Partition, RowForms } from "../../src/core/mapping.ts";
import { BLOCK_COLUMNS, bitmapBytesOf, type RowLayout } from "../../src/core/row-form.ts";
import { type DramRows, wholeBursts } from "../partition/dram-transfers.ts";
import { fanInOf } from "../partition/fan-in.ts";
import { localPlaces } from "../storage/measure-rows.ts";

/**
 * For each slice, the most bytes that one row from DRAM moves: its part of the indices and of the weights where they lie,
 * each widened to whole bursts. A row without a slot moves nothing, and neither does a range of sources from which nothing leads
 * to the slice, of which it has no block. 0 where no rows of the slice lie in DRAM.
 */
export function largestTransfers(
  graph: EventGraph,
  slices: Partition,
  rowForms: RowForms,
  dram: readonly MemoryLayout[],
  { blocks, burstBytes }: DramRows,
): Float64Array {
  const largest = new Float64Array(slices.length);
  for (const projection of blocks) {
    // Its tiles have room of their own.
    if (projection.onMacArray) continue;
    const inbound = graph.projections.filter(({ target }) => target === projection.target);
    const block = inbound.indexOf(projection);
    const { size } = graphPopulationNamed(graph, projection.target);
    const parts = slices.flatMap(({ population, first, count }, slice): DramPart[] => {
      if (population !== projection.target) return [];
      const layout = rowForms[slice]![block]!;
      return [{ slice, first, count, layout, ...addressesOf(dram[slice]!, projection) }];
    });
    const found = longestByPart(projection, size, parts, burstBytes);
    for (const [part, { slice }] of parts.entries()) largest[slice] = Math.max(largest[slice]!, found[part]!);
  }
  return largest;
}

/** Where a slice's part of one projection lies. */
interface DramPart {
  readonly slice: number;
  readonly first: number;
  readonly count: number;
  readonly layout: RowLayout;
  readonly indices: number;
  readonly weights: number;
}

/** A form without indices has no section for them. */
function addressesOf(layout: MemoryLayout, { source, delay, part = 0 }: GraphProjection) {
  const at = (kind: "indices" | "weights") =>
    layout.find(
      (section) =>
        section.kind === kind &&
        section.source === source &&
        section.delay === delay &&
        section.part === part,
    )?.offset ?? 0;
  return { indices: at("indices"), weights: at("weights") };
}

function longestByPart(
  projection: GraphProjection,
  size: number,
  parts: readonly DramPart[],
  burstBytes: number,
): Float64Array {
  const { rowStart } = projection.synapses;
  const countSlots = slotCounter(projection, size, parts);
  const largest = new Float64Array(parts.length);
  const begun = new Uint32Array(parts.length);
  const inRow = new Uint32Array(parts.length);
  const isHeld = new Uint8Array(parts.length).fill(projection.sources === undefined ? 1 : 0);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    countSlots(row, inRow);
    for (const [part, { layout, indices, weights }] of parts.entries()) {
      const slots = layout.form === "dense" ? layout.columns : inRow[part]!;
      if (inRow[part]! > 0) isHeld[part] = 1;
      inRow[part] = 0;
      if (slots === 0) continue;
      const [from, to] = indexBytesOfRow(layout, row, begun[part]!, slots);
      const bytes =
        (to > from ? wholeBursts(indices + from, to - from, burstBytes) : 0) +
        wholeBursts(weights + begun[part]! * layout.weightBytes, slots * layout.weightBytes, burstBytes);
      largest[part] = Math.max(largest[part]!, bytes);
      begun[part]! += slots;
    }
  }
  return largest.map((bytes, part) => (isHeld[part] === 1 ? bytes : 0));
}

/** Whole bytes of `indices` that hold a row whose slots begin at `begun`. */
function indexBytesOfRow(
  { form, indexBits, columns }: RowLayout,
  row: number,
  begun: number,
  slots: number,
): readonly [from: number, to: number] {
  if (form === "bitmap") return [row * bitmapBytesOf(columns), (row + 1) * bitmapBytesOf(columns)];
  const indexed = form === "block" ? BLOCK_COLUMNS : 1;
  const at = (slot: number) => ((slot / indexed) * indexBits) / 8;
  return [Math.floor(at(begun)), Math.ceil(at(begun + slots))];
}

/** Adds a row's slots to the count of each part. Parts of one population between them hold all its neurons. */
function slotCounter({ synapses }: GraphProjection, size: number, parts: readonly DramPart[]) {
  const { rowStart, target } = synapses;
  const { sliceOf, indexOf, columnOf } = localPlaces(parts, size, fanInOf(synapses, size).gates);
  /** Index of the slot before, or number of the block before; −1 at a row's beginning. */
  const before = new Int32Array(parts.length);
  return (row: number, slots: Uint32Array): void => {
    before.fill(-1);
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const accumulator = target[i]!;
      const part = sliceOf[accumulator]!;
      const { form, indexBits } = parts[part]!.layout;
      if (form === "delta-csr") {
        slots[part]! += 1 + ((indexOf[accumulator]! - before[part]! - 1) >> indexBits);
        before[part] = indexOf[accumulator]!;
      } else if (form === "block") {
        const block = Math.floor(columnOf[accumulator]! / BLOCK_COLUMNS);
        if (block !== before[part]) slots[part]! += BLOCK_COLUMNS;
        before[part] = block;
      } else {
        slots[part]! += 1;
      }
    }
  };
}
