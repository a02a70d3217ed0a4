import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { runProgram } from "../../../src/compare/run.ts";
import { sumOf } from "../../../src/core/counts.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { dvfsPolicyOf } from "../../../src/core/run-policy.ts";
import type { DenseStimulus } from "../../../src/core/stimulus.ts";
import { resultJsonOf } from "../../../src/report/result-json.ts";
import { ResultSchema } from "../../../src/report/result-schema.ts";
import { formatResult } from "../../../src/report/text.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const tiny = tinyChip();
const [slow] = tiny.operatingPoints as [HardwareProfile["operatingPoints"][0]];
const chip: HardwareProfile = {
  ...tiny,
  dvfs: { switchTime: 1e-6 },
  host: { ...tiny.host, byteEnergy: 2e-9 },
  operatingPoints: [slow, { ...slow, name: "200MHz", peClock: 200e6 }],
};
const { program } = compile(tinyModel({ inputs: 5, layers: [9, 7], density: 0.5 }), chip);
const [first, second] = program.populations.slice(1).map(({ name }) => name) as [string, string];
const random = randomNumbers(11);
const stimulus: DenseStimulus = {
  kind: "dense",
  width: 5,
  values: Float32Array.from({ length: 5 * 24 }, () => 2 * random() - 1),
  origin: "noise",
  synthetic: true,
};
const named = { profile: chip, figures: [], overrides: [] };

describe("synchronisations of a run", () => {
  const { readings } = runProgram(program, named, stimulus, {
    schedules: ["sequential", "pipelined"],
    synchronisations: [
      { kind: "data-flow" },
      { kind: "barrier", seconds: 1e-6 },
      { kind: "timer", seconds: 1e-4 },
    ],
  });

  it("are a reading each, schedule by schedule, with the waiting in time and energy", () => {
    expect(readings.map(({ timing }) => `${timing.schedule} ${timing.synchronisation.kind}`)).toEqual([
      "sequential data-flow",
      "sequential barrier",
      "sequential timer",
      "pipelined data-flow",
      "pipelined barrier",
      "pipelined timer",
    ]);
    const [free, barrier, timer] = readings.map(({ timing }) => timing) as [
      never,
      never,
      never,
    ] as (typeof readings)[0]["timing"][];
    expect(barrier!.total).toBeCloseTo(free!.total + 24 * 2 * 1e-6, 12);
    expect(timer!.total).toBeCloseTo(24 * 2 * 1e-4, 12);
    const [freeEnergy, , timerEnergy] = readings.map(({ energy }) => energy);
    expect(timerEnergy!.dynamic).toBeCloseTo(freeEnergy!.dynamic, 15);
    const more = timer!.total - free!.total;
    const { base, pe } = slow.energy;
    expect(timerEnergy!.static - freeEnergy!.static).toBeCloseTo(
      more * (base! + chip.pe.count * pe.sleep),
      12,
    );
  });

  it("are refused before anything is simulated where a time is missing", () => {
    const seen: number[] = [];
    const wish = {
      synchronisations: [{ kind: "barrier" as const }],
      onProgress: (done: number) => seen.push(done),
    };
    expect(() => runProgram(program, named, stimulus, wish)).toThrow("does not say how long a barrier takes");
    expect(seen).toEqual([]);
  });
});

describe("policies of a run", () => {
  const all = { kind: "layers", points: { [first]: "200MHz", [second]: "200MHz" } } as const;
  const options = { operatingPoints: ["100MHz", "200MHz"], schedules: ["sequential", "pipelined"] as const };
  const report = runProgram(program, named, stimulus, {
    ...options,
    dvfs: [{ kind: "fixed" }, all, { kind: "queue", packets: 3 }],
  });

  it("are readings after those at fixed points, each once a schedule", () => {
    const labels = report.readings.map(({ point, timing }) => timing.dvfs ?? point.name);
    const everywhere = `layers:${first}=200MHz,${second}=200MHz`;
    expect(labels).toEqual([
      ...["100MHz", "100MHz", "200MHz", "200MHz"],
      ...[everywhere, everywhere, "queue:3@100MHz,200MHz", "queue:3@100MHz,200MHz"],
    ]);
  });

  it("come to a fixed point's time and energy where all layers have that point", () => {
    for (const [fixed, policy] of [
      [2, 4],
      [3, 5],
    ] as const) {
      const [a, b] = [report.readings[fixed]!, report.readings[policy]!];
      expect(b.timing.total / a.timing.total).toBeCloseTo(1, 12);
      expect(b.energy.total / a.energy.total).toBeCloseTo(1, 12);
    }
  });

  it("leave a run's counts alone, and split its cycles and switches by level", () => {
    const { dvfs, ...rest } = report.result;
    expect(rest).toEqual(simulate(program, chip, stimulus));
    const queue = dvfs![1]!;
    expect(sumOf(queue.busyCycles.map(sumOf))).toBe(sumOf(report.result.busyCycles));
    expect(
      queue.busyCycles.map(sumOf).every((cycles) => cycles > 0),
      "both levels are used",
    ).toBe(true);
    const time = report.readings[6]!.timing.total;
    expect(time).toBeLessThan(report.readings[0]!.timing.total + sumOf(queue.switches) * 1e-6);
    expect(time).toBeGreaterThan(report.readings[2]!.timing.total);
  });

  it("begin anew with each stream, and are joined in the streams' order", () => {
    const policy = dvfsPolicyOf(chip, { kind: "queue", packets: 3 }, [first, second])!;
    const whole = simulate(program, chip, stimulus, { dvfs: [policy], streams: 3 }).dvfs![0]!;
    const parts = [0, 1, 2].map((stream) => {
      const values = stimulus.values.slice(40 * stream, 40 * (stream + 1));
      return simulate(program, chip, { ...stimulus, values }, { dvfs: [policy] }).dvfs![0]!;
    });
    expect([...whole.phases[1]!.seconds]).toEqual(parts.flatMap(({ phases }) => [...phases[1]!.seconds]));
    expect(sumOf(whole.switches)).toBe(sumOf(parts.map(({ switches }) => sumOf(switches))));
    expect(sumOf(whole.busyCycles[1]!)).toBe(sumOf(parts.map(({ busyCycles }) => sumOf(busyCycles[1]!))));
  });

  it("are in result.json and in the text, with the links' use and the host's part", () => {
    const late = runProgram(program, named, stimulus, {
      dvfs: [{ kind: "queue", packets: 3 }],
      synchronisations: [{ kind: "timer", seconds: 1e-6 }],
    });
    const json = resultJsonOf([report, late], "test");
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(ResultSchema);
    expect(validate(JSON.parse(JSON.stringify(json))) ? [] : validate.errors).toEqual([]);
    const [run, other] = json.runs;
    if (run?.verdict !== "fits" || other?.verdict !== "fits") return expect.fail("a run was refused");
    expect(other.readings.map(({ operatingPoint }) => operatingPoint)).toEqual(["queue:3@100MHz,200MHz"]);
    expect(other.readings[0]!.synchronisation).toMatchObject({ kind: "timer", overruns: { steps: 24 } });
    const text = formatResult(json);
    expect(text).toContain("100 MHz / 200 MHz");
    expect(text.replace(/\n +/g, " ")).toMatch(
      /WARNING: queue:3@100MHz,200MHz sequential timer 1.00 µs: work took longer than a tick in 24 of 24 vectors, at worst by .* µs; a tick of .* µs would do. Results assume that the late work was done./,
    );
    const { linkJoulesPerToken, linkBytesPerToken, linkBytesToChipPerToken, loading } = run.host;
    expect(linkJoulesPerToken).toBeCloseTo(linkBytesPerToken * 2e-9, 18);
    expect(linkBytesToChipPerToken).toBe(5 * chip.host.bytesPerEvent);
    const images = sumOf(program.pes.map(({ image, dramImage }) => image.length + dramImage.length));
    const entries = sumOf(program.routing.map((table) => table.entries.length));
    // 16 PEs, 6 links and the host are one word beside key and mask.
    expect(loading).toMatchObject({
      imageBytes: images,
      routingBytes: entries * 12,
      bytes: images + entries * 12,
    });
    expect(loading.seconds).toBeCloseTo(loading.bytes / 125e6, 15);
    expect(loading.joules).toBeCloseTo(loading.bytes * 2e-9, 15);
  });
});
