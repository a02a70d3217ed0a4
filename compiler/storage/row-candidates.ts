import { productCycles } from "../../src/core/mac-product.ts";
import type { PeProfile } from "../../src/core/profile.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import {
  BLOCK_COLUMNS,
  bitmapBytesOf,
  isProductForm,
  type RowLayout,
  storesAllColumns,
} from "../../src/core/row-form.ts";
import type { RowMeasures } from "./measure-rows.ts";
import { formOf, layoutOf, type RowShape, type RowVariant } from "./row-variants.ts";

/** One way to store a projection's rows on one slice. */
export interface RowCandidate {
  readonly variant: RowVariant;
  readonly layout: RowLayout;
  /** Expected PE cycles of working off its rows in a timestep; of rows in DRAM those of fetching them where they are more. */
  readonly cycles: number;
  /** Of them those of the work alone. */
  readonly kernel: number;
  /** Bytes that it is expected to fetch in a timestep; 0 where its rows lie in SRAM. */
  readonly fetched: number;
}

/** How rows of DRAM come to a PE. */
export interface RowTransfers {
  readonly burstBytes: number;
  /** PE cycles for which a byte is under way when all PEs of the population fetch at once. */
  readonly cyclesPerByte: number;
}

export function candidateOf(
  variant: RowVariant,
  shape: RowShape,
  measures: RowMeasures,
  slice: number,
  kernels: RowKernels,
  transfers?: RowTransfers,
): RowCandidate {
  const layout = layoutOf(variant, shape, storedIn(variant, measures.stored, slice));
  const met = metBy(variant, shape, measures, slice);
  const form = formOf(variant);
  const kernel = isProductForm(form)
    ? productWork(shape, measures, slice, kernels)
    : rowWork(met, kernels.pe.rowForms[kernels.format]?.[form]);
  const fetched = transfers ? bytesFetched(layout, met, transfers.burstBytes) : 0;
  return {
    variant,
    layout,
    cycles: Math.max(kernel, (transfers?.cyclesPerByte ?? 0) * fetched),
    kernel,
    fetched,
  };
}

/** What reads rows of one number format. */
export interface RowKernels {
  readonly pe: Pick<PeProfile, "rowForms" | "macArray">;
  readonly format: NumberFormat;
}

/** A form without known cycles is one that nobody asked for: csr where a profile lists no forms. */
function rowWork(
  met: Met,
  costs: Partial<Record<"rowFetch" | "rowWord" | "synop" | "emptySlot", number>> = {},
): number {
  const { rowFetch = 0, rowWord = 0, synop = 0, emptySlot = 0 } = costs;
  return (
    met.rows * rowFetch + met.words * rowWord + met.synops * synop + (met.slots - met.synops) * emptySlot
  );
}

/** Events as they come, and once a timestep the product and its sums. */
function productWork(
  { columns, product }: RowShape,
  { events, operands }: RowMeasures,
  slice: number,
  { pe: { macArray } }: RowKernels,
): number {
  const { macOperand, macMagnitude, macResult } = macArray!.kernel!;
  const own = operands[slice]!;
  const noting = own * macOperand + (events - own) * macMagnitude;
  const multiplying = product!.times * productCycles(macArray!, product!);
  return (columns === 0 ? 0 : noting) + columns * macResult + multiplying;
}

function storedIn(variant: RowVariant, stored: RowMeasures["stored"], slice: number): number {
  const synapses = stored.synapses[slice]!;
  switch (variant) {
    case "delta-csr/8":
      return synapses + stored.bridges8[slice]!;
    case "delta-csr/4":
      return synapses + stored.bridges4[slice]!;
    case "block":
      return stored.blocks[slice]!;
    default:
      return synapses;
  }
}

/** What the events of a timestep meet. */
interface Met {
  readonly rows: number;
  readonly words: number;
  readonly synops: number;
  readonly slots: number;
}

function metBy(variant: RowVariant, { columns }: RowShape, { met, events }: RowMeasures, slice: number): Met {
  const [rows, synops, blocks] = [met.rows[slice]!, met.synapses[slice]!, met.blocks[slice]!];
  switch (variant) {
    case "csr":
      return { rows, words: 0, synops, slots: synops };
    case "delta-csr/8":
      return { rows, words: 0, synops, slots: synops + met.bridges8[slice]! };
    case "delta-csr/4":
      return { rows, words: 0, synops, slots: synops + met.bridges4[slice]! };
    case "bitmap":
      return { rows, words: (rows * bitmapBytesOf(columns)) / 4, synops, slots: synops };
    case "block":
      return { rows, words: blocks, synops, slots: BLOCK_COLUMNS * blocks };
    case "dense":
    case "mac-array":
    case "mac-convolution":
      return { rows: columns === 0 ? 0 : events, words: 0, synops, slots: events * columns };
  }
}

/** A row's part of each section begins anywhere in a burst, and so moves all but one byte of a burst too many on average. */
function bytesFetched(
  { form, indexBits, weightBytes, slots: stored }: RowLayout,
  { rows, words, slots }: Met,
  burstBytes: number,
): number {
  // A product's weights are one stretch, whatever events come.
  if (isProductForm(form)) return stored === 0 ? 0 : stored + burstBytes - 1;
  const indices = form === "bitmap" ? 4 * words : ((form === "block" ? words : slots) * indexBits) / 8;
  const sections = storesAllColumns(form) ? 1 : 2;
  return indices + slots * weightBytes + rows * sections * (burstBytes - 1);
}
