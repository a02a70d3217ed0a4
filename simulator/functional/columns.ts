import type { Program } from "../../src/core/program.ts";
import { neuronsOf, type RoutePlan } from "../components/routes.ts";
import type { LoadedBlock } from "./load-image.ts";

/** One PE's source block among those that are joined to a projection. */
export interface Column {
  readonly slice: number;
  readonly block: LoadedBlock;
  /** Row of each source neuron in the block; −1 where its packets do not arrive or find no row. */
  readonly rowOf: Int32Array;
}

export function rowsByNeuron(
  { populations }: Program,
  { segments, segmentOf }: RoutePlan,
  block: LoadedBlock,
  arrives: (route: number) => boolean,
): Int32Array {
  const source = populations.findIndex(({ name }) => name === block.source);
  const { size, keys } = populations[source]!;
  const { first, end } = neuronsOf(block, keys.base, size);
  const rowOf = new Int32Array(size).fill(-1);
  for (let neuron = first; neuron < end; neuron += 1) {
    if (arrives(segments[segmentOf[source]![neuron]!]!.route)) rowOf[neuron] = neuron - first;
  }
  return rowOf;
}

export const synopsIn = ({ block, rowOf }: Column, neuron: number): number => {
  const row = rowOf[neuron]!;
  return row < 0 ? 0 : block.rowStart[row + 1]! - block.rowStart[row]!;
};

/** Bytes of a row in DRAM: it is fetched as its indices and its weights. */
export function dramBytesIn({ block, rowOf }: Column, neuron: number, burstBytes: number): number {
  const row = rowOf[neuron]!;
  if (row < 0) return 0;
  const bytesOf = (part: "indices" | "weights") => transferBytes(block, row, part, burstBytes);
  return bytesOf("indices") + bytesOf("weights");
}

/** Bytes of one of a row's two transfers, widened to whole bursts; 0 where the row is empty or in SRAM. */
export function transferBytes(
  { dram, rowStart, indexBytes, weight }: LoadedBlock,
  row: number,
  part: "indices" | "weights",
  burstBytes: number,
): number {
  if (dram === undefined || rowStart[row] === rowStart[row + 1]) return 0;
  const size = part === "indices" ? indexBytes : weight.BYTES_PER_ELEMENT;
  const first = Math.floor((dram[part] + rowStart[row]! * size) / burstBytes);
  return burstBytes * (Math.ceil((dram[part] + rowStart[row + 1]! * size) / burstBytes) - first);
}

export const scaleOf = ({ block, rowOf }: Column, neuron: number): number => {
  const { multiplier } = block;
  return multiplier === undefined ? 0 : multiplier[multiplier.length === 1 ? 0 : rowOf[neuron]!]!;
};

/** Source neurons that are gone through at once for all columns: what they touch then stays in the caches. */
const BLOCK = 64;

/** Calls for each column in order, for so many source neurons at a time. */
export function inBlocks(
  columns: readonly Column[],
  size: number,
  visit: (column: Column, first: number, end: number, index: number) => void,
): void {
  for (let first = 0; first < size; first += BLOCK) {
    const end = Math.min(size, first + BLOCK);
    for (let index = 0; index < columns.length; index += 1) visit(columns[index]!, first, end, index);
  }
}

/** A value for each source neuron and column, in the narrowest numbers. Shape [size, columns]. */
export function tableOf(
  columns: readonly Column[],
  size: number,
  valueOf: (column: Column, neuron: number) => number,
): Uint16Array | Uint32Array {
  const table = new Uint32Array(size * columns.length);
  let most = 0;
  inBlocks(columns, size, (column, first, end, index) => {
    for (let neuron = first; neuron < end; neuron += 1) {
      const value = valueOf(column, neuron);
      table[neuron * columns.length + index] = value;
      if (value > most) most = value;
    }
  });
  return most < 2 ** 16 ? new Uint16Array(table) : table;
}
