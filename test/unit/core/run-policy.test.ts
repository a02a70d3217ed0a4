import { describe, expect, it } from "vitest";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { dvfsPolicyOf, type DvfsWish, synchronisationOf } from "../../../src/core/run-policy.ts";
import { shipped } from "../profiles/shipped.ts";

const { profile } = shipped();
const [slow, fast] = profile.operatingPoints;
const hintOf = (attempt: () => unknown): string => {
  try {
    attempt();
  } catch (error) {
    return (error as { hint: string }).hint;
  }
  return expect.fail("nothing was refused");
};

describe("synchronisationOf", () => {
  const known: HardwareProfile = {
    ...profile,
    synchronisation: { kind: "barrier", barrier: 2e-6, period: 1e-3 },
  };

  it("takes kind and times from the profile where a run names none", () => {
    expect(synchronisationOf(known)).toEqual({ kind: "barrier", seconds: 2e-6 });
    expect(synchronisationOf(known, { kind: "timer" })).toEqual({ kind: "timer", period: 1e-3 });
    expect(synchronisationOf(known, { kind: "data-flow" })).toEqual({ kind: "data-flow" });
  });

  it("takes a run's time before the profile's", () => {
    expect(synchronisationOf(known, { kind: "barrier", seconds: 3e-6 })).toEqual({
      kind: "barrier",
      seconds: 3e-6,
    });
    expect(synchronisationOf(profile, { kind: "timer", seconds: 2e-3 })).toEqual({
      kind: "timer",
      period: 2e-3,
    });
  });

  it("refuses a time that nobody knows", () => {
    const attempt = () => synchronisationOf(profile, { kind: "barrier" });
    expect(attempt).toThrow("synchronisation: spinnaker2 does not say how long a barrier takes");
    expect(hintOf(attempt)).toBe('Give the time, as in "--sync barrier:2us" or "--sync timer:1ms".');
    const still = { ...profile, synchronisation: { kind: "data-flow" } } as const;
    expect(() => synchronisationOf(still, { kind: "timer" })).toThrow("does not say how long a tick is");
  });
});

describe("dvfsPolicyOf", () => {
  const policyOf = (wish: DvfsWish, chip = profile) => dvfsPolicyOf(chip, wish, ["a", "b", "decoder"]);

  it("is nothing where points are fixed", () => {
    expect(policyOf({ kind: "fixed" })).toBeUndefined();
    const { dvfs: _, ...without } = profile;
    expect(policyOf({ kind: "fixed" }, without)).toBeUndefined();
  });

  it("switches between the slowest and the fastest point, or those that are named", () => {
    expect(policyOf({ kind: "queue", packets: 30 })).toEqual({
      kind: "queue",
      label: "queue:30@150MHz,300MHz",
      packets: 30,
      points: [slow, fast],
    });
    const named = policyOf({ kind: "queue", packets: 0, low: "150MHz", high: "300MHz" });
    expect(named?.label).toBe("queue:0@150MHz,300MHz");
  });

  it("has layers that are not named at the profile's first point", () => {
    expect(policyOf({ kind: "layers", points: { b: "300MHz" } })).toEqual({
      kind: "layers",
      label: "layers:b=300MHz",
      points: [slow, fast],
      levels: { a: 0, b: 1, decoder: 0 },
    });
    const all = policyOf({ kind: "layers", points: { a: "300MHz", b: "300MHz", decoder: "300MHz" } });
    expect(all).toMatchObject({ points: [fast], levels: { a: 0, b: 0, decoder: 0 } });
  });

  it.each<[string, DvfsWish, string]>([
    [
      "a layer that is not there",
      { kind: "layers", points: { c: "150MHz" } },
      'dvfs: the program has no layer "c" on the chip',
    ],
    [
      "a point that is not there",
      { kind: "layers", points: { a: "200MHz" } },
      'dvfs: spinnaker2 has no operating point "200MHz"',
    ],
    [
      "points the wrong way round",
      { kind: "queue", packets: 1, low: "300MHz", high: "150MHz" },
      "dvfs: 300MHz is not slower than 150MHz",
    ],
  ])("refuses %s", (_, wish, message) => {
    expect(() => policyOf(wish)).toThrow(message);
    expect(hintOf(() => policyOf(wish))).toMatch(/^(Choose|Name)/);
  });

  it("refuses chips whose PEs keep their point, or whose energies cannot be told apart by it", () => {
    const { dvfs: _, ...without } = profile;
    expect(() => policyOf({ kind: "queue", packets: 1 }, without)).toThrow(
      'The PEs of spinnaker2 keep their operating point: its profile has no "dvfs".',
    );
    const byAction = profile.operatingPoints.map((point) => ({
      ...point,
      energy: { ...point.energy, pe: { basis: "action", sleep: 0, costs: {} } },
    })) as unknown as HardwareProfile["operatingPoints"];
    expect(() => policyOf({ kind: "queue", packets: 1 }, { ...profile, operatingPoints: byAction })).toThrow(
      "PEs of spinnaker2 are charged by action",
    );
  });
});
