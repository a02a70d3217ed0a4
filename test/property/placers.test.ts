import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anneal } from "../../compiler/place/annealing.ts";
import { PLACERS } from "../../compiler/place/place.ts";
import { costOf, nodesByPe, trafficOf } from "../../compiler/place/traffic.ts";
import { CapacityError } from "../../src/core/errors.ts";
import { randomNumbers } from "../../src/core/random.ts";
import { placementProblems } from "../support/placement-problems.ts";

function outcomeOf<T>(run: () => T): T | CapacityError {
  try {
    return run();
  } catch (error) {
    if (error instanceof CapacityError) return error;
    throw error;
  }
}

/** Any PEs, one for each slice. */
function shuffled(pes: readonly number[], slices: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const keys = new Map(pes.map((pe) => [pe, random()]));
  return [...pes].sort((a, b) => keys.get(a)! - keys.get(b)!).slice(0, slices);
}

/** What every placer owes its callers. A new placer joins by entering `PLACERS`. */
describe.each(PLACERS)("placer $name", (placer) => {
  it("gives every slice a usable PE of its own, and gives up only when PEs are scarce", () => {
    fc.assert(
      fc.property(placementProblems, fc.nat(), (problem, seed) => {
        const placement = outcomeOf(() => placer.place(problem, { seed }));
        if (placement instanceof CapacityError) {
          expect(problem.slices.length).toBeGreaterThan(problem.pes.length);
          return;
        }
        expect(placement).toHaveLength(problem.slices.length);
        expect(new Set(placement).size).toBe(placement.length);
        for (const pe of placement) expect(problem.pes).toContain(pe);
        expect(placer.place(problem, { seed }), "same seed, same placement").toEqual(placement);
      }),
    );
  });

  it("leaves dead PEs alone wherever they are", () => {
    fc.assert(
      fc.property(placementProblems, fc.nat(), fc.nat(), (problem, seed, dead) => {
        const pes = problem.pes.filter((pe) => (pe * 7 + dead) % 5 !== 0);
        const placement = outcomeOf(() => placer.place({ ...problem, pes }, { seed }));
        if (placement instanceof CapacityError) expect(problem.slices.length).toBeGreaterThan(pes.length);
        else for (const pe of placement) expect(pes).toContain(pe);
      }),
    );
  });
});

const fitting = placementProblems.filter(({ slices, pes }) => slices.length <= pes.length);

describe("annealing", () => {
  it("never ends with a placement that costs more than its start", () => {
    fc.assert(
      fc.property(fitting, fc.nat(), (problem, seed) => {
        const start = shuffled(problem.pes, problem.slices.length, seed);
        const end = anneal(problem, start, { seed });
        expect(costOf(problem, end).cost).toBeLessThanOrEqual(costOf(problem, start).cost);
      }),
      { numRuns: 60 },
    );
  });
});

describe("traffic", () => {
  it("is after any moves what it would be counted anew, and the same as before when they are taken back", () => {
    fc.assert(
      fc.property(fitting, fc.nat(), (problem, seed) => {
        const { slices, pes, profile } = problem;
        const nodeOfPe = nodesByPe(profile);
        const random = randomNumbers(seed);
        const traffic = trafficOf(problem, shuffled(pes, slices.length, seed));
        for (let round = 0; round < 4; round += 1) {
          const before = traffic.cost();
          const placement = shuffled(pes, slices.length, seed + round);
          traffic.move(placement.map((pe, slice) => ({ slice, node: nodeOfPe[pe]! })));
          expect(traffic.cost()).toEqual(costOf(problem, placement));
          if (random() < 0.5) continue;
          traffic.undo();
          expect(traffic.cost()).toEqual(before);
        }
      }),
      { numRuns: 60 },
    );
  });
});
