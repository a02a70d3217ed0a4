import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import type { Chip } from "../../../src/compare/chips.ts";
import { compareAll } from "../../../src/compare/compare.ts";
import { runProgram } from "../../../src/compare/run.ts";
import { ROW_ACTIONS, SRAM_TRAFFIC } from "../../../src/core/counts.ts";
import { inputPortOf } from "../../../src/inputs/input-port.ts";
import { readStimulus } from "../../../src/inputs/read-stimulus.ts";
import { formatJson, resultJsonOf } from "../../../src/report/result-json.ts";
import { ResultSchema, type RunJson } from "../../../src/report/result-schema.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const chip: Chip = {
  profile: tinyChip(),
  figures: [
    { path: "pe.kernels.float32.synop", basis: "estimated" },
    { path: "pe.count", basis: "published" },
    { path: "noc.energy.costs.flitHop", basis: "unknown" },
    { path: "operatingPoints[0].energy.pe.sleep", basis: "derived" },
  ],
  overrides: ["pe.count=16"],
};
const model = tinyModel({ vocabulary: 9, layers: [6, 4] });
const port = inputPortOf(model);
const stimulus = readStimulus(
  { kind: "file", fileName: "ids.json", bytes: new TextEncoder().encode("[1,2,3,4,5,6,7,8,0,1,2]") },
  port,
);

const report = () =>
  runProgram(compile(model, chip.profile).program, chip, stimulus, {
    window: 4,
    schedules: ["sequential", "pipelined"],
  });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const runOf = (): RunJson => {
  const [run] = resultJsonOf([report()], "test").runs;
  if (run?.verdict !== "fits") return expect.fail("the run was refused");
  return run;
};

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(ResultSchema);
const faultsOf = (value: unknown): unknown[] =>
  validate(JSON.parse(JSON.stringify(value))) ? [] : validate.errors!;

describe("resultJsonOf", () => {
  it("obeys its schema, with and without window, targets and refusals", async () => {
    const noise = readStimulus({ kind: "synthetic", seed: 3, steps: 5 }, port);
    const plain = runProgram(compile(model, chip.profile).program, chip, noise, {});
    const [refusal] = await compareAll(
      [{ model: tinyModel({ inputs: 40, layers: [200, 200] }), stimulus: noise }],
      [{ chip: { ...chip, profile: tinyChip({ sramBytes: 2048 }) }, operatingPoints: ["100MHz"] }],
      { compile: {} },
    );
    const result = resultJsonOf([report(), plain, refusal!], "test");
    expect(faultsOf(result)).toEqual([]);
    expect(result.runs.map(({ verdict }) => verdict)).toEqual(["fits", "fits", "refused"]);
    expect(faultsOf({ ...result, extra: 1 })).not.toEqual([]);
  });

  it("gives equal bytes for equal runs", () => {
    expect(formatJson(resultJsonOf([report()], "test"))).toBe(formatJson(resultJsonOf([report()], "test")));
  });

  it("holds parts that sum to their totals", () => {
    const run = runOf();
    expect(sum(run.projections.map(({ synopsPerToken }) => synopsPerToken))).toBeCloseTo(
      run.work.synopsPerToken,
      9,
    );
    expect(sum(run.projections.map(({ denseWeights }) => denseWeights))).toBe(run.program.denseWeights);
    expect(sum(run.projections.map(({ storedWeights }) => storedWeights))).toBe(run.program.storedWeights);
    const { sramBytesPerTokenByKind: kinds, sramBytesReadPerToken, sramBytesWrittenPerToken } = run.traffic;
    expect(sum(SRAM_TRAFFIC.map((kind) => kinds[kind]))).toBeCloseTo(
      sramBytesReadPerToken + sramBytesWrittenPerToken,
      6,
    );
    for (const reading of run.readings) {
      const { energyByComponent, energyJoulesPerToken } = reading;
      expect(
        sum(energyByComponent.map(({ joulesPerToken }) => joulesPerToken)) / energyJoulesPerToken,
      ).toBeCloseTo(1, 12);
      const pe = energyByComponent.find(({ component }) => component === "pe")!;
      expect(sum(pe.causes.map(({ joulesPerToken }) => joulesPerToken)) / pe.joulesPerToken).toBeCloseTo(
        1,
        12,
      );
      expect(reading.energyJoulesTotal / run.input.steps).toBeCloseTo(energyJoulesPerToken, 15);
      expect(reading.meanPowerWatts * reading.totalSeconds).toBeCloseTo(reading.energyJoulesTotal, 15);
      expect(reading.energyJoulesPerWindow).toBeCloseTo(4 * energyJoulesPerToken, 15);
    }
  });

  it("holds whole counts by PE and link that sum to the run's", () => {
    const found = report();
    const { counts, host, work, traffic, layers, input, readings } = runOf();
    const { perPe } = counts;
    expect(perPe.pe).toEqual(found.result.usedPes);
    for (const [index, pe] of perPe.pe.entries()) {
      expect(perPe.layer[index]).toBe(found.program.pes.find((other) => other.pe === pe)!.population);
      expect(perPe.busyCycles[index]).toBe(found.result.busyCycles[pe]);
    }
    for (const action of ROW_ACTIONS)
      expect(sum(counts.rows.map(({ actions }) => actions[action])), action).toBe(sum(perPe.kernel[action]));
    expect(sum(perPe.kernel.synop)).toBeCloseTo(work.synopsPerToken * input.steps, 6);
    expect(sum(perPe.kernel.eventSend)).toBe(
      sum(layers.filter(({ isInput }) => !isInput).map(({ events }) => events)),
    );
    for (const kind of SRAM_TRAFFIC) {
      expect(sum(perPe.sramBytes[kind]), kind).toBeCloseTo(
        traffic.sramBytesPerTokenByKind[kind] * input.steps,
        6,
      );
    }
    expect(sum(counts.links.map(({ flits }) => flits))).toBe(counts.noc.flitHop);
    expect(counts.noc.flitHop).toBeCloseTo(traffic.flitHopsPerToken * input.steps, 6);
    expect(counts.host.mac).toBeCloseTo(host.macsPerToken * input.steps, 6);
    for (const { peSeconds, peClockHertz, totalSeconds } of readings) {
      expect(peSeconds.working * peClockHertz).toBeCloseTo(sum(perPe.busyCycles), 6);
      expect(peSeconds.working + peSeconds.waiting).toBeCloseTo(perPe.pe.length * totalSeconds, 12);
    }
  });

  it("counts the work of PEs that share a decoder on the chip", () => {
    const { program } = compile(model, chip.profile, { decoder: "chip" });
    const [run] = resultJsonOf([runProgram(program, chip, stimulus, {})], "test").runs;
    if (run?.verdict !== "fits") return expect.fail("the run was refused");
    const { pe, helpsDecoder, macArray, macArrayCycles } = run.counts.perPe;
    expect(pe.filter((_, index) => helpsDecoder[index])).toEqual(program.chipDecoder!.pes);
    expect(sum(macArray.mac)).toBe(4 * 9 * run.input.steps);
    expect(sum(macArrayCycles)).toBeGreaterThan(0);
    expect(faultsOf(resultJsonOf([runProgram(program, chip, stimulus, {})], "test"))).toEqual([]);
    expect(run.assumptions).toContain(
      "The decoder's weights come from DRAM in every timestep; their flits are counted where the profile says where DRAM is.",
    );
  });

  it("takes the link's time from the profile's bandwidth", () => {
    const { host } = runOf();
    expect(host.linkBytesPerSecond).toBe(125e6);
    expect(host.linkSecondsPerToken).toBeCloseTo(host.linkBytesPerToken / 125e6, 15);
  });

  it.each([
    ["sleep", [], "static, without work", "PEs without work sleep."],
    [
      "sleep",
      [15],
      "static, reserved or without work",
      "PEs without work sleep; 1 reserved PE sleeps throughout.",
    ],
    [
      "off",
      [14, 15],
      "static, reserved",
      "PEs without work are switched off; 2 reserved PEs sleep throughout.",
    ],
  ] as const)(
    "names what powered PEs without work are: unused %s, reserved %j",
    (whileUnused, reserved, cause, said) => {
      const other = { ...chip, profile: tinyChip({ reserved: [...reserved] }) };
      const { program } = compile(model, other.profile);
      const [run] = resultJsonOf([runProgram(program, other, stimulus, { whileUnused })], "test").runs;
      if (run?.verdict !== "fits") return expect.fail("the run was refused");
      const pe = run.readings[0]!.energyByComponent.find(({ component }) => component === "pe")!;
      expect(
        pe.causes.map((part) => part.cause).filter((name) => /reserved|without work/.test(name)),
      ).toEqual([cause]);
      expect(run.assumptions).toContainEqual(expect.stringContaining(said));
    },
  );

  it("writes short lists on one line, and reads back the same", () => {
    const value = { a: [1, -2.5, 1e-7], b: ["egru0", "x"], c: ["two words"], d: [[1, 2]], e: [], f: [true] };
    const text = formatJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain('"a": [1, -2.5, 1e-7],\n  "b": ["egru0", "x"],\n  "c": [\n');
  });

  it("gives a window's time by schedule: one token after the other, or a filled pipeline", () => {
    const [sequential, pipelined] = runOf().readings;
    expect(sequential!.latencySecondsPerWindow).toBeCloseTo(4 * sequential!.latencySecondsPerToken, 15);
    expect(pipelined!.latencySecondsPerWindow).toBeCloseTo(
      pipelined!.latencySecondsPerToken + 3 * pipelined!.secondsBetweenTokens,
      15,
    );
    expect(pipelined!.secondsBetweenTokens).toBeLessThan(sequential!.secondsBetweenTokens);
  });

  it("measures against the product law exactly where the input is always active", () => {
    const [input] = runOf().projections;
    expect(input).toMatchObject({ source: "embedding", isRecurrent: false });
    expect(input!.share).toBeCloseTo(input!.shareByProductLaw, 12);
    expect(input!.share).toBeCloseTo(1 - input!.connectionSparsity, 12);
  });

  it("counts as recurrent activity what reached the next step of the same stream", () => {
    const { program } = compile(model, chip.profile);
    const found = runProgram(program, chip, stimulus, { streams: 2 });
    const [run] = resultJsonOf([found], "test").runs;
    if (run?.verdict !== "fits") return expect.fail("the run was refused");
    const { steps, populations } = found.result;
    const { size, eventsPerStep } = populations[1]!;
    const arrived = [...eventsPerStep].filter((_, step) => step % (steps / 2) !== steps / 2 - 1);
    const recurrent = run.projections.find(({ isRecurrent }) => isRecurrent)!;
    expect(recurrent.shareByProductLaw).toBeCloseTo(
      (sum(arrived) / (size * steps)) * (1 - recurrent.connectionSparsity),
      12,
    );
  });

  it("counts a matrix that decoder and embedding share once", () => {
    const { host } = runOf();
    expect(host.stages).toEqual([
      { name: "embedding", kind: "embedding", macsPerToken: 0, parameterBytes: 9 * 4 * 4 },
      { name: "decoder", kind: "linear", macsPerToken: 36, parameterBytes: 9 * 4 * 4 + 9 * 4 },
    ]);
    expect(host.parameterBytes).toBe(9 * 4 * 4 + 9 * 4);
  });

  it("says how many figures rest on what, without those derived, and what was overridden", () => {
    const { chip: described, assumptions } = runOf();
    expect(described.figures).toEqual({ measured: 0, published: 1, counted: 0, estimated: 1, unknown: 1 });
    expect(assumptions).toContain(
      "Of the profile's figures 0 are measured, 1 published, 0 counted, 1 estimated and 1 unknown; the cycles of 1 of 1 kernel actions are estimates.",
    );
    expect(assumptions).toContain("The profile was changed: pe.count=16.");
  });

  it("says what a refused model lacks", async () => {
    const noise = readStimulus({ kind: "synthetic", seed: 3, steps: 5 }, port);
    const rows = await compareAll(
      [{ model: tinyModel({ inputs: 40, layers: [200, 200] }), stimulus: noise }],
      [{ chip: { ...chip, profile: tinyChip({ sramBytes: 2048 }) }, operatingPoints: ["100MHz"] }],
      { compile: {} },
    );
    const [refused] = resultJsonOf(rows, "test").runs;
    if (refused?.verdict !== "refused") return expect.fail("it fits");
    expect(refused.problem.code).toBe("capacity");
    expect(refused.problem.shortage!.needed).toBeGreaterThan(refused.problem.shortage!.available);
  });
});
