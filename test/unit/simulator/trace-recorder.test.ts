import { describe, expect, it } from "vitest";
import { createTraceRecorder } from "../../../simulator/trace-recorder.ts";
import { HOST_TRACK, SPAN } from "../../../src/core/trace.ts";

describe("trace recorder", () => {
  it("takes down what belongs to its window, and nothing before or after", () => {
    const recorder = createTraceRecorder({ first: 2, steps: 3 });
    for (let step = 0; step < 7; step += 1) {
      recorder.beginStep(step);
      expect(recorder.isOpen(), `step ${step}`).toBe(step >= 2 && step <= 4);
      recorder.span(7, SPAN.neurons, step, step + 0.5);
      recorder.packet(3, 7, 0x1f, step, step + 0.1, step + 0.2, step + 0.3);
      recorder.phase(0, step, step, step + 1, 9);
    }
    const { spans, packets, phases, isTruncated } = recorder.recording();
    expect([...phases.step]).toEqual([2, 3, 4]);
    expect([...phases.events]).toEqual([9, 9, 9]);
    expect([...spans.begin]).toEqual([2, 3, 4]);
    expect([...packets.sent]).toEqual([2, 3, 4]);
    expect([...spans.track, ...spans.kind]).toEqual([7, 7, 7, SPAN.neurons, SPAN.neurons, SPAN.neurons]);
    expect([packets.from[0], packets.to[0], packets.key[0]]).toEqual([3, 7, 0x1f]);
    expect(isTruncated).toBe(false);
  });

  it("holds exactly as many spans and packets as it may, and stops with the next", () => {
    const recorder = createTraceRecorder({ first: 0, steps: 10, capacity: 3 });
    recorder.beginStep(0);
    recorder.span(0, SPAN.neurons, 0, 1);
    recorder.packet(0, 1, 1, 0, 1, 1, 2);
    recorder.span(1, SPAN.synops, 0, 1);
    expect(recorder.isOpen()).toBe(true);
    expect(recorder.recording().isTruncated).toBe(false);
    recorder.packet(0, 1, 2, 0, 1, 1, 2);
    expect(recorder.isOpen()).toBe(false);
    recorder.span(2, SPAN.synops, 0, 1);
    const { spans, packets, isTruncated } = recorder.recording();
    expect([spans.track.length, packets.to.length, isTruncated]).toEqual([2, 1, true]);
  });

  it("closes the timestep in which it fills up with its phases and what the host sent, and opens no other", () => {
    const recorder = createTraceRecorder({ first: 0, steps: 10, capacity: 1 });
    recorder.beginStep(0);
    recorder.span(0, SPAN.neurons, 0, 1);
    recorder.span(0, SPAN.neurons, 1, 2);
    recorder.span(HOST_TRACK, SPAN.send, 0, 1);
    recorder.phase(0, 0, 0, 2, 1);
    recorder.beginStep(1);
    recorder.span(HOST_TRACK, SPAN.send, 2, 3);
    recorder.phase(0, 1, 2, 4, 1);
    const { spans, phases } = recorder.recording();
    expect([...spans.track]).toEqual([0, HOST_TRACK]);
    expect([...phases.step]).toEqual([0]);
  });

  it("keeps all rows and their order as it grows", () => {
    const recorder = createTraceRecorder({ first: 0, steps: 1 });
    recorder.beginStep(0);
    for (let i = 0; i < 5_000; i += 1) recorder.span(i, SPAN.synops, i / 7, i / 3);
    const { track, begin, end } = recorder.recording().spans;
    expect(track.length).toBe(5_000);
    expect(track.every((value, i) => value === i && begin[i] === i / 7 && end[i] === i / 3)).toBe(true);
  });
});
