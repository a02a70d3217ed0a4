import { neuronsOf } from "../../components/routes.ts";
import type { Machine } from "../../engine/machine.ts";
import { transferBytes } from "../../functional/columns.ts";
import type { LoadedBlock } from "../../functional/load-image.ts";
import type { Receptions } from "./receptions.ts";

/** A row is fetched as its indices and its weights. */
export const PARTS = ["indices", "weights"] as const;

/** Rows in DRAM that packets need. Neurons are numbered among all neurons. */
export interface RowTransfers {
  /** 1 for each slice with rows in DRAM. */
  readonly fetches: Uint8Array;
  /** Rows that a neuron's packet makes a slice fetch: two at most, of a projection within the step and one to the next. */
  rows(neuron: number, slice: number): number;
  /** Bytes of a transfer, counted on from the first row's indices; whole bursts. */
  bytes(neuron: number, slice: number, transfer: number): number;
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
      const entry = { bytesOf: dramBytesOf, columns: columns.length, column, block, first };
      held[slice * populations + source]!.push(entry);
    }
  }
  const inDram = ({ bytesOf, columns, column }: Held, source: number): boolean =>
    bytesOf[source * columns + column]! > 0;

  return {
    fetches,
    rows(neuron, slice) {
      const population = populationOf[neuron]!;
      let rows = 0;
      for (const entry of held[slice * populations + population]!) {
        if (inDram(entry, neuron - firstNeuron[population]!)) rows += 1;
      }
      return rows;
    },
    bytes(neuron, slice, transfer) {
      const population = populationOf[neuron]!;
      const source = neuron - firstNeuron[population]!;
      let rows = transfer >> 1;
      for (const entry of held[slice * populations + population]!) {
        if (!inDram(entry, source)) continue;
        if (rows === 0) {
          return transferBytes(entry.block, source - entry.first, PARTS[transfer & 1]!, burstBytes);
        }
        rows -= 1;
      }
      throw new RangeError("the packet needs no such transfer");
    },
  };
}
