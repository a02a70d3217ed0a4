import { describe, expect, it } from "vitest";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { timeOf } from "../../../simulator/time-of.ts";
import type { ModelIr } from "../../../src/core/model-ir.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { Fidelity, SimulationResult } from "../../../src/core/result.ts";
import type { DenseStimulus, Stimulus } from "../../../src/core/stimulus.ts";
import { HOST_TRACK, SPAN, type Trace } from "../../../src/core/trace.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const inputs = 6;
const STEPS = 6;
const model = tinyModel({ inputs, layers: [10, 8], density: 0.5 });
const chip = tinyChip();
const point = chip.operatingPoints[0]!;
const { program } = compile(model, chip);
const random = randomNumbers(5);
const noise: DenseStimulus = {
  kind: "dense",
  width: inputs,
  values: Float32Array.from({ length: STEPS * inputs }, () => 2 * random() - 1),
  origin: "noise",
  synthetic: true,
};

function traced(fidelity: Fidelity, first: number, steps: number, options = {}) {
  const result = simulate(program, chip, noise, {
    replays: fidelity === "detailed" ? [{ point }] : [],
    trace: { fidelity, point, first, steps },
    ...options,
  });
  return { result, trace: result.traces![0]! };
}

const CORE_KINDS: readonly number[] = [SPAN.timestep, SPAN.synops, SPAN.neurons, SPAN.send];

/** Seconds that each PE's core is busy for in a trace. */
function busySeconds({ spans, packets }: Trace): Map<number, number> {
  const busy = new Map<number, number>();
  const add = (pe: number, seconds: number) => busy.set(pe, (busy.get(pe) ?? 0) + seconds);
  for (const [i, track] of spans.track.entries()) {
    if (track >= 0 && CORE_KINDS.includes(spans.kind[i]!)) add(track, spans.end[i]! - spans.begin[i]!);
  }
  for (const [i, to] of packets.to.entries()) if (to >= 0) add(to, packets.end[i]! - packets.begin[i]!);
  return busy;
}

const secondsOfPe = ({ busyCycles }: SimulationResult, pe: number) => busyCycles[pe]! / point.peClock;

describe("a trace in the fast fidelity", () => {
  it("fills each PE's track for as long as its cycles take, and lasts as long as the run", () => {
    const { result, trace } = traced("fast", 0, STEPS);
    const busy = busySeconds(trace);
    expect([...busy.keys()].sort((a, b) => a - b)).toEqual(result.usedPes);
    for (const [pe, seconds] of busy) expect(seconds).toBeCloseTo(secondsOfPe(result, pe), 12);
    const { total } = timeOf(result, chip, point, "sequential");
    expect(trace.phases.end.at(-1)).toBeCloseTo(total, 12);
    expect(trace.packets.to.length).toBe(0);
  });

  it("shows a window of the run as the whole run has it", () => {
    const whole = traced("fast", 0, STEPS).trace;
    const part = traced("fast", 2, 3).trace;
    const inWindow = [...whole.phases.step.keys()].filter(
      (i) => whole.phases.step[i]! >= 2 && whole.phases.step[i]! < 5,
    );
    expect([...part.phases.begin]).toEqual(inWindow.map((i) => whole.phases.begin[i]));
    expect([...part.phases.events]).toEqual(inWindow.map((i) => whole.phases.events[i]));
    const [from, until] = [part.phases.begin[0]!, part.phases.end.at(-1)!];
    const kept = [...whole.spans.begin.keys()].filter(
      (i) => whole.spans.begin[i]! >= from && whole.spans.begin[i]! < until,
    );
    expect([...part.spans.begin]).toEqual(kept.map((i) => whole.spans.begin[i]));
    expect([...part.spans.end]).toEqual(kept.map((i) => whole.spans.end[i]));
  });

  it("keeps phases apart as it is told", () => {
    const trace = { fidelity: "fast", point, first: 0, steps: STEPS } as const;
    const free = simulate(program, chip, noise, { trace }).traces![0]!;
    const pace = { least: 0, added: 1e-3 };
    const barred = simulate(program, chip, noise, { trace: { ...trace, pace } }).traces![0]!;
    const ticking = simulate(program, chip, noise, { trace: { ...trace, pace: { least: 1, added: 0 } } });
    for (const [i, begin] of barred.phases.begin.entries()) {
      expect(begin).toBeCloseTo(free.phases.begin[i]! + i * 1e-3, 12);
    }
    expect([...ticking.traces![0]!.phases.begin]).toEqual([...free.phases.begin.keys()]);
  });

  it("shows the MAC arrays of a decoder on the chip, and its weights on their way from DRAM", () => {
    const decoding = tinyModel({ inputs: 16, layers: [20, 16], vocabulary: 40 });
    const { profile } = loadChip("spinnaker2");
    const compiled = compile(decoding, profile, { decoder: "chip" }).program;
    const at = profile.operatingPoints[0]!;
    const tokens: Stimulus = {
      kind: "tokens",
      ids: Uint32Array.of(3, 1, 4),
      origin: "three words",
      synthetic: true,
    };
    const request = { fidelity: "fast", point: at, first: 0, steps: 3 } as const;
    const result = simulate(compiled, profile, tokens, { trace: request });
    const { spans } = result.traces![0]!;
    for (const pe of compiled.chipDecoder!.pes) {
      const seconds = [...spans.track.keys()]
        .filter((i) => spans.track[i] === pe && spans.kind[i] === SPAN["mac-array"])
        .reduce((sum, i) => sum + spans.end[i]! - spans.begin[i]!, 0);
      expect(seconds).toBeCloseTo(result.macArrayCycles[pe]! / at.peClock, 12);
    }
    const bytes = [...spans.track.keys()]
      .filter((i) => spans.kind[i] === SPAN.dma)
      .reduce((sum, i) => sum + (spans.end[i]! - spans.begin[i]!) * profile.dram!.bandwidth, 0);
    expect(bytes).toBeCloseTo(result.counts.dram.byteRead, 3);
  });
});

describe("a trace in the detailed fidelity", () => {
  /** Without recurrent connections all work on a timestep's events is done within the timestep. */
  const forwardOnly = ({ projections, ...rest }: ModelIr) =>
    compile({ ...rest, projections: projections.filter(({ delay }) => delay === 0) }, chip).program;
  const forward = forwardOnly(model);
  const replayed = (first: number, steps: number, capacity?: number) =>
    simulate(forward, chip, noise, {
      replays: [{ point }],
      trace: { fidelity: "detailed", point, first, steps, ...(capacity !== undefined && { capacity }) },
    });

  it("fills each PE's track for as long as its cycles take, and lasts as long as the replay", () => {
    const result = replayed(0, STEPS);
    const trace = result.traces![0]!;
    const busy = busySeconds(trace);
    expect([...busy.keys()].sort((a, b) => a - b)).toEqual(result.usedPes);
    for (const [pe, seconds] of busy) expect(seconds).toBeCloseTo(secondsOfPe(result, pe), 12);
    const total = result.replays![0]!.phases.flatMap(({ seconds }) => [...seconds]);
    expect(trace.phases.end.at(-1)).toBeCloseTo(
      total.reduce((sum, seconds) => sum + seconds, 0),
      12,
    );
  });

  it("fills them in a window for as long as a run over the window's end is longer than one to its beginning", () => {
    const upTo = (steps: number) =>
      simulate(forward, chip, { ...noise, values: noise.values.slice(0, steps * inputs) });
    const [before, until] = [upTo(2), upTo(5)];
    for (const [pe, seconds] of busySeconds(replayed(2, 3).traces![0]!)) {
      expect(seconds).toBeCloseTo(secondsOfPe(until, pe) - secondsOfPe(before, pe), 12);
    }
  });

  it("has every packet at every receiver, sent before it is received, received before it is worked off", () => {
    const { result, trace } = traced("detailed", 0, STEPS);
    const { from, to, sent, received, begin, end } = trace.packets;
    const received_ = (pe: number) => [...to].filter((receiver) => receiver === pe).length;
    expect(received_(HOST_TRACK)).toBe(result.counts.host.eventOut);
    // Recurrent events of the last timestep arrive, and would count in the next.
    const counted = result.counts.kernel.packetReceive;
    for (const pe of result.usedPes) expect(received_(pe)).toBeGreaterThanOrEqual(counted[pe]!);
    expect(from.every((pe) => pe === HOST_TRACK || result.usedPes.includes(pe))).toBe(true);
    for (let i = 0; i < to.length; i += 1) {
      expect(sent[i]).toBeLessThan(received[i]!);
      expect(received[i]).toBeLessThanOrEqual(begin[i]!);
      expect(begin[i]).toBeLessThan(end[i]!);
    }
  });

  it("shows cores that wait for room in a slow NoC, which are not busy meanwhile", () => {
    const slow = { ...chip, noc: { ...chip.noc, flitCycles: 4000 } };
    const wide = forwardOnly(tinyModel({ inputs, layers: [240, 8], density: 0.5 }));
    const result = simulate(wide, slow, noise, {
      replays: [{ point }],
      trace: { fidelity: "detailed", point, first: 0, steps: STEPS },
    });
    const trace = result.traces![0]!;
    const { spans } = trace;
    expect(result.replays![0]!.stalledSends).toBeGreaterThan(0);
    const stalls = [...spans.kind.keys()].filter((i) => spans.kind[i] === SPAN.stalled);
    expect(stalls.length).toBeGreaterThan(0);
    // A stall begins where a send ends, and the core goes on where the stall ends.
    const endsOf = (kind: number, track: number) =>
      [...spans.end].filter((_, i) => spans.kind[i] === kind && spans.track[i] === track);
    for (const i of stalls) {
      expect(spans.end[i]).toBeGreaterThan(spans.begin[i]!);
      expect(endsOf(SPAN.send, spans.track[i]!)).toContain(spans.begin[i]);
    }
    for (const [pe, seconds] of busySeconds(trace)) expect(seconds).toBeCloseTo(secondsOfPe(result, pe), 12);
  });

  it("changes nothing in the result, and is the same again", () => {
    const { trace, result } = traced("detailed", 0, STEPS);
    const { traces: _, ...rest } = result;
    expect(rest).toEqual(simulate(program, chip, noise, { replays: [{ point }] }));
    expect(traced("detailed", 0, STEPS).trace).toEqual(trace);
  });

  it("stops where it is full, with what came before as in a whole one", () => {
    const whole = replayed(0, STEPS).traces![0]!;
    const cut = replayed(0, STEPS, 40).traces![0]!;
    expect([whole.isTruncated, cut.isTruncated]).toEqual([false, true]);
    const onPes = [...cut.spans.track].filter((track) => track >= 0).length;
    expect(onPes + cut.packets.to.length).toBe(40);
    expect([...cut.packets.end]).toEqual([...whole.packets.end.slice(0, cut.packets.to.length)]);
    expect([...new Set(cut.phases.step)]).toEqual([...Array(Math.max(...cut.phases.step) + 1).keys()]);
  });
});

describe("a trace of several streams", () => {
  it("is that of the first stream", () => {
    const { trace } = traced("fast", 0, 3);
    const first = traced("fast", 0, 3, { streams: 2 }).trace;
    expect(first).toEqual(trace);
  });
});

describe("a trace that cannot be", () => {
  it.each([
    [0, 0, "a window of 0 timesteps from 0 on"],
    [-1, 3, "a window of 3 timesteps from -1 on"],
    [0.5, 3, "a window of 3 timesteps from 0.5 on"],
  ])("is refused: from %d on %d timesteps", (first, steps, text) => {
    expect(() => traced("fast", first, steps)).toThrow(text);
  });
});
