import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { createSimulation, simulate } from "../../../simulator/simulate.ts";
import { cutStreams, joinStreams, stepsInStreams } from "../../../simulator/streams.ts";
import { sumOf } from "../../../src/core/counts.ts";
import { InputError } from "../../../src/core/errors.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { SimulationResult } from "../../../src/core/result.ts";
import type { DenseStimulus, TokenStimulus } from "../../../src/core/stimulus.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const WORDS = 9;
const random = randomNumbers(11);
const sequence = Uint32Array.from({ length: 48 }, () => Math.floor(random() * WORDS));

/** 47 steps, each of which predicts the next token. */
const tokens: TokenStimulus = {
  kind: "tokens",
  ids: sequence.subarray(0, -1),
  targets: sequence.subarray(1),
  origin: "made up",
  synthetic: true,
};
const dense: DenseStimulus = {
  kind: "dense",
  width: 2,
  values: Float32Array.from({ length: 14 }, (_, i) => i),
  origin: "made up",
  synthetic: true,
};

describe("cutStreams", () => {
  it("gives each stream ⌊n / streams⌋ vectors and drops the rest", () => {
    const values = cutStreams(dense, 3).map((stream) => [...(stream as DenseStimulus).values]);
    expect(values).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    expect(stepsInStreams(dense, 3)).toBe(6);
  });

  it("keeps a stream's last token as a target: no stream predicts into the next one", () => {
    const cut = cutStreams(tokens, 5) as TokenStimulus[];
    expect(cut).toHaveLength(5);
    for (const [index, { ids, targets }] of cut.entries()) {
      const own = sequence.subarray(9 * index, 9 * index + 9);
      expect([...ids]).toEqual([...own.subarray(0, 8)]);
      expect([...targets!]).toEqual([...own.subarray(1)]);
    }
    expect(stepsInStreams(tokens, 5)).toBe(40);
    const { targets: _, ...untold } = tokens;
    expect(cutStreams(untold, 5).map((stream) => (stream as TokenStimulus).ids.length)).toEqual(
      Array(5).fill(9),
    );
  });

  it("leaves one stream as it is", () => {
    expect(cutStreams(tokens, 1)).toEqual([tokens]);
    expect(stepsInStreams(tokens, 1)).toBe(47);
  });

  it("refuses more streams than there are steps", () => {
    expect(() => cutStreams(dense, 8)).toThrow(InputError);
    expect(() => cutStreams(dense, 8)).toThrow(
      "the input holds 7 timesteps, too few for 8 streams (made up)",
    );
    expect(cutStreams(dense, 7)).toHaveLength(7);
    expect(cutStreams(tokens, 24)).toHaveLength(24);
    expect(() => cutStreams(tokens, 25)).toThrow("too few for 25 streams");
    expect(() => cutStreams(dense, 1.5)).toThrow("1.5 streams");
    expect(() => cutStreams(dense, 0)).toThrow("0 streams");
  });
});

describe.each(["float32", "int8"] as const)("a run in streams, %s", (format) => {
  const chip = tinyChip();
  const model = tinyModel({ vocabulary: WORDS, layers: [6, 4], weightScale: 2 });
  const { program } = compile(model, chip, { format });
  const parts = cutStreams(tokens, 3).map((stream) => simulate(program, chip, stream, { window: 4 }));
  const whole = simulate(program, chip, tokens, { streams: 3, window: 4 });

  it("is each stream run alone, from a state of zero, one after the other", () => {
    expect(whole).toEqual(joinStreams(parts));
    expect(whole).toMatchObject({ streams: 3, steps: 45, window: 4, origin: "made up" });
    expect(simulate(program, chip, tokens, { streams: 1 })).toEqual(simulate(program, chip, tokens));
    expect(simulate(program, chip, tokens)).not.toHaveProperty("streams");
  });

  it("is one run whose states and events are set to zero where a stream begins", () => {
    const cut = cutStreams(tokens, 3) as TokenStimulus[];
    const all = (pick: (stream: TokenStimulus) => Uint32Array) =>
      Uint32Array.from(cut.flatMap((s) => [...pick(s)]));
    const ids = all(({ ids }) => ids);
    const targets = all(({ targets }) => targets!);
    const byHand = createSimulation(program, chip, { ...tokens, ids, targets });
    for (let step = 0; step < ids.length; step += 1) {
      if (step % 15 === 0) {
        for (const { name, size } of program.populations.slice(1)) {
          byHand.setState(name, { state: new Float32Array(size), output: new Float32Array(size) });
        }
      }
      byHand.step();
    }
    const carried = simulate(program, chip, tokens, { streams: 3 });
    const eventsOf = ({ populations }: SimulationResult) =>
      populations.map(({ eventsPerStep }) => eventsPerStep);
    expect(eventsOf(carried)).toEqual(eventsOf(byHand.result()));
    expect(eventsOf(simulate(program, chip, { ...tokens, ids, targets }))).not.toEqual(eventsOf(carried));
  });

  it("loses no count and makes none up", () => {
    const sums: readonly ((result: SimulationResult) => number)[] = [
      ({ steps }) => steps,
      ...Object.keys(whole.counts.kernel).map(
        (key) => (result: SimulationResult) => sumOf(result.counts.kernel[key as "synop"]),
      ),
      ...Object.keys(whole.counts.sram).map(
        (key) => (result: SimulationResult) => sumOf(result.counts.sram[key as "weightsRead"]),
      ),
      ({ counts }) => counts.noc.flitHop,
      ({ counts }) => sumOf(counts.links.map(({ flits }) => flits)),
      ({ counts }) => counts.eventRouter.tableLookup,
      ({ counts }) => counts.eventRouter.packetOut,
      ({ counts }) => counts.host.eventIn,
      ({ counts }) => counts.host.mac,
      ({ counts }) => counts.saturations.accumulator,
      ({ busyCycles }) => sumOf(busyCycles),
      ({ projections }) => sumOf(projections.map(({ synops }) => synops)),
      ({ populations }) => sumOf(populations.map(({ events }) => events)),
      ({ phases }) => sumOf(phases.map(({ peCycles }) => sumOf(peCycles))),
      ({ evaluation }) => evaluation!.negativeLogLikelihood,
    ];
    for (const sum of sums) expect(sum(whole)).toBe(sumOf(parts.map(sum)));
    expect(whole.counts.noc.flitHop).toBeGreaterThan(0);
    for (const { peCycles, linkCycles, routerCycles, dramBytes } of whole.phases) {
      for (const perStep of [peCycles, linkCycles, routerCycles, dramBytes]) expect(perStep).toHaveLength(45);
    }
    for (const { events, eventsPerStep } of whole.populations) {
      expect(eventsPerStep).toHaveLength(45);
      expect(sumOf(eventsPerStep)).toBe(events);
    }
    const { perplexity, tokens: scored, negativeLogLikelihood } = whole.evaluation!;
    expect(scored).toBe(45);
    expect(perplexity).toBe(Math.exp(negativeLogLikelihood / 45));
  });
});

describe("joinStreams", () => {
  it("has nothing to make of nothing", () => {
    expect(() => joinStreams([])).toThrow("there is no stream to join");
  });
});
