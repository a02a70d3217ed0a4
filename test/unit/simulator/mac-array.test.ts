import { describe, expect, it } from "vitest";
import { productCycles } from "../../../src/core/mac-product.ts";
import { shipped } from "../profiles/shipped.ts";

const array = shipped().profile.pe.macArray!;

describe("productCycles", () => {
  const small = { columns: 4, rows: 2, sramPortBytes: 3, setupCycles: 5, accumulatorBits: 32 } as const;

  it("counts steps through the SRAM port, tiles, and the sums' way out", () => {
    // One tile: 10 steps of 6 B, 2 cycles each; 8 sums of 4 B are 11 cycles.
    expect(productCycles(small, { vectors: 2, inputs: 10, outputs: 4 })).toBe(5 + 20 + 11);
    // ⌈3/2⌉ · ⌈9/4⌉ = 6 of them.
    expect(productCycles(small, { vectors: 3, inputs: 10, outputs: 9 })).toBe(5 + 6 * (20 + 11));
    // One vector fetches as much, but has half the sums: 16 B are 6 cycles.
    expect(productCycles(small, { vectors: 1, inputs: 10, outputs: 9 })).toBe(5 + 3 * (20 + 6));
    // 7 steps of 6 B through 4 B a cycle: 10.5 cycles; 2 sums of 4 B: 2.
    const wider = { ...small, sramPortBytes: 4 };
    expect(productCycles(wider, { vectors: 1, inputs: 7, outputs: 2 })).toBe(5 + 11 + 2);
  });

  it("takes a cycle a step at least, however wide the port", () => {
    const wide = { ...small, sramPortBytes: 64 };
    expect(productCycles(wide, { vectors: 2, inputs: 10, outputs: 4 })).toBe(5 + 10 + 1);
  });

  it("takes no time for nothing", () => {
    expect(productCycles(small, { vectors: 1, inputs: 10, outputs: 0 })).toBe(0);
  });

  const utilisation = (vectors: number, inputs: number, outputs: number) =>
    (vectors * inputs * outputs) /
    (array.columns * array.rows * productCycles(array, { vectors, inputs, outputs }));

  it("comes within 1 % of the published use in matrix products of a transformer", () => {
    // 1536 tiles of 960 + 16 cycles.
    expect(productCycles(array, { vectors: 128, inputs: 768, outputs: 768 })).toBe(74 + 1536 * 976);
    expect(utilisation(128, 768, 768) / 0.782).toBeCloseTo(1, 1.7);
    expect(utilisation(4096, 65_536, 4096), "without end: 51.2 of 64").toBeCloseTo(0.8, 3);
  });

  it("is at the upper end of the published use in vector-matrix products, or above it", () => {
    expect(utilisation(1, 128, 128), "published: 0.16 to 0.19").toBeCloseTo(0.1847, 4);
    expect(utilisation(1, 65_536, 4096), "without end").toBeCloseTo(0.2, 3);
  });
});
