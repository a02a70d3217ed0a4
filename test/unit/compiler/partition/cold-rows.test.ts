import { describe, expect, it } from "vitest";
import { expectedActivity } from "../../../../compiler/expected-activity.ts";
import { chooseColdRows } from "../../../../compiler/partition/cold-rows.ts";
import { chooseDramRows } from "../../../../compiler/partition/dram-rows.ts";
import { type PlacedRows, planTimer } from "../../../../compiler/partition/expected-time.ts";
import { PARTITION_STRATEGIES } from "../../../../compiler/partition/partition.ts";
import { type CompileOptions, compile } from "../../../../compiler/pipeline.ts";
import type { Activity } from "../../../../compiler/place/problem.ts";
import { simulate } from "../../../../simulator/simulate.ts";
import type { Stimulus } from "../../../../src/core/stimulus.ts";
import { verifyProgram } from "../../../../src/core/verify-program.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { skewedModel } from "../../../support/skewed-model.ts";

const STEPS = 40;
const INPUTS = 30;
/** Every eighth neuron fires nearly always, the others nearly never. */
const model = skewedModel({
  inputs: INPUTS,
  layers: [96],
  density: () => 0.8,
  weightScale: 0.02,
  drive: (neuron) => (neuron % 8 === 0 ? 1 : -1),
});
const roomy = tinyChip({ pesPerNode: 1, sramBytes: 65_536 });
const cramped = tinyChip({ pesPerNode: 1, sramBytes: 9_500 });
const burst = cramped.dram!.burstBytes;
const stimulus: Stimulus = {
  kind: "dense",
  width: INPUTS,
  values: Float32Array.from({ length: INPUTS * STEPS }, (_, i) => Math.sin(i * i)),
  origin: "waves",
  synthetic: true,
};

function run(chip: typeof cramped, options: CompileOptions) {
  const { program, remarks } = compile(model, chip, { order: "model", ...options });
  verifyProgram(program);
  const activity = new Map(program.populations.map(({ name, size }) => [name, new Float64Array(size)]));
  const outputs: (readonly number[])[] = [];
  const { counts } = simulate(program, chip, stimulus, {
    observe: (_, view) => {
      for (const [name, own] of activity) for (const neuron of view.events(name)) own[neuron]! += 1 / STEPS;
      outputs.push([...view.population("egru0").output]);
    },
  });
  return { program, remarks, activity, outputs, dramBytes: counts.dram.byteRead };
}

const measured: Activity = run(roomy, {}).activity;

describe("rows: auto, with measured activity", () => {
  const blind = run(cramped, {});
  const seeing = run(cramped, { activity: measured });

  it("brings rows of quiet sources into DRAM, in a part of their own", () => {
    const parts = seeing.program.pes[0]!.sources.map(({ population, part, inDram }) => [
      population,
      part,
      inDram,
    ]);
    expect(parts).toEqual([
      ["input", 0, false],
      ["egru0", 0, false],
      ["egru0", 1, true],
    ]);
    expect(seeing.remarks[0]).toMatch(
      /^egru0 -> egru0 \(recurrent\): [\d,]+ synapses lie in DRAM, \d+ rows for \d\.\d % of the events$/,
    );
    expect(seeing.remarks[1]).toMatch(/^rows in DRAM: about [\d,]+ bytes are fetched a timestep$/);
  });

  it("fetches far less than whole projections do in the same SRAM", () => {
    expect(blind.program.pes.every(({ sources }) => sources.every(({ part }) => part === 0))).toBe(true);
    expect(blind.dramBytes).toBeGreaterThan(0);
    expect(seeing.dramBytes).toBeLessThan(0.2 * blind.dramBytes);
  });

  it("says about how much that is", () => {
    const said = Number(/about ([\d,]+) bytes/.exec(seeing.remarks[1]!)![1]!.replaceAll(",", ""));
    // Each of the few rows that are fetched begins somewhere in its bursts.
    expect(Math.abs(said / (seeing.dramBytes / STEPS) - 1)).toBeLessThan(0.15);
  });
});

describe.each(["int16", "int8"] as const)("divided projections, %s", (format) => {
  it("compute what whole ones do", () => {
    const chip = tinyChip({ pesPerNode: 1, sramBytes: format === "int8" ? 8_000 : 9_000 });
    const divided = run(chip, { format, activity: measured });
    expect(divided.program.pes[0]!.sources.some(({ part }) => part === 1)).toBe(true);
    expect(divided.outputs).toEqual(run(roomy, { format, rows: "sram" }).outputs);
  });
});

describe("chooseColdRows", () => {
  const { graph } = compile(model, roomy, { order: "model" });
  const activity = expectedActivity(graph, measured);
  // All plans are equally fast, so that those with least to fetch are best.
  const problem = { graph, profile: cramped, pes: 8, activity, secondsOf: () => 1, bound: 1 };
  const moved = ({ graph: placed, dram }: PlacedRows) =>
    placed.projections.reduce((sum, own) => sum + (dram.blocks.has(own) ? own.synapses.target.length : 0), 0);

  it("takes hardly more than it must", () => {
    const all = graph.projections.reduce((sum, { synapses }) => sum + synapses.target.length, 0);
    for (const needed of [1000, 5000, 12_000]) {
      const placed = chooseColdRows({ ...problem, fits: (own) => moved(own) >= needed })!;
      expect(moved(placed)).toBeGreaterThanOrEqual(needed);
      expect(moved(placed) - needed).toBeLessThan(0.01 * all + 300);
    }
  });

  it("finds whole projections where only those fit, and nothing where nothing fits", () => {
    const [, recurrent] = graph.projections;
    const placed = chooseColdRows({
      ...problem,
      fits: ({ dram }) => dram.blocks.size === 1 && dram.blocks.has(recurrent!),
    });
    expect(placed!.graph).toBe(graph);
    expect(placed?.dram).toEqual({ blocks: new Set([recurrent]), burstBytes: burst });
    expect(chooseColdRows({ ...problem, fits: () => false })).toBeUndefined();
  });

  it("takes more rows than it must where a timestep is then shorter, and no more than that takes", () => {
    const all = graph.projections.reduce((sum, { synapses }) => sum + synapses.target.length, 0);
    const secondsOf = (own: PlacedRows) => (moved(own) < 0.5 * all ? 2 : 1);
    const placed = chooseColdRows({ ...problem, fits: (own) => moved(own) >= 1000, secondsOf })!;
    expect(placed.seconds).toBe(1);
    expect(moved(placed)).toBeGreaterThanOrEqual(0.5 * all);
    expect(moved(placed)).toBeLessThan(0.6 * all);
  });

  it("is never slower than whole projections, largest first, until the rest fits", () => {
    const largest = graph.projections.toSorted((a, b) => b.synapses.target.length - a.synapses.target.length);
    const strategy = PARTITION_STRATEGIES[0]!;
    for (const sramBytes of [7_000, 8_000, 9_500, 11_000]) {
      const profile = tinyChip({ pesPerNode: 1, sramBytes });
      const own = { graph, profile, pes: 8, activity };
      const { secondsOf } = planTimer(own, strategy);
      const fits = (placed: PlacedRows) => secondsOf(placed) < Infinity;
      const former = largest
        .map((_, i) => ({ graph, dram: { blocks: new Set(largest.slice(0, i + 1)), burstBytes: burst } }))
        .find(fits)!;
      const chosen = chooseDramRows(own, "auto", strategy);
      expect(secondsOf(chosen), `${sramBytes} bytes`).toBeLessThanOrEqual(1.02 * secondsOf(former));
    }
  });

  it("leaves rows alone that fit", () => {
    const placed = chooseDramRows({ ...problem, profile: roomy }, "auto", PARTITION_STRATEGIES[0]!);
    expect([placed.graph, placed.dram.blocks.size]).toEqual([graph, 0]);
  });
});
