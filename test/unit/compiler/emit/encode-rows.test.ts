import { describe, expect, it } from "vitest";
import { encodeRows } from "../../../../compiler/emit/encode-rows.ts";
import type { SliceRows } from "../../../../compiler/emit/slice-rows.ts";
import { layoutOf, type RowVariant } from "../../../../compiler/storage/row-variants.ts";

/** Ten neurons reached in z, r and the recurrent part of g: accumulators 0 … 19 and 30 … 39, columns 0 … 29. */
const NEURONS = 10;
const GATES = 0b1011;

/** Row 0: accumulators 0, 1, 18 and 39. Row 1: nothing. Row 2: accumulator 33. */
const rows: SliceRows = {
  source: "a",
  first: 0,
  delay: 0,
  part: 0,
  gates: GATES,
  rowStart: Uint32Array.of(0, 4, 4, 5),
  index: Uint16Array.of(0, 1, 18, 39, 33),
  weight: Int8Array.of(5, -6, 7, -8, 9),
};

const encoded = (variant: RowVariant, stored: number) => {
  const shape = { rows: 3, accumulators: 4 * NEURONS, columns: 3 * NEURONS, weightBytes: 1 };
  const { pointers, indices, weights } = encodeRows(rows, layoutOf(variant, shape, stored), NEURONS);
  return { pointers: pointers && [...pointers], indices: indices && [...indices], weights: [...weights] };
};

describe("encodeRows", () => {
  it("csr: the accumulator of each weight", () => {
    expect(encoded("csr", 5)).toEqual({
      pointers: [0, 4, 4, 5],
      indices: [0, 1, 18, 39, 33],
      weights: [5, -6, 7, -8, 9],
    });
  });

  it("delta-csr: the accumulators passed over, as far as the bits go", () => {
    expect(encoded("delta-csr/8", 5)).toMatchObject({
      pointers: [0, 4, 4, 5],
      indices: [0, 0, 16, 20, 33],
      weights: [5, -6, 7, -8, 9],
    });
    // 16 = 15 and the bridge itself, then none; 20 = 16 + 4; 33 = 2 · 16 + 1.
    expect(encoded("delta-csr/4", 9)).toEqual({
      pointers: [0, 6, 6, 9],
      indices: [0x00, 0x0f, 0x4f, 0xff, 0x01],
      weights: [5, -6, 0, 7, 0, -8, 0, 0, 9],
    });
  });

  it("bitmap: a bit a column, weights of those that are set", () => {
    // Accumulators 30 … 39 are columns 20 … 29.
    const bits = (...columns: number[]) => columns.reduce((word, column) => word + 2 ** column, 0);
    expect(encoded("bitmap", 5)).toEqual({
      pointers: [0, 4, 4, 5],
      indices: [bits(0, 1, 18, 29), 0, bits(23)],
      weights: [5, -6, 7, -8, 9],
    });
  });

  it("block: numbers of the blocks that hold something, four weights each", () => {
    expect(encoded("block", 4)).toEqual({
      pointers: [0, 3, 3, 4],
      indices: [0, 4, 7, 5],
      weights: [5, -6, 0, 0, 0, 0, 7, 0, 0, -8, 0, 0, 0, 0, 0, 9],
    });
  });

  it("dense: a weight a column, nothing else", () => {
    const expected = new Array<number>(90).fill(0);
    for (const [place, weight] of [
      [0, 5],
      [1, -6],
      [18, 7],
      [29, -8],
      [2 * 30 + 23, 9],
    ] as const)
      expected[place] = weight;
    expect(encoded("dense", 0)).toEqual({ pointers: undefined, indices: undefined, weights: expected });
  });
});
