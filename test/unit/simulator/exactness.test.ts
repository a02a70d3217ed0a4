import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectAgreement } from "./agreement.ts";
import { cornerChip } from "./corner-chip.ts";
import { trials } from "./random-nets.ts";

const chip = cornerChip();

describe("a simulated program", () => {
  for (const format of ["int8", "int16"] as const) {
    it(`computes exactly what unbounded integers give (${format}), saturation included`, () => {
      const seen = { clamps: 0, events: 0 };
      const property = fc.property(trials(format), (trial) => {
        const { clamps, events } = expectAgreement(trial, chip);
        seen.clamps += clamps;
        seen.events += events;
      });
      fc.assert(property, { numRuns: 150, seed: 5 });
      expect(seen.clamps, "some accumulators saturated").toBeGreaterThan(100);
      expect(seen.events, "some neurons fired").toBeGreaterThan(100);
    });
  }

  it("computes float32 with every operation rounded", () => {
    let events = 0;
    const property = fc.property(trials("float32"), (trial) => {
      events += expectAgreement(trial, chip).events;
    });
    fc.assert(property, { numRuns: 150, seed: 5 });
    expect(events).toBeGreaterThan(100);
  });
});
