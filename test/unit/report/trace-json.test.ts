import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { timeOf } from "../../../simulator/time-of.ts";
import type { HardwareProfile, OperatingPoint } from "../../../src/core/profile.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { Fidelity } from "../../../src/core/result.ts";
import type { DenseStimulus } from "../../../src/core/stimulus.ts";
import { SPAN, type Trace } from "../../../src/core/trace.ts";
import { type TraceAbout, traceJson } from "../../../src/report/trace-json.ts";
import { tracePowerOf } from "../../../src/report/trace-power.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

interface TraceEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly id: number;
  readonly name: string;
  readonly bp?: string;
  readonly args: Readonly<Record<string, unknown>>;
}
interface TraceFile {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: string;
  readonly otherData: Readonly<Record<string, unknown>>;
}

const inputs = 6;
const STEPS = 6;
const chip = tinyChip();
const point = chip.operatingPoints[0]!;
const { program } = compile(tinyModel({ inputs, layers: [10, 8], density: 0.5 }), chip);
const random = randomNumbers(5);
const noise: DenseStimulus = {
  kind: "dense",
  width: inputs,
  values: Float32Array.from({ length: STEPS * inputs }, () => 2 * random() - 1),
  origin: "noise",
  synthetic: true,
};
const about: TraceAbout = {
  writtenBy: "eventloom",
  model: "tiny",
  chip: chip.name,
  input: "noise",
  power: { idle: 0.1, perBusyPe: 0.001, note: "as given" },
};

const run = (fidelity: Fidelity, first = 0, steps = STEPS) =>
  simulate(program, chip, noise, {
    replays: fidelity === "detailed" ? [{ point }] : [],
    trace: { fidelity, point, first, steps },
  });
const written = (trace: Trace, of = about): TraceFile =>
  JSON.parse([...traceJson(trace, of)].join("")) as TraceFile;
const fileOf = (fidelity: Fidelity, first = 0, steps = STEPS) =>
  written(run(fidelity, first, steps).traces![0]!);

/** As Perfetto reads a time: whole nanoseconds, what is below them cut off. */
const cut = (microseconds: number): number => Math.trunc(microseconds * 1000);
const grouped = <Key>(events: readonly TraceEvent[], keyOf: (event: TraceEvent) => Key) => {
  const groups = new Map<Key, TraceEvent[]>();
  for (const event of events) groups.set(keyOf(event), [...(groups.get(keyOf(event)) ?? []), event]);
  return groups;
};
const slicesByTrack = ({ traceEvents }: TraceFile) =>
  grouped(
    traceEvents.filter(({ ph }) => ph === "X"),
    ({ tid }) => tid,
  );

describe.each(["fast", "detailed"] as const)("a trace file, %s", (fidelity) => {
  const file = fileOf(fidelity);

  it("names every track once, with threads that no two processes share", () => {
    const names = file.traceEvents.filter(({ name }) => name === "thread_name");
    const threads = names.map(({ tid }) => tid);
    expect(new Set(threads).size).toBe(threads.length);
    const processes = file.traceEvents.filter(({ name }) => name === "process_name");
    expect(processes.map(({ args }) => args["name"])).toEqual(["timesteps", chip.name, "host"]);
    const placed = program.pes.map(
      ({ pe, population, firstNeuron, neurons }) =>
        `PE ${pe} · ${population}[${firstNeuron}..${firstNeuron + neurons - 1}]`,
    );
    expect(names.map(({ args }) => args["name"])).toEqual(expect.arrayContaining(placed));
    for (const { ph, tid } of file.traceEvents) if (ph !== "C" && ph !== "M") expect(threads).toContain(tid);
  });

  it("has a time, a length and a track in every slice", () => {
    const slices = file.traceEvents.filter(({ ph }) => ph === "X");
    expect(slices.length).toBeGreaterThan(STEPS * program.pes.length);
    for (const { ts, dur, pid, tid, name } of slices) {
      expect(Number.isFinite(ts) && ts >= 0 && dur >= 0).toBe(true);
      expect(Number.isInteger(pid) && Number.isInteger(tid)).toBe(true);
      expect(name).not.toBe("");
    }
  });

  it("has no two slices of a track that overlap, whether times are added or cut first", () => {
    for (const [tid, slices] of slicesByTrack(file)) {
      const inOrder = slices.toSorted((a, b) => a.ts - b.ts);
      for (const [i, { ts, dur }] of inOrder.entries()) {
        const next = inOrder[i + 1];
        if (next === undefined) continue;
        expect(ts + dur, `thread ${tid}, slice ${i}`).toBeLessThanOrEqual(next.ts);
        expect(cut(ts) + cut(dur), `thread ${tid}, slice ${i}`).toBeLessThanOrEqual(cut(next.ts));
      }
    }
  });

  it("shows timesteps, and below them their phases with the events that they send", () => {
    const { populations } = run(fidelity);
    const slices = [...slicesByTrack(file).values()].flat();
    const steps = slices.filter(({ name }) => name.startsWith("timestep "));
    expect(steps.map(({ name }) => name)).toEqual(Array.from({ length: STEPS }, (_, i) => `timestep ${i}`));
    for (const { name, eventsPerStep } of populations.slice(1)) {
      const phases = slices.filter((slice) => slice.name === name);
      expect(phases.map(({ args }) => args["events"])).toEqual([...eventsPerStep]);
    }
  });

  it("has numbers in its counters, in the order of time", () => {
    const counters = grouped(
      file.traceEvents.filter(({ ph }) => ph === "C"),
      ({ name }) => name,
    );
    const fifos = fidelity === "detailed" ? ["packets in all FIFOs", "packets in the fullest FIFO"] : [];
    expect([...counters.keys()].sort()).toEqual(["chip power", ...fifos]);
    for (const samples of counters.values()) {
      for (const [i, { ts, args }] of samples.entries()) {
        expect(Object.values(args).every((value) => typeof value === "number" && value >= 0)).toBe(true);
        expect(ts).toBeGreaterThan(samples[i - 1]?.ts ?? -1);
      }
    }
  });

  it("is the same bytes again, in pieces", () => {
    const pieces = [...traceJson(run(fidelity).traces![0]!, about)];
    expect(pieces.join("")).toBe([...traceJson(run(fidelity).traces![0]!, about)].join(""));
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(70_000);
  });

  it("says what it is of", () => {
    expect(file.displayTimeUnit).toBe("ns");
    expect(file.otherData).toMatchObject({
      model: "tiny",
      chip: chip.name,
      operatingPoint: point.name,
      fidelity,
      schedule: "sequential",
      truncated: false,
      power: "as given",
    });
  });
});

describe("flows of a trace file", () => {
  const flowsOf = (file: TraceFile, ph: string) => file.traceEvents.filter((event) => event.ph === ph);

  it.each([
    [0, STEPS],
    [2, 3],
  ])("join one sending slice with one receiving slice each, timesteps from %d on, %d", (first, steps) => {
    const file = fileOf("detailed", first, steps);
    const [begins, ends] = [flowsOf(file, "s"), flowsOf(file, "f")];
    expect(begins.length).toBeGreaterThan(0);
    expect(new Set(begins.map(({ id }) => id)).size).toBe(begins.length);
    const endOf = new Map(ends.map((end) => [end.id, end]));
    expect([endOf.size, ends.length]).toEqual([begins.length, begins.length]);
    const slices = slicesByTrack(file);
    const holding = ({ tid, ts }: TraceEvent) =>
      slices.get(tid)?.filter((slice) => slice.ts <= ts && ts < slice.ts + slice.dur) ?? [];
    for (const begin of begins) {
      const end = endOf.get(begin.id)!;
      expect(end.ts).toBeGreaterThan(begin.ts);
      expect(end.bp).toBe("e");
      expect(holding(begin).map(({ name }) => name)).toContain("send");
      expect(holding(end).some(({ name }) => name === "synops" || name === "receive")).toBe(true);
    }
  });

  it("are as many as packets at their receivers, where all were sent within the window", () => {
    const { traces } = run("detailed");
    expect(flowsOf(written(traces![0]!), "s").length).toBe(traces![0]!.packets.to.length);
  });

  it("leave out a packet that was sent before the window", () => {
    const { packets } = run("detailed", 2, 3).traces![0]!;
    const before = packets.sent.filter(Number.isNaN).length;
    expect(flowsOf(fileOf("detailed", 2, 3), "s").length).toBe(packets.to.length - before);
  });
});

describe("FIFO counters of a trace file", () => {
  const trace = run("detailed").traces![0]!;
  const samplesOf = (name: string) => written(trace).traceEvents.filter((event) => event.name === name);
  const valueOf = ({ args }: TraceEvent) => args["packets"] as number;

  it("come to the time that packets wait, all of them together", () => {
    const samples = samplesOf("packets in all FIFOs");
    const counted = samples.reduce(
      (sum, sample, i) => sum + valueOf(sample) * ((samples[i + 1]?.ts ?? sample.ts) - sample.ts),
      0,
    );
    const { to, received, begin } = trace.packets;
    const waited = to.reduce((sum, pe, i) => sum + (pe >= 0 ? begin[i]! - received[i]! : 0), 0);
    expect(waited).toBeGreaterThan(0);
    expect(Math.abs(counted - waited * 1e6)).toBeLessThan(to.length / 1024);
    expect(valueOf(samples.at(-1)!)).toBe(0);
  });

  it("have the fullest FIFO between its share of all packets and the FIFOs' length", () => {
    const fullest = samplesOf("packets in the fullest FIFO");
    const all = samplesOf("packets in all FIFOs");
    const most = Math.max(...fullest.map(valueOf));
    expect(most).toBeLessThanOrEqual(chip.pe.sram.packetFifoEntries);
    expect(most).toBeGreaterThanOrEqual(Math.max(...all.map(valueOf)) / program.pes.length);
  });
});

describe("times of a trace file", () => {
  it("leave no gap and no overlap between slices that follow one another", () => {
    const begin = Float64Array.from({ length: 20_000 }, (_, i) => i / 300e6);
    const trace: Trace = {
      ...run("fast").traces![0]!,
      spans: {
        track: new Int32Array(begin.length),
        kind: new Uint8Array(begin.length).fill(SPAN.neurons),
        begin,
        end: begin.map((_, i) => (i + 1) / 300e6),
      },
    };
    const slices = written(trace).traceEvents.filter(({ name }) => name === "neurons");
    expect(slices.length).toBe(begin.length);
    for (const [i, { ts, dur }] of slices.entries()) {
      expect(Math.abs(ts - begin[i]! * 1e6)).toBeLessThan(0.0005);
      if (i + 1 < slices.length) expect(ts + dur).toBe(slices[i + 1]!.ts);
    }
  });
});

describe("chip power of a trace", () => {
  /** Sum of power times time over a trace's samples, in joules. */
  function energyOf(file: TraceFile, until: number): number {
    const samples = file.traceEvents.filter(({ name }) => name === "chip power");
    return samples.reduce((sum, { ts, args }, i) => {
      const end = samples[i + 1]?.ts ?? until;
      return sum + (args["mW"] as number) * 1e-3 * (end - ts) * 1e-6;
    }, 0);
  }
  const energy: OperatingPoint["energy"] = {
    ...point.energy,
    base: 0.05 as never,
    pe: { basis: "state", sleep: 0.001 as never, busyCycle: 40e-12 as never },
  };
  const priced: OperatingPoint = { ...point, energy };

  it.each(["fast", "detailed"] as const)(
    "comes to base, sleep and busy cycles over the run, %s",
    (fidelity) => {
      const result = run(fidelity);
      const trace = result.traces![0]!;
      const power = tracePowerOf(chip, priced, result.usedPes, "sleep", "sleep");
      const end = trace.phases.end.at(-1)!;
      const cycles =
        trace.spans.track.reduce(
          (sum, track, i) =>
            track >= 0 && trace.spans.kind[i] !== SPAN.stalled ? sum + lengthOf(trace.spans, i) : sum,
          0,
        ) + trace.packets.to.reduce((sum, to, i) => (to >= 0 ? sum + lengthOf(trace.packets, i) : sum), 0);
      const expected = (0.05 + 0.001 * chip.pe.count) * end + 40e-12 * point.peClock * cycles;
      // Each slice's ends are off by half a nanosecond at most; work on recurrent packets may outlast the end.
      const found = energyOf(written(trace, { ...about, power }), end * 1e6);
      const slack = 1e-9 * 40e-12 * point.peClock * (trace.spans.track.length + trace.packets.to.length);
      expect(Math.abs(found - expected)).toBeLessThan(slack + 1e-9 * expected + 1e-9 * 0.06);
      if (fidelity === "fast") expect(end).toBeCloseTo(timeOf(result, chip, point, "sequential").total, 12);
    },
  );

  it("counts PEs that are off as nothing, and PEs that spin as busy throughout", () => {
    const withReserved: HardwareProfile = { ...chip, pe: { ...chip.pe, reserved: [0, 1] } };
    const busy = 40e-12 * point.peClock;
    expect(tracePowerOf(withReserved, priced, [1, 2, 3], "sleep", "off")).toMatchObject({
      idle: 0.05 + 0.001 * 4,
      perBusyPe: busy,
    });
    expect(tracePowerOf(withReserved, priced, [1, 2, 3], "spin", "off")).toMatchObject({
      idle: 0.05 + 0.001 * 4 + 3 * busy,
      perBusyPe: 0,
    });
  });

  it("is left out where the figures do not give it, and the file says why", () => {
    const unknown = { ...priced, energy: { ...energy, base: undefined } };
    const byAction = {
      ...priced,
      energy: { ...energy, pe: { basis: "action", sleep: 0, costs: {} } },
    } as never;
    const trace = run("fast").traces![0]!;
    for (const [at, why] of [
      [unknown, "left out: the chip's base power is unknown"],
      [byAction, "left out: PEs are charged by action, not by state"],
    ] as const) {
      const power = tracePowerOf(chip, at, [0], "sleep", "sleep");
      const file = written(trace, { ...about, power });
      expect(file.otherData["power"]).toBe(why);
      expect(file.traceEvents.some(({ ph }) => ph === "C")).toBe(false);
    }
  });
});

const lengthOf = ({ begin, end }: Trace["spans"] | Trace["packets"], i: number): number =>
  end[i]! - begin[i]!;
