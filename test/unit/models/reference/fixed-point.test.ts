import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  nearest,
  SIGMOID_TABLE,
  saturated,
  sigmoid,
  TANH_TABLE,
  tanh,
} from "../../../../src/models/reference/fixed-point.ts";
import { scaledPayload } from "../../../../src/models/reference/quantised-rows.ts";

describe("fixed point", () => {
  it.each([
    [0.5, 1],
    [-0.5, 0],
    [-1.5, -1],
    [2.4999, 2],
  ])("rounds %d half up to %d", (x, rounded) => expect(nearest(x) + 0).toBe(rounded));

  it("saturates at the two's-complement range", () => {
    expect([saturated(128, 128), saturated(127, 128), saturated(-128, 128), saturated(-129, 128)]).toEqual([
      127, 127, -128, -128,
    ]);
  });

  it("has tables from 0 to 8 whose entries no last digit of exp or tanh could change", () => {
    for (const [table, f] of [
      [SIGMOID_TABLE, (x: number) => 1 / (1 + Math.exp(-x))],
      [TANH_TABLE, Math.tanh],
    ] as const) {
      expect(table.length).toBe(513);
      for (const [i, entry] of table.entries()) {
        const exact = f(i / 64) * 2 ** 15;
        expect(Math.abs(exact - entry)).toBeLessThan(i === 0 ? 1e-9 : 0.5 - 1e-9);
      }
    }
    expect([SIGMOID_TABLE[0], SIGMOID_TABLE[512], TANH_TABLE[0], TANH_TABLE[512]]).toEqual([
      16_384, 32_757, 0, 32_768,
    ]);
  });

  it.each([
    { bits: 32, one: 2 ** 20 },
    { bits: 24, one: 2 ** 16 },
  ] as const)("interpolates sigma and tanh within the stated errors, $bits bits", ({ bits, one }) => {
    let inside = 0;
    let outside = 0;
    for (let x = -20; x <= 20; x += 1 / 997) {
      const at = Math.round(x * one);
      const value = at / one;
      const sigma = Math.abs(sigmoid(at, bits) / 2 ** 15 - 1 / (1 + Math.exp(-value)));
      const tangent = Math.abs(tanh(at, bits) / 2 ** 15 - Math.tanh(value));
      if (Math.abs(value) < 8) inside = Math.max(inside, sigma, tangent);
      else outside = Math.max(outside, sigma, tangent);
    }
    expect(inside).toBeLessThan(6e-5);
    expect(outside).toBeLessThan(3.4e-4);
  });

  it("is odd for tanh and even about one half for sigma, to the ends of the range", () => {
    for (const x of [1, 77, 2 ** 19 + 3, 2 ** 31 - 1]) {
      expect(tanh(-x, 32)).toBe(-tanh(x, 32));
      expect(sigmoid(-x, 32)).toBe(2 ** 15 - sigmoid(x, 32));
    }
    expect(tanh(-(2 ** 31), 32)).toBe(-(2 ** 15));
    expect(sigmoid(-(2 ** 23), 24)).toBe(2 ** 15 - 32_757);
  });

  it("interpolates between two entries, rounding down after half a unit", () => {
    const spacing = 2 ** 14;
    const rise = SIGMOID_TABLE[1]! - SIGMOID_TABLE[0]!;
    expect(rise).toBe(128);
    expect(sigmoid(63, 32)).toBe(16_384); // 128 · 63 = 8,064 of 16,384: below one half
    expect(sigmoid(64, 32)).toBe(16_385);
    expect(sigmoid(spacing, 32)).toBe(SIGMOID_TABLE[1]);
  });

  it("scales payloads as big integers do", () => {
    const payload = fc.integer({ min: -(2 ** 23), max: 2 ** 23 });
    const multiplier = fc.integer({ min: 0, max: 2 ** 24 - 1 });
    const extremes = [-(2 ** 23), 1 - 2 ** 23, -1, 1, 2 ** 23 - 1, 2 ** 23];
    const check = (p: number, m: number, k: number, limit: number) => {
      const half = k === 0 ? 0n : 1n << BigInt(k - 1);
      const exact = Number((BigInt(p) * BigInt(m) + half) >> BigInt(k));
      expect(scaledPayload(p, m, 2 ** k, limit) + 0).toBe(Math.max(-limit, Math.min(limit, exact)));
    };
    for (const p of extremes)
      for (const m of [0, 1, 2 ** 23, 2 ** 24 - 1])
        for (let k = 0; k <= 62; k += 1) check(p, m, k, 2 ** 31 - 1);
    fc.assert(
      fc.property(
        payload,
        multiplier,
        fc.integer({ min: 0, max: 62 }),
        fc.constantFrom(2 ** 24, 2 ** 31 - 1),
        check,
      ),
      { numRuns: 2000, seed: 1 },
    );
  });
});
