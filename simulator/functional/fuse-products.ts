import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import { type Allocate, bytesOfArrays, copyTo } from "./allocate.ts";
import type { Column } from "./columns.ts";
import type { LoadedSlice } from "./load-image.ts";

/** The matrix of one projection's products on several PEs of its target, which all receive the same events. */
export interface FusedProduct {
  /** Shape [source neurons, columns]. */
  readonly weight: Int8Array;
  readonly columns: number;
  /** Accumulator of each column: `accumulator · target size + neuron`. Shape [columns]. */
  readonly target: Uint32Array;
  /** 1 for each source whose packets arrive. Shape [source neurons]. */
  readonly hears: Uint8Array;
  /** What the product leaves; overwritten. Shape [columns]. */
  readonly sums: Int32Array;
  readonly multiplier: number;
  readonly shift: number;
}

/** Joins PEs that scale alike and receive alike. */
export function fuseProducts(
  columns: readonly Column[],
  slices: readonly LoadedSlice[],
  targetSize: number,
  size: number,
): FusedProduct[] {
  const groups: Column[][] = [];
  for (const column of columns) {
    const alike = groups.find(([first]) => isAlike(first!, column));
    if (alike) alike.push(column);
    else groups.push([column]);
  }
  return groups.map((group) => fuseGroup(group, slices, targetSize, size));
}

const isAlike = (a: Column, b: Column): boolean =>
  a.block.shift === b.block.shift &&
  a.block.multiplier![0] === b.block.multiplier![0] &&
  a.rowOf.every((row, neuron) => row === b.rowOf[neuron]);

function fuseGroup(
  group: readonly Column[],
  slices: readonly LoadedSlice[],
  targetSize: number,
  size: number,
): FusedProduct {
  const { block, rowOf } = group[0]!;
  const own = group.map((column) => reachedBy(column, slices[column.slice]!, targetSize));
  const columns = own.reduce((sum, { target }) => sum + target.length, 0);
  const weight = new Int8Array(size * columns);
  const target = new Uint32Array(columns);
  let first = 0;
  for (const [index, column] of group.entries()) {
    const { target: reached, placeOf } = own[index]!;
    target.set(reached, first);
    const { rowStart, index: accumulator, weight: weights } = column.block;
    for (let neuron = 0; neuron < size; neuron += 1) {
      const row = rowOf[neuron]!;
      if (row < 0) continue;
      const begin = neuron * columns + first;
      for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1)
        weight[begin + placeOf[accumulator[i]!]!] = weights[i]!;
    }
    first += reached.length;
  }
  return {
    weight,
    columns,
    target,
    hears: Uint8Array.from(rowOf, (row) => (row < 0 ? 0 : 1)),
    sums: new Int32Array(columns),
    multiplier: block.multiplier![0]!,
    shift: block.shift,
  };
}

/** Population-wide accumulator of each of a slice's columns that holds a weight, and the place of each local one among them. */
function reachedBy({ block }: Column, { first, neurons, kind }: LoadedSlice, targetSize: number) {
  const placeOf = new Int32Array(NEURON_TRAITS[kind].accumulators.length * neurons).fill(-1);
  for (const accumulator of block.index) placeOf[accumulator] = 0;
  const target: number[] = [];
  for (const [accumulator, place] of placeOf.entries()) {
    if (place < 0) continue;
    placeOf[accumulator] = target.length;
    target.push(Math.floor(accumulator / neurons) * targetSize + first + (accumulator % neurons));
  }
  return { target, placeOf };
}

/** Bytes that `moveProduct` takes. */
export const bytesOfProduct = ({ weight, target, hears, sums }: FusedProduct): number =>
  bytesOfArrays([weight, target, hears, sums].map(({ byteLength }) => byteLength));

/** The same product with its arrays in another place. */
export const moveProduct = (product: FusedProduct, allocate: Allocate): FusedProduct => ({
  ...product,
  weight: copyTo(allocate, product.weight),
  target: copyTo(allocate, product.target),
  hears: copyTo(allocate, product.hears),
  sums: copyTo(allocate, product.sums),
});
