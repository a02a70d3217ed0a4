import { describe, expect, it } from "vitest";
import { smallestEigenvectors } from "../../../../compiler/place/eigenvectors.ts";
import { PLACERS } from "../../../../compiler/place/place.ts";
import type { PlacementProblem } from "../../../../compiler/place/problem.ts";
import { spectral } from "../../../../compiler/place/spectral.ts";
import { costOf } from "../../../../compiler/place/traffic.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import { randomNumbers } from "../../../../src/core/random.ts";
import { layeredProblem } from "../../../support/placement-problems.ts";
import { tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";

/** A chain of layers of equal size, each of which sends to the next alone. */
function chain(profile: HardwareProfile, layers: number, size: number): PlacementProblem {
  const problem = layeredProblem(profile, new Array<number>(layers).fill(size));
  const flows = problem.flows.slice(1, -1).map((flow) => ({ ...flow, targets: flow.targets.slice(1) }));
  return { ...problem, flows };
}

describe("the smallest eigenvectors", () => {
  it("of a chain of layers are those of a path: cosines of the layer's number", () => {
    const [layers, size] = [5, 3];
    const vectors = smallestEigenvectors(chain(tinyMulticast(), layers, size), 2, 1);
    for (const [index, vector] of vectors.entries()) {
      const cosine = (slice: number) =>
        Math.cos((Math.PI * (index + 1) * (Math.floor(slice / size) + 0.5)) / layers);
      const scale = vector[0]! / cosine(0);
      expect(Math.abs(scale)).toBeCloseTo(Math.sqrt(2 / (layers * size)), 5);
      for (const [slice, own] of vector.entries()) expect(own).toBeCloseTo(scale * cosine(slice), 5);
    }
  });

  it("are equal for slices that are alike, of norm 1 and upright on one another", () => {
    const problem = layeredProblem(tinyMulticast(), [7, 9, 5, 4]);
    const [first, second] = smallestEigenvectors(problem, 2, 5) as [Float64Array, Float64Array];
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, own, i) => sum + own * b[i]!, 0);
    expect(dot(first, first)).toBeCloseTo(1, 9);
    expect(dot(first, second)).toBeCloseTo(0, 9);
    expect(first.reduce((a, b) => a + b)).toBeCloseTo(0, 9);
    for (const vector of [first, second])
      expect(new Set(vector.subarray(0, 7)).size, "one value for the first layer").toBe(1);
  });

  it("are 0 where there are none: in one layer, and the second of two", () => {
    const one = smallestEigenvectors(layeredProblem(tinyMulticast(), [6]), 2, 1);
    expect(one.map((vector) => Math.max(...vector))).toEqual([0, 0]);
    const [first, second] = smallestEigenvectors(layeredProblem(tinyMulticast(), [3, 3]), 2, 1);
    expect(Math.sign(first![0]!)).toBe(-Math.sign(first![5]!));
    expect([...second!]).toEqual(new Array<number>(6).fill(0));
  });
});

describe("the spectral placer", () => {
  it("lays layers whose names are shuffled as well as layers in order", () => {
    const order = [3, 0, 4, 1, 2];
    const straight = chain(tinyUnicast({ pesPerNode: 5 }), 5, 6);
    const shuffled = {
      ...straight,
      slices: order.flatMap((layer) => straight.slices.slice(6 * layer, 6 * layer + 6)),
    };
    const cost = (problem: PlacementProblem) => costOf(problem, spectral.place(problem, { seed: 1 })).cost;
    expect(cost(shuffled)).toBeCloseTo(cost(straight), 9);
    const nearRouter = PLACERS.find(({ name }) => name === "near-router")!;
    expect(cost(shuffled)).toBeLessThan(costOf(shuffled, nearRouter.place(shuffled, { seed: 1 })).cost);
  });

  it("takes places near the host where it needs few", () => {
    const problem = layeredProblem(tinyMulticast({ neighbours: 4 }), [3, 3]);
    const places = spectral
      .place(problem, { seed: 1 })
      .map((pe) => problem.profile.noc.nodes[Math.floor(pe / 3)]!);
    for (const { x, y } of places) expect(x + y).toBeLessThanOrEqual(1);
  });

  it("is at the heart of annealing where it leads, so that no other placer costs less", () => {
    const random = randomNumbers(4);
    for (let trial = 0; trial < 5; trial += 1) {
      const problem = layeredProblem(tinyUnicast({ pesPerNode: 4 }), [9, 8, 6], () => random());
      const costs = PLACERS.map((placer) => costOf(problem, placer.place(problem, { seed: trial })).cost);
      expect(costs.at(-1)).toBe(Math.min(...costs));
    }
  });
});
