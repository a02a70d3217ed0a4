import { neuronsOf } from "../../components/routes.ts";
import type { Machine } from "../../engine/machine.ts";
import { partsOf, type RowPart, transferBytes } from "../../functional/columns.ts";
import type { LoadedBlock } from "../../functional/load-image.ts";
import type { Receptions } from "./receptions.ts";

/** Rows in DRAM that packets need. Neurons are numbered among all neurons. */
export interface RowTransfers {
  /** 1 for each slice with rows in DRAM. */
  readonly fetches: Uint8Array;
  /** Rows that a neuron's packet makes a slice fetch: of projections within the step and to the next. */
  rows(neuron: number, slice: number): number;
  /** Transfers that these rows come in. */
  count(neuron: number, slice: number): number;
  /** One of them, by its number. Overwritten by the next call. */
  at(neuron: number, slice: number, transfer: number): RowTransfer;
}

export interface RowTransfer {
  /** Whole bursts. */
  readonly bytes: number;
  /** Which of the packet's rows it belongs to, and whether that begins with it. */
  readonly row: number;
  readonly isFirst: boolean;
}

/** Undefined where no row lies in DRAM. */
export function planRowTransfers(
  { projections, slices, program, profile }: Machine,
  { firstNeuron, populationOf }: Receptions,
): RowTransfers | undefined {
  if (projections.every(({ dramBytesOf }) => dramBytesOf === undefined)) return undefined;
  const { burstBytes } = profile.dram!;
  const populations = program.populations.length;
  interface Held {
    readonly bytesOf: Uint16Array | Uint32Array;
    readonly columns: number;
    readonly column: number;
    readonly block: LoadedBlock;
    /** What is fetched of each of its rows. */
    readonly parts: readonly RowPart[];
    /** Source neuron of the block's first row. */
    readonly first: number;
  }
  const held = Array.from({ length: slices.length * populations }, () => [] as Held[]);
  const fetches = new Uint8Array(slices.length);
  for (const { source, dramBytesOf, slices: columns, blocks } of projections) {
    if (dramBytesOf === undefined) continue;
    const { keys, size } = program.populations[source]!;
    for (const [column, slice] of columns.entries()) {
      const block = blocks[column]!;
      if (block.dram === undefined) continue;
      fetches[slice] = 1;
      const { first } = neuronsOf(block, keys.base, size);
      const entry = {
        bytesOf: dramBytesOf,
        columns: columns.length,
        column,
        block,
        parts: partsOf(block),
        first,
      };
      held[slice * populations + source]!.push(entry);
    }
  }
  const inDram = ({ bytesOf, columns, column }: Held, source: number): boolean =>
    bytesOf[source * columns + column]! > 0;
  const sumOver = (neuron: number, slice: number, of: (entry: Held) => number): number => {
    const population = populationOf[neuron]!;
    let sum = 0;
    for (const entry of held[slice * populations + population]!) {
      if (inDram(entry, neuron - firstNeuron[population]!)) sum += of(entry);
    }
    return sum;
  };
  const found = { bytes: 0, row: 0, isFirst: false };

  return {
    fetches,
    rows: (neuron, slice) => sumOver(neuron, slice, () => 1),
    count: (neuron, slice) => sumOver(neuron, slice, ({ parts }) => parts.length),
    at(neuron, slice, transfer) {
      const population = populationOf[neuron]!;
      const source = neuron - firstNeuron[population]!;
      let left = transfer;
      let row = 0;
      for (const entry of held[slice * populations + population]!) {
        if (!inDram(entry, source)) continue;
        if (left < entry.parts.length) {
          found.bytes = transferBytes(entry.block, source - entry.first, entry.parts[left]!, burstBytes);
          found.row = row;
          found.isFirst = left === 0;
          return found;
        }
        left -= entry.parts.length;
        row += 1;
      }
      throw new RangeError("the packet needs no such transfer");
    },
  };
}
