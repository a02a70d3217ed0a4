import { describe, expect, it } from "vitest";
import { pearson, summariseErrors } from "../../../src/validation/statistics.ts";

const pairs = (...figures: [number, number][]) =>
  figures.map(([predicted, measured]) => ({ predicted, measured }));

describe("error statistics", () => {
  it("take mean and worst of absolute relative errors", () => {
    const { n, mean, worst } = summariseErrors(pairs([90, 100], [130, 100]))!;
    expect(n).toBe(2);
    expect(mean).toBeCloseTo(0.2, 12);
    expect(worst).toBeCloseTo(0.3, 12);
    expect(summariseErrors([])).toBeUndefined();
  });

  it("correlate five pairs and more, and no fewer", () => {
    const line = pairs([1, 2], [2, 4], [3, 6], [4, 8], [5, 10]);
    expect(pearson(line)).toBeCloseTo(1, 12);
    expect(pearson(line.slice(1))).toBeUndefined();
    // By hand: products sum to 6, squares to 10 each.
    expect(pearson(pairs([1, 2], [2, 1], [3, 4], [4, 3], [5, 5]))).toBeCloseTo(0.8, 12);
    expect(pearson(pairs([1, 2], [1, 4], [1, 6], [1, 8], [1, 10]))).toBeUndefined();
  });
});
