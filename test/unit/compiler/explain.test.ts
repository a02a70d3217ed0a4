import { describe, expect, it } from "vitest";
import { explain } from "../../../compiler/explain.ts";
import { compile } from "../../../compiler/pipeline.ts";
import { workOf } from "../../../compiler/partition/work.ts";
import { packetsPerEvent } from "../../../compiler/source-ranges.ts";
import { costOf } from "../../../compiler/place/traffic.ts";
import { dataBytesOf, type HardwareProfile, usablePes } from "../../../src/core/profile.ts";
import { dataBytesOfPe } from "../../../src/core/program.ts";
import { rowsOf } from "../../../src/core/program-rows.ts";
import { oneEventEach } from "../../support/one-event-each.ts";
import { tinyChip, withForms } from "../../support/tiny-chip.ts";
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
  const { program, mapping, graph, flows } = compilation;
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
    expect(facts.sram.availableBytes).toBe(dataBytesOf(profile.pe.sram));
  });

  it("tells the work by which slices were cut", () => {
    const activity = new Map(compilation.flows.map(({ source, events }) => [source, events]));
    const packets = packetsPerEvent(graph, mapping.partition, profile);
    const { layers, imbalance, counts, guessed } = facts.load;
    expect([counts, guessed]).toEqual(["sum of layers", ["egru0", "egru1"]]);
    const sums = layers.map(({ population, pes, meanCycles, maxCycles }) => {
      const work = workOf({ graph, profile, activity, packets }, population);
      const cycles = mapping.partition
        .filter((slice) => slice.population === population)
        .map(({ first, count }) => work.cycles(first, count));
      expect([pes, maxCycles]).toEqual([cycles.length, Math.max(...cycles)]);
      expect(meanCycles * pes).toBeCloseTo(sumOf(cycles), 6);
      return [maxCycles, meanCycles] as const;
    });
    expect(imbalance).toBeCloseTo(sumOf(sums.map(([most]) => most)) / sumOf(sums.map(([, mean]) => mean)), 9);
    expect(imbalance).toBeGreaterThanOrEqual(1);
  });

  it("counts the event-hops that placers reckon with, link by link", () => {
    const problem = { slices: mapping.partition, pes: usablePes(profile), profile, flows };
    const cost = costOf(problem, mapping.placement);
    // Placers count in whole parts of an event.
    expect(facts.traffic.eventHops / cost.eventHops).toBeCloseTo(1, 2);
    expect(facts.traffic.chipEventHops).toBeCloseTo(cost.chipEventHops, 0);
    expect(facts.traffic.eventHops).toBeGreaterThan(0);
    expect(sumOf(facts.traffic.links.map(({ events }) => events))).toBeCloseTo(facts.traffic.eventHops, 9);
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
    const small = tinyModel({ inputs: 3, layers: [2], density: 1 });
    const one = compile(small, chip, { pes: 1, activity: oneEventEach(small.populations) });
    const { traffic, load, limits } = explain(one, chip);
    // 3 inputs and 2 neurons, each to 3 accumulators of 2 neurons.
    const { packetReceive, rowLookup, rowFetch, synop, neuronUpdate, eventSend, timestep } =
      chip.pe.kernels.float32!;
    const cycles =
      timestep + 5 * (packetReceive + rowLookup + rowFetch) + 30 * synop + 2 * (neuronUpdate + eventSend);
    expect(load).toMatchObject({ guessed: [], imbalance: 1 });
    expect(load.layers).toEqual([
      {
        population: "egru0",
        pes: 1,
        meanCycles: expect.closeTo(cycles, 6),
        maxCycles: expect.closeTo(cycles, 6),
      },
    ]);
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

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe("the load of an explanation", () => {
  it("is reckoned with the form of rows that was asked for, as slices were cut", () => {
    const roomy = withForms(tinyChip({ sramBytes: 65_536 }));
    const loadOf = (rowForms: "auto" | "dense") => explain(compile(model, roomy, { rowForms }), roomy).load;
    const [auto, dense] = [loadOf("auto"), loadOf("dense")];
    expect([auto.rowForm, dense.rowForm]).toEqual(["csr", "dense"]);
    const most = (load: typeof auto) => load.layers.map(({ maxCycles }) => maxCycles);
    expect(most(dense)).not.toEqual(most(auto));
  });
});
