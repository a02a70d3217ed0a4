import { describe, expect, it } from "vitest";
import { isSyntheticModel, readSyntheticModel } from "../../../src/cli/synthetic-model.ts";
import { nonZerosOf } from "../../../src/core/model-ir.ts";

describe("synthetic models", () => {
  it("have the widths and the density that were asked for", () => {
    const model = readSyntheticModel("synthetic:10,20,30@0.05", 1);
    expect(model.populations.map(({ kind, size }) => [kind, size])).toEqual([
      ["dense-input", 10],
      ["egru", 20],
      ["egru", 30],
    ]);
    expect(model.projections.map(({ weights }) => nonZerosOf(weights))).toEqual([30, 60, 90, 135]);
    expect(model.name).toBe("synthetic:10,20,30@0.05");
  });

  it("read tokens with a vocabulary", () => {
    const kinds = readSyntheticModel("synthetic:50x8,9,8@1", 1).populations.map(({ kind }) => kind);
    expect(kinds).toEqual(["token-input", "embedding", "egru", "egru", "linear"]);
  });

  it.each([
    ["synthetic:", "is not of the form WIDTH,NEURONS,...@DENSITY"],
    ["synthetic:10@0.5", "is not of the form WIDTH,NEURONS,...@DENSITY"],
    ["synthetic:10,20", "is not of the form WIDTH,NEURONS,...@DENSITY"],
    ["synthetic:10,20@1.5", "is not of the form WIDTH,NEURONS,...@DENSITY"],
    ["synthetic:10,-20@0.5", "is not of the form WIDTH,NEURONS,...@DENSITY"],
    ["synthetic:10,0@0.5", "holds a size of 0"],
    ["synthetic:0x10,5@0.5", "holds a size of 0"],
    ["synthetic:10,999999999@0.5", "asks for more than 1,073,741,824 weights"],
    ["synthetic:999999999x999999999,5@0.5", "asks for more than 1,073,741,824 weights"],
  ])("refuse %s", (argument, problem) => {
    expect(isSyntheticModel(argument)).toBe(true);
    expect(() => readSyntheticModel(argument, 1)).toThrow(`${argument}: ${problem}`);
  });
});
