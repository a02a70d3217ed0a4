import { describe, expect, it } from "vitest";
import { explain } from "../../../compiler/explain.ts";
import { compile } from "../../../compiler/pipeline.ts";
import { flowsOf } from "../../../compiler/place/problem.ts";
import { costOf } from "../../../compiler/place/traffic.ts";
import { dataBytesOf, type HardwareProfile, usablePes } from "../../../src/core/profile.ts";
import { dataBytesOfPe } from "../../../src/core/program.ts";
import { rowsOf } from "../../../src/core/program-rows.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";

const model = tinyModel({ inputs: 5, layers: [14, 9], density: 0.6 });
const CHIPS: readonly (readonly [string, HardwareProfile])[] = [
  ["one event router", tinyChip()],
  ["a board", tinyBoard()],
  ["a router a node", tinyMulticast()],
  ["a torus", tinyMulticast({ neighbours: 4, isTorus: true })],
  ["lists of destinations", tinyUnicast()],
];

describe.each(CHIPS)("explanation with %s", (_, profile) => {
  const compilation = compile(model, profile);
  const { program, mapping, graph } = compilation;
  const facts = explain(compilation, profile);

  it("holds the memory and the synapses that the images hold", () => {
    for (const pe of program.pes) {
      const synapses = pe.sources
        .map((__, block) => rowsOf(pe, block).index.length)
        .reduce((a, b) => a + b, 0);
      expect(facts.pes.find((own) => own.pe === pe.pe)).toMatchObject({
        synapses,
        dataBytes: dataBytesOfPe(pe),
        neurons: pe.neurons,
      });
    }
    const all = graph.projections.reduce((sum, { synapses }) => sum + synapses.target.length, 0);
    expect(facts.load.meanSynapses * facts.load.pes).toBeCloseTo(all, 6);
    expect(facts.load.imbalance).toBeGreaterThanOrEqual(1);
    expect(facts.load.imbalance * facts.load.meanSynapses).toBeCloseTo(facts.load.maxSynapses, 6);
    expect(facts.sram.availableBytes).toBe(dataBytesOf(profile.pe.sram));
  });

  it("counts the event-hops that placers reckon with, link by link", () => {
    const problem = { slices: mapping.partition, pes: usablePes(profile), profile, flows: flowsOf(graph) };
    const cost = costOf(problem, mapping.placement);
    expect(facts.traffic.eventHops).toBe(cost.eventHops);
    expect(facts.traffic.chipEventHops).toBe(cost.chipEventHops);
    expect(facts.traffic.eventHops).toBeGreaterThan(0);
    expect(facts.traffic.links.reduce((sum, { events }) => sum + events, 0)).toBe(cost.eventHops);
    const most = Math.max(...facts.traffic.links.map(({ events }) => events));
    expect(facts.traffic.busiest?.events).toBe(most);
  });

  it("names each link once", () => {
    const names = facts.traffic.links.map(({ events: __, ...link }) => JSON.stringify(link));
    // Around a torus of three rows, each pair of places still has one link each way.
    expect(new Set(names).size).toBe(names.length);
  });

  it("sums the tables of the program, which nothing shortened", () => {
    const { tables, entries, entriesBefore, isMinimised } = facts.routing;
    expect(isMinimised).toBe(false);
    expect(entries).toBe(entriesBefore);
    expect(tables.map(({ router }) => router).sort((a, b) => a - b)).toEqual(
      program.routing.map(({ router }) => router),
    );
    expect(tables.every(({ entries: own }, index) => own <= (tables[index - 1]?.entries ?? Infinity))).toBe(
      true,
    );
  });

  it("has the longest route of each population", () => {
    expect(new Set(facts.traffic.routes.map(({ population }) => population))).toEqual(
      new Set(program.populations.map(({ name }) => name)),
    );
  });
});

describe("explanation", () => {
  it("of one layer on one PE is what can be drawn on paper", () => {
    const chip = tinyChip();
    const one = compile(tinyModel({ inputs: 3, layers: [2], density: 1 }), chip, { pes: 1 });
    const { traffic, load, limits } = explain(one, chip);
    // 3 inputs and 2 neurons, each to 3 accumulators of 2 neurons.
    expect(load).toEqual({ pes: 1, meanSynapses: 30, maxSynapses: 30, imbalance: 1 });
    // The PE is beside or at a corner from the event router, which is one hop from the host.
    const [pe] = one.mapping.placement;
    const { x, y } = chip.noc.nodes.find(({ pes }) => pes.includes(pe!))!;
    const hops = Math.abs(x - 1) + Math.abs(y - 1);
    expect(traffic.eventHops).toBe(3 * (1 + hops) + 2 * (hops + hops + 1));
    const lengths = new Map(traffic.routes.map((route) => [route.population, route.meshHops]));
    expect(lengths.get("input")).toBe(1 + hops);
    expect(lengths.get("egru0")).toBe(hops + Math.max(hops, 1));
    expect(limits.find(({ resource }) => resource === "PEs")).toEqual({
      resource: "PEs",
      used: 1,
      available: 1,
      fewest: 1,
    });
  });

  it("says how long tables were before they were minimised", () => {
    const profile = tinyMulticast({ sramBytes: 4096 });
    const large = tinyModel({ inputs: 5, layers: [40, 30], density: 0.5 });
    const whole = compile(large, profile, { minimise: "never" });
    const short = compile(large, profile, { minimise: "always" });
    const sum = (tables: typeof whole.program.routing) =>
      tables.reduce((total, { entries }) => total + entries.length, 0);
    const { routing } = explain(short, profile);
    expect(routing.entriesBefore).toBe(sum(whole.program.routing));
    expect(routing.entries).toBe(sum(short.program.routing));
    expect(routing.isMinimised).toBe(routing.entries < routing.entriesBefore);
    expect(routing.isMinimised).toBe(true);
  });

  it("counts rows in DRAM, and none where there are none", () => {
    const chip = tinyChip();
    expect(explain(compile(model, chip), chip).dram).toBeUndefined();
    const moved = compile(model, chip, { rows: "dram" });
    expect(explain(moved, chip).dram).toMatchObject({
      bytes: moved.program.pes.reduce((sum, { dramImage }) => sum + dramImage.length, 0),
      synapses: moved.graph.projections.reduce((sum, { synapses }) => sum + synapses.target.length, 0),
    });
  });
});
