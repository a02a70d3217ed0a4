import type { Program } from "../../src/core/program.ts";
import { bitmapBytesOf, BLOCK_COLUMNS, storesAllColumns } from "../../src/core/row-form.ts";
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

/** Weights of a neuron's row that are not zero. */
export const synapsesIn = ({ block, rowOf }: Column, neuron: number): number =>
  lengthIn(block.rowStart, rowOf[neuron]!);

/** Weights of a neuron's row as they are stored, zeros included. */
export const slotsIn = ({ block, rowOf }: Column, neuron: number): number =>
  lengthIn(block.slotStart, rowOf[neuron]!);

const lengthIn = (start: Uint32Array, row: number): number => (row < 0 ? 0 : start[row + 1]! - start[row]!);

/** What is fetched of a row in DRAM; a dense one has weights only. */
export const partsOf = ({ form }: LoadedBlock): readonly RowPart[] =>
  storesAllColumns(form) ? ["weights"] : ["indices", "weights"];
export type RowPart = "indices" | "weights";

/** Bytes of a row in DRAM: each of its parts is fetched on its own. */
export function dramBytesIn({ block, rowOf }: Column, neuron: number, burstBytes: number): number {
  const row = rowOf[neuron]!;
  if (row < 0) return 0;
  return partsOf(block).reduce((sum, part) => sum + transferBytes(block, row, part, burstBytes), 0);
}

/** Bytes of one of a row's transfers, widened to whole bursts; 0 where the row has no slot or is in SRAM. */
export function transferBytes(block: LoadedBlock, row: number, part: RowPart, burstBytes: number): number {
  const { dram, slotStart } = block;
  if (dram === undefined || slotStart[row] === slotStart[row + 1]) return 0;
  const [begin, end] = bytesOfRow(block, row, part);
  const first = Math.floor((dram[part] + begin) / burstBytes);
  return burstBytes * (Math.ceil((dram[part] + end) / burstBytes) - first);
}

/** Where a part of a row begins and ends within its section. */
function bytesOfRow(
  { form, slotStart, columns, indexBits, weight }: LoadedBlock,
  row: number,
  part: RowPart,
): readonly [begin: number, end: number] {
  if (part === "indices" && form === "bitmap") {
    const bytes = bitmapBytesOf(columns);
    return [row * bytes, (row + 1) * bytes];
  }
  const ofBlock = form === "block" ? indexBits / BLOCK_COLUMNS : indexBits;
  const bits = part === "weights" ? 8 * weight.BYTES_PER_ELEMENT : ofBlock;
  return [Math.floor((slotStart[row]! * bits) / 8), Math.ceil((slotStart[row + 1]! * bits) / 8)];
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
