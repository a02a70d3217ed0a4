import { describe, expect, it } from "vitest";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { limitSteps } from "../../../src/inputs/limit-steps.ts";

const about = { origin: "test", synthetic: false };
const text: Stimulus = {
  kind: "tokens",
  ids: Uint32Array.of(1, 2, 3),
  targets: Uint32Array.of(2, 3, 4),
  ...about,
};
const dense: Stimulus = { kind: "dense", width: 2, values: Float32Array.of(1, 2, 3, 4, 5, 6), ...about };

describe("limitSteps", () => {
  it("keeps the first steps and their targets", () => {
    expect(limitSteps(text, 2)).toEqual({
      ...text,
      ids: Uint32Array.of(1, 2),
      targets: Uint32Array.of(2, 3),
    });
    expect(limitSteps(dense, 2)).toEqual({ ...dense, values: Float32Array.of(1, 2, 3, 4) });
  });

  it("invents no targets", () => {
    const { targets, ...without } = text;
    expect(targets).toBeDefined();
    expect(limitSteps(without, 1)).toEqual({ ...without, ids: Uint32Array.of(1) });
  });

  it.each([3, 4, undefined])("keeps everything at a limit of %s", (steps) => {
    expect(limitSteps(text, steps)).toBe(text);
    expect(limitSteps(dense, steps)).toBe(dense);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s steps", (steps) => {
    expect(() => limitSteps(text, steps)).toThrow(`steps: ${steps} is not a positive whole number`);
  });
});
