import { describe, expect, it } from "vitest";
import { intervalOfShare, meanOfIndependent, meanOfSeries } from "../../../src/core/intervals.ts";
import { randomNumbers } from "../../../src/core/random.ts";

describe("intervals", () => {
  it("of a series come from batch means", () => {
    // Batches of two with the means 0.5, 2.5, ... 18.5: their variance is 4 · 82.5 / 9.
    const { mean, halfWidth } = meanOfSeries(Array.from({ length: 20 }, (_, i) => i));
    expect(mean).toBe(9.5);
    expect(halfWidth).toBeCloseTo(2.262 * Math.sqrt((4 * 82.5) / 9 / 10), 9);
    expect(meanOfSeries([1, 2, 3])).toEqual({ mean: 2 });
  });

  it("of independent values are Student's", () => {
    // Variance 1; the quantile of two degrees of freedom.
    const { mean, halfWidth } = meanOfIndependent([1, 2, 3]);
    expect(mean).toBe(2);
    expect(halfWidth).toBeCloseTo(4.303 / Math.sqrt(3), 9);
    expect(meanOfIndependent([5])).toEqual({ mean: 5 });
  });

  it("of a share are Wilson's, within 0 and 1 also at the ends", () => {
    const { low, high } = intervalOfShare(0.8, 10);
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(["0.490", "0.943"]);
    // Nothing of ten: z² / (10 + z²).
    expect(intervalOfShare(0, 10)).toEqual({
      low: 0,
      high: expect.closeTo(1.96 ** 2 / (10 + 1.96 ** 2), 12),
    });
    expect(intervalOfShare(1, 10).high).toBe(1);
  });

  it("hold the mean of a correlated series about as often as they say", () => {
    const random = randomNumbers(1);
    let held = 0;
    for (let run = 0; run < 400; run += 1) {
      let value = 0;
      const series = Array.from({ length: 2000 }, () => {
        value = 0.8 * value + random() - 0.5;
        return value;
      });
      const { mean, halfWidth } = meanOfSeries(series);
      if (Math.abs(mean) <= halfWidth!) held += 1;
    }
    // 95 % of 400 are 380; three standard deviations of chance are 13.
    expect(held).toBeGreaterThan(362);
    expect(held).toBeLessThan(396);
  });
});
