import { CONVOLUTION_WORDS } from "./shared-convolution.ts";

/**
 * How a PE stores the synaptic rows of one source block. All forms say the same: which accumulators an event of each
 * source changes, and by which weights. They differ in bytes and in cycles of the PE's kernels.
 *
 * A **slot** is a weight that is stored, a zero that only fills a place included. A block's **columns** are the
 * accumulators that its projection can reach, accumulator by accumulator: with `gates` the bits of the
 * accumulators it reaches and n neurons, column c is neuron c mod n of the ⌊c/n⌋-th of them.
 *
 * | form      | row pointers | `indices`                                               | `weights`                      |
 * | --------- | ------------ | ------------------------------------------------------- | ------------------------------ |
 * | csr       | slots        | accumulator of each slot, 8 or 16 bits                  | of each slot                   |
 * | delta-csr | slots        | accumulators passed over since the slot before, 4 or 8 bits | of each slot               |
 * | bitmap    | slots        | a bit a column, rows padded to whole words              | of each bit that is set        |
 * | block     | blocks       | block number (column / 4), 8 or 16 bits                 | of the four columns of each    |
 * | dense     | none         | none                                                    | of each column                 |
 *
 * delta-csr: a slot's accumulator is that of the slot before in its row (−1 at its beginning), plus 1, plus what is stored.
 * Where more lie between than the bits can say, slots of weight 0 bridge the gap, each as far as it can. Indices of 4 bits
 * stand two in a byte, the even slot in its low half.
 * bitmap: bit c mod 32 of word ⌊c/32⌋ of the row; row r's words begin at r · ⌈columns/32⌉.
 * block: the last block may reach past the columns; its slots there are zero.
 */
export const ROW_FORMS = ["csr", "delta-csr", "bitmap", "block", "dense"] as const;
export type RowForm = (typeof ROW_FORMS)[number];

/**
 * How a PE stores what its MAC array multiplies once a timestep (docs/model.md, 2); both int8 with one scale, and without indices.
 * mac-array: a matrix. Weights of each column, zeros too, one column after the other, in each the rows in their order; no row pointers.
 * mac-convolution: a kernel, once for all places. Its values for each of the slice's output channels, zeros too, one channel after the
 * other, in each by input channel, kernel row and kernel column; in place of row pointers stand the words of `convolutionWords`.
 */
export const PRODUCT_FORMS = ["mac-array", "mac-convolution"] as const;
export type ProductForm = (typeof PRODUCT_FORMS)[number];

/** How a PE stores a source block: as rows that its core works off event by event, or for its MAC array. */
export const BLOCK_FORMS = [...ROW_FORMS, ...PRODUCT_FORMS] as const;
export type BlockForm = (typeof BLOCK_FORMS)[number];

export const isProductForm = (form: string): form is ProductForm =>
  form === "mac-array" || form === "mac-convolution";

/** Forms that store every column of every row. */
export const storesAllColumns = (form: BlockForm): boolean => form === "dense" || form === "mac-array";

/** Columns that one block of the form `block` covers. */
export const BLOCK_COLUMNS = 4;

/** Bits of an index: of an accumulator, of a gap, or of a block number; 0 where a form has none. */
export type IndexBits = 0 | 4 | 8 | 16;

/** What the sizes of a source block's sections follow from. */
export interface RowLayout {
  readonly form: BlockForm;
  readonly rows: number;
  readonly columns: number;
  readonly slots: number;
  readonly pointerBytes: 2 | 4;
  readonly indexBits: IndexBits;
  readonly weightBytes: number;
}

/** Bytes of a source block's sections. 0: it has no such section, or an empty one. */
export interface RowBytes {
  readonly pointers: number;
  readonly indices: number;
  readonly weights: number;
}

export function rowBytesOf(layout: RowLayout): RowBytes {
  const { form, rows, columns, slots, pointerBytes, indexBits, weightBytes } = layout;
  const pointers = storesAllColumns(form) ? 0 : (rows + 1) * pointerBytes;
  const weights = slots * weightBytes;
  switch (form) {
    case "csr":
    case "delta-csr":
      return { pointers, indices: Math.ceil((slots * indexBits) / 8), weights };
    case "bitmap":
      return { pointers, indices: rows * bitmapBytesOf(columns), weights };
    case "block":
      return { pointers, indices: ((slots / BLOCK_COLUMNS) * indexBits) / 8, weights };
    case "dense":
    case "mac-array":
      return { pointers, indices: 0, weights };
    case "mac-convolution":
      return { pointers: 4 * CONVOLUTION_WORDS, indices: 0, weights };
  }
}

/**
 * Bytes of SRAM in which a product gathers what it reads and writes: the int8 operands, one for each source that it may meet; of each
 * event that has come its payload and, in two bytes, its operand (recurrent ones twice, as those of the next timestep may
 * come before the product); a sum a column.
 */
export const macBufferBytes = (operands: number, columns: number, delay: 0 | 1): number =>
  4 * Math.ceil(operands / 4) + (1 + delay) * (4 * operands + 4 * Math.ceil(operands / 2)) + 4 * columns;

/** Columns of a product whose weights come from DRAM together, as one tile. */
export const MAC_TILE_COLUMNS = 16;

/** Bytes of SRAM for two tiles of so many rows, so that one arrives while the other is multiplied; each in whole bursts. */
export const macTilesBytes = (rows: number, burstBytes: number): number =>
  2 * burstBytes * (Math.ceil((MAC_TILE_COLUMNS * rows) / burstBytes) + 1);

/** Operands that two bytes name. */
export const MAX_MAC_OPERANDS = 2 ** 16;

/** Bytes of one row's bitmap. */
export const bitmapBytesOf = (columns: number): number => 4 * Math.ceil(columns / 32);

/** Accumulators of a `gates` mask, ascending. */
export const gatesIn = (gates: number): number[] =>
  Array.from({ length: 8 }, (_, accumulator) => accumulator).filter(
    (accumulator) => ((gates >>> accumulator) & 1) === 1,
  );
