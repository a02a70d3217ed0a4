import type { IndexBits, RowForm } from "../../../src/core/row-form.ts";

/** Rows as they lie in memory: what the sections of one source block hold. */
export interface WrittenRows {
  /** Row pointers; none in the form dense. */
  readonly pointers: readonly number[];
  /** Bytes of the indices section. */
  readonly indices: readonly number[];
  /** Of each slot. */
  readonly weights: readonly number[];
  readonly indexBits: IndexBits;
}

/**
 * Writes rows in one of the forms that src/core/row-form.ts describes, from that text alone: it shares no code with
 * the compiler.
 *
 * @param rows        A weight for each accumulator of the slice, 0 where there is none.
 * @param columns     Accumulators that the rows can reach, ascending.
 * @param gapBits     Of an index in delta-csr.
 */
export function writeRows(
  form: RowForm,
  rows: readonly (readonly number[])[],
  columns: readonly number[],
  gapBits: 4 | 8 = 4,
): WrittenRows {
  const accumulators = rows[0]?.length ?? 0;
  switch (form) {
    case "csr": {
      const indexBits = accumulators <= 256 ? 8 : 16;
      const found = rows.map((row) => places(row).map((at) => ({ index: at, weight: row[at]! })));
      return written(found, indexBits, 1);
    }
    case "delta-csr":
      return written(
        rows.map((row) => withGaps(row, 2 ** gapBits - 1)),
        gapBits,
        1,
      );
    case "bitmap": {
      const found = rows.map((row) => places(row).map((at) => ({ index: at, weight: row[at]! })));
      const words = Math.ceil(columns.length / 32);
      const bitmap = new Uint8Array(4 * words * rows.length);
      for (const [row, slots] of found.entries()) {
        for (const { index } of slots) {
          const column = columns.indexOf(index);
          bitmap[4 * words * row + (column >> 3)]! |= 1 << (column & 7);
        }
      }
      return { ...written(found, 0, 1), indices: [...bitmap] };
    }
    case "block": {
      const indexBits = columns.length <= 1024 ? 8 : 16;
      const found = rows.map((row) => inBlocks(columns.map((at) => row[at]!)));
      return written(found, indexBits, 4);
    }
    case "dense":
      return {
        pointers: [],
        indices: [],
        weights: rows.flatMap((row) => columns.map((at) => row[at]!)),
        indexBits: 0,
      };
  }
}

const places = (row: readonly number[]): number[] => [...row.keys()].filter((at) => row[at] !== 0);

interface Slot {
  /** Undefined within a block. */
  readonly index: number | undefined;
  readonly weight: number;
}

function withGaps(row: readonly number[], most: number): Slot[] {
  const slots: Slot[] = [];
  let before = -1;
  for (const at of places(row)) {
    let gap = at - before - 1;
    for (; gap > most; gap -= most + 1) slots.push({ index: most, weight: 0 });
    slots.push({ index: gap, weight: row[at]! });
    before = at;
  }
  return slots;
}

function inBlocks(row: readonly number[]): Slot[] {
  const slots: Slot[] = [];
  for (let block = 0; 4 * block < row.length; block += 1) {
    const lanes = [0, 1, 2, 3].map((lane) => row[4 * block + lane] ?? 0);
    if (lanes.every((weight) => weight === 0)) continue;
    slots.push(...lanes.map((weight, lane) => ({ index: lane === 0 ? block : undefined, weight })));
  }
  return slots;
}

/** @param perPointer Slots that a row pointer counts as one. */
function written(rows: readonly (readonly Slot[])[], indexBits: IndexBits, perPointer: number): WrittenRows {
  const pointers = [0];
  for (const row of rows) pointers.push(pointers.at(-1)! + row.length / perPointer);
  const indices = rows.flat().flatMap(({ index }) => (index === undefined ? [] : [index]));
  return {
    pointers,
    indices: bytesOf(indices, indexBits),
    weights: rows.flat().map(({ weight }) => weight),
    indexBits,
  };
}

function bytesOf(values: readonly number[], bits: IndexBits): number[] {
  if (bits === 16) return values.flatMap((value) => [value & 255, value >> 8]);
  if (bits === 8) return [...values];
  const bytes: number[] = [];
  for (let i = 0; i < values.length; i += 2) bytes.push(values[i]! | ((values[i + 1] ?? 0) << 4));
  return bytes;
}
