import { describe, expect, it } from "vitest";
import type { DenseStimulus, TokenStimulus } from "../../../src/core/stimulus.ts";
import { readStimulus } from "../../../src/inputs/read-stimulus.ts";

const tokens = (seed: number, steps: number, size = 100) =>
  readStimulus({ kind: "synthetic", seed, steps }, { kind: "tokens", size }) as TokenStimulus;
const vectors = (seed: number, steps: number, width = 3) =>
  readStimulus({ kind: "synthetic", seed, steps }, { kind: "vectors", width }) as DenseStimulus;

describe("synthetic input", () => {
  it("is the same for the same seed, and says so", () => {
    expect(tokens(1, 50)).toEqual(tokens(1, 50));
    expect(tokens(1, 50)).not.toEqual(tokens(2, 50));
    expect(tokens(1, 50).ids).toEqual(tokens(1, 80).ids.subarray(0, 50));
    expect(tokens(1, 50)).toMatchObject({ synthetic: true, origin: "synthetic tokens, seed 1" });
    expect(tokens(1, 50)).not.toHaveProperty("targets");
    expect(vectors(4, 50)).toEqual(vectors(4, 50));
    expect(vectors(4, 50)).not.toEqual(vectors(5, 50));
    expect(vectors(4, 50)).toMatchObject({ synthetic: true, width: 3, origin: "synthetic vectors, seed 4" });
  });

  it("draws token n about 1/n as often as the first", () => {
    const draws = 200_000;
    const counts = new Float64Array(100);
    for (const id of tokens(3, draws).ids) counts[id]! += 1;
    const harmonic = counts.reduce((sum, _, id) => sum + 1 / (id + 1), 0);
    for (const [id, count] of counts.entries()) {
      const expected = draws / ((id + 1) * harmonic);
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected)); // five standard deviations
    }
  });

  it("draws unit normals, also an odd number of them", () => {
    const { values } = vectors(6, 33_333);
    expect(values.length).toBe(99_999);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const fourth = values.reduce((sum, value) => sum + value ** 4, 0) / values.length;
    // Five standard errors: 1, √2 and √96 over √n.
    expect(Math.abs(mean)).toBeLessThan(0.016);
    expect(Math.abs(square - 1)).toBeLessThan(0.023);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.16);
  });

  it("reads a vocabulary of one word", () => {
    expect(tokens(1, 3, 1).ids).toEqual(Uint32Array.of(0, 0, 0));
  });

  it.each([
    [1, 0, "steps: 0 is not a whole number from 1 to 134217728"],
    [1, 1e12, "steps: 1000000000000 is not a whole number from 1 to 134217728"],
    [1, 2.5, "steps: 2.5 is not a whole number from 1 to 134217728"],
    [-1, 5, "seed: -1 is not a whole number from 0 to 4294967295"],
    [0.5, 5, "seed: 0.5 is not a whole number from 0 to 4294967295"],
  ])("refuses seed %s with %s steps", (seed, steps, message) => {
    expect(() => tokens(seed, steps)).toThrow(message);
  });
});
