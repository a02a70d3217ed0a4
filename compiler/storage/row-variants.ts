import type { Product } from "../../src/core/mac-product.ts";
import type { RowFormCycles } from "../../src/core/profile.ts";
import {
  BLOCK_COLUMNS,
  bitmapBytesOf,
  type BlockForm,
  type IndexBits,
  type RowLayout,
} from "../../src/core/row-form.ts";

/** A form as a compiler chooses it: of delta-csr with the bits of a gap, of the others with indices as wide as they need. */
export type RowVariant = Exclude<BlockForm, "delta-csr"> | "delta-csr/8" | "delta-csr/4";

/** Of rows that the core works off event by event; in the order of ROW_FORMS, by which ties are settled. */
export const ROW_VARIANTS = ["csr", "delta-csr/8", "delta-csr/4", "bitmap", "block", "dense"] as const;

export const formOf = <Variant extends RowVariant>(variant: Variant): FormOf<Variant> =>
  (variant === "delta-csr/8" || variant === "delta-csr/4" ? "delta-csr" : variant) as FormOf<Variant>;
type FormOf<Variant extends RowVariant> =
  | Exclude<Variant, "delta-csr/8" | "delta-csr/4">
  | (Variant extends "delta-csr/8" | "delta-csr/4" ? "delta-csr" : never);

/** What kernels of one number format read event by event; csr where nothing is known of it. */
export function variantsOf(forms: RowFormCycles | undefined): readonly RowVariant[] {
  const known = ROW_VARIANTS.filter((variant) => forms?.[formOf(variant)] !== undefined);
  return known.length > 0 ? known : ["csr"];
}

/** A projection's rows on one slice, before it is known which of them have how many synapses. */
export interface RowShape {
  readonly rows: number;
  /** Accumulators of the slice. */
  readonly accumulators: number;
  /** Accumulators that the projection can reach. */
  readonly columns: number;
  readonly weightBytes: number;
  /** Of a product. */
  readonly product?: ProductShape;
}

/** What a slice's MAC array multiplies: a matrix of all columns, or a kernel with the operands of each place. */
export interface ProductShape extends Product {
  /** Products like it, one after the other: groups of a convolution. */
  readonly times: number;
}

/** Pointers count slots or blocks from the source block's first, so 16 bits serve while there are fewer than 2^16. */
const pointerBytesFor = (counted: number): 2 | 4 => (counted < 2 ** 16 ? 2 : 4);
/** An index names an accumulator of the slice, or a block of its columns. */
export const indexBitsFor = (named: number): 8 | 16 => (named <= 2 ** 8 ? 8 : 16);

export const blocksOfColumns = (columns: number): number => Math.ceil(columns / BLOCK_COLUMNS);

/** @param stored Slots, or of the form `block` blocks; of no account where all columns are stored. */
export function layoutOf(variant: RowVariant, shape: RowShape, stored: number): RowLayout {
  const { rows, accumulators, columns, weightBytes } = shape;
  const layout = (slots: number, counted: number, indexBits: IndexBits): RowLayout => {
    const pointerBytes = pointerBytesFor(counted);
    return { form: formOf(variant), rows, columns, slots, pointerBytes, indexBits, weightBytes };
  };
  switch (variant) {
    case "csr":
      return layout(stored, stored, indexBitsFor(accumulators));
    case "delta-csr/8":
      return layout(stored, stored, 8);
    case "delta-csr/4":
      return layout(stored, stored, 4);
    case "bitmap":
      return layout(stored, stored, 0);
    case "block":
      return layout(BLOCK_COLUMNS * stored, stored, indexBitsFor(blocksOfColumns(columns)));
    case "dense":
    case "mac-array":
      return layout(rows * columns, 0, 0);
    case "mac-convolution": {
      const { inputs, outputs, times } = shape.product!;
      return { ...layout(inputs * outputs * times, 0, 0), pointerBytes: 4 };
    }
  }
}

/**
 * The most that so many synapses can take to store, wherever they lie. Never falls as synapses or shape grow, so that
 * partitioners may rely on it before a slice is known.
 */
export function mostStored(variant: RowVariant, shape: RowShape, synapses: number): number {
  switch (variant) {
    case "delta-csr/8":
    case "delta-csr/4":
      return synapses + Math.min(shape.rows, synapses) * mostBridges(variant, shape);
    case "block":
      return Math.min(synapses, shape.rows * blocksOfColumns(shape.columns));
    default:
      return synapses;
  }
}

/** Slots of weight 0 that one row can need: its gaps together are shorter than the slice's accumulators. */
const mostBridges = (variant: "delta-csr/8" | "delta-csr/4", { accumulators }: RowShape): number =>
  Math.floor(Math.max(0, accumulators - 1) / (variant === "delta-csr/8" ? 2 ** 8 : 2 ** 4));

/** The most bytes that one row of at most so many synapses has in `indices` and in `weights`. */
export function mostRowBytes(
  variant: RowVariant,
  shape: RowShape,
  longestRow: number,
): readonly [indices: number, weights: number] {
  const { columns, weightBytes } = shape;
  const oneRow = { ...shape, rows: 1 };
  const { indexBits, slots } = layoutOf(variant, oneRow, mostStored(variant, oneRow, longestRow));
  switch (variant) {
    case "bitmap":
      return [bitmapBytesOf(columns), slots * weightBytes];
    case "block":
      return [((slots / BLOCK_COLUMNS) * indexBits) / 8, slots * weightBytes];
    case "delta-csr/4":
      // Half a byte more where the row begins in the middle of one.
      return [Math.ceil((slots + 1) / 2), slots * weightBytes];
    default:
      return [(slots * indexBits) / 8, slots * weightBytes];
  }
}
