import { ROW_ACTIONS, type RowAction, totals } from "../../src/core/counts.ts";
import type { PeProfile } from "../../src/core/profile.ts";
import { bitmapBytesOf, BLOCK_COLUMNS, isProductForm } from "../../src/core/row-form.ts";
import type { FusedProjection } from "../functional/fuse-rows.ts";
import type { LoadedBlock } from "../functional/load-image.ts";

/** What a projection's events made one slice do, or one row. */
export interface RowWork {
  readonly rows: number;
  readonly slots: number;
  readonly empty: number;
}

/** How often each row action happens; of a block that is a product there are no rows to work off. */
export function rowActionsOf(block: LoadedBlock, { rows, slots, empty }: RowWork): Record<RowAction, number> {
  if (isProductForm(block.form)) return totals(ROW_ACTIONS);
  return {
    rowFetch: rows,
    rowWord: rows * wordsOfRow(block) + slots * wordsOfSlot(block),
    synop: slots - empty,
    emptySlot: empty,
  };
}

/** Words of structure that a row has, however many slots it holds. */
const wordsOfRow = ({ form, columns }: LoadedBlock): number =>
  form === "bitmap" ? bitmapBytesOf(columns) / 4 : 0;

/** One a block. */
const wordsOfSlot = ({ form }: LoadedBlock): number => (form === "block" ? 1 / BLOCK_COLUMNS : 0);

/** PE cycles that rows take on the slices of a projection. Shape [slices] each. */
export interface RowCosts {
  /** Of a row that is begun. */
  readonly row: Float64Array;
  /** Of a slot. */
  readonly slot: Float64Array;
  /** What an empty slot takes beyond that; may be less than 0. */
  readonly empty: Float64Array;
}

/**
 * A product takes its operands from events; all else that it costs is the same in each timestep. Of a kernel each event meets an empty
 * slot, and one that is an operand a second (`decodeKernel`).
 */
export function rowCostsOf({ blocks }: FusedProjection, { rowForms, macArray }: PeProfile): RowCosts {
  const costs = blocks.map((block) => {
    const { form } = block;
    if (isProductForm(form)) {
      const { macOperand, macMagnitude } = macArray!.kernel!;
      return form === "mac-array"
        ? { row: macOperand, slot: 0, empty: 0 }
        : { row: 2 * macMagnitude - macOperand, slot: 0, empty: macOperand - macMagnitude };
    }
    const cycles = rowForms[block.weightFormat]![form]!;
    return {
      row: cycles.rowFetch + wordsOfRow(block) * cycles.rowWord,
      slot: cycles.synop + wordsOfSlot(block) * cycles.rowWord,
      empty: cycles.emptySlot - cycles.synop,
    };
  });
  return {
    row: Float64Array.from(costs, ({ row }) => row),
    slot: Float64Array.from(costs, ({ slot }) => slot),
    empty: Float64Array.from(costs, ({ empty }) => empty),
  };
}
