import { describe, expect, it } from "vitest";
import {
  type EventCoding,
  formatEventCoding,
  mostSpikes,
  parseEventCoding,
  payloadOfSteps,
  spikesOfSteps,
  stepsOfPayload,
} from "../../../src/core/event-coding.ts";

const bits8: EventCoding = { kind: "bits", size: 8 };
const rate15: EventCoding = { kind: "rate", size: 15 };
const FULL = 2 ** 23;

describe("event codings", () => {
  it.each(["bits:8", "rate:15", "graded:8"])("%s is read and written alike", (text) => {
    expect(formatEventCoding(parseEventCoding(text))).toBe(text);
  });

  it.each(["bits", "bits:0", "bits:17", "rate:256", "graded:24", "bits:8x", "__proto__:8"])(
    "refuses %s",
    (text) => {
      expect(() => parseEventCoding(text)).toThrow(`coding: "${text}" is none of bits:1 … bits:16`);
    },
  );

  it("sends the bits that are set, and no more than there are", () => {
    expect([0, 1, 2, 3, 128, 255].map((steps) => spikesOfSteps(bits8, steps))).toEqual([0, 1, 1, 2, 1, 8]);
    expect(mostSpikes(bits8)).toBe(8);
  });

  it("sends so many spikes as a rate has steps, and one event where it is graded", () => {
    expect([0, 1, 15].map((steps) => spikesOfSteps(rate15, steps))).toEqual([0, 1, 15]);
    expect([0, 1, 255].map((steps) => spikesOfSteps({ kind: "graded", size: 8 }, steps))).toEqual([0, 1, 1]);
  });

  it("rounds payloads to the nearest step of full scale, whatever their sign", () => {
    // 255 steps: half of full scale is 127.5, which rounds up.
    expect(stepsOfPayload(bits8, FULL / 2)).toBe(128);
    expect(stepsOfPayload(bits8, -FULL / 2)).toBe(128);
    expect(stepsOfPayload(bits8, FULL / 512 - 200)).toBe(0);
    expect(stepsOfPayload(bits8, FULL - 1)).toBe(255);
    expect(stepsOfPayload(rate15, FULL / 3)).toBe(5);
  });

  it("gives payloads back to within half a step, and never one of 24 bits too many", () => {
    for (const coding of [bits8, rate15]) {
      const step = FULL / (coding.kind === "rate" ? coding.size : 255);
      for (const payload of [1, 1000, 123_456, 4_000_000, FULL - 1]) {
        const back = payloadOfSteps(coding, stepsOfPayload(coding, payload));
        expect(Math.abs(back - payload)).toBeLessThanOrEqual(step / 2 + 1);
        expect(back).toBeLessThan(FULL);
      }
    }
  });
});
