import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KERNEL_ACTIONS, sumOf } from "../../../src/core/counts.ts";
import type { RoutingEntry } from "../../../src/core/mapping.ts";
import type { SimulationResult } from "../../../src/core/result.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, type Net, routingOf } from "./build-program.ts";
import { cornerChip, KERNEL_CYCLES } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";
import { trials } from "./random-nets.ts";

const chip = cornerChip();
const STEPS = 3;

const ones = (steps: number): Stimulus => ({
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * steps).fill(1),
  origin: "ones",
  synthetic: true,
});

const run = (net: Net = firingNet(), routing?: readonly RoutingEntry[], steps = STEPS): SimulationResult =>
  simulate(buildProgram(net, chip, routing), chip, ones(steps));

/** The counts of one PE, without those that are 0. */
const at = (pe: number, counts: Readonly<Record<string, Float64Array>>) =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([name, values]) => (values[pe] ? [[name, values[pe]]] : [])),
  );

describe("counts of a run", () => {
  it("count each kernel action at the PE that did it", () => {
    const { counts, populations, projections } = run();
    expect(populations.map(({ name, events }) => [name, events])).toEqual([
      ["in", 6],
      ["a", 6],
      ["b", 3],
    ]);
    // Of a's own events, those of the last step wait for a step that never comes: 2 · 2, not 2 · 3.
    expect(at(0, counts.kernel)).toEqual({
      packetReceive: 6 + 4,
      rowLookup: 6 + 4,
      rowFetch: 3 + 2,
      synop: 3 + 2,
      neuronUpdate: 6,
      eventSend: 6,
      timestep: 3,
    });
    expect(at(2, counts.kernel)).toEqual({
      packetReceive: 10,
      rowLookup: 10,
      rowFetch: 5,
      synop: 5,
      neuronUpdate: 3,
      timestep: 3,
    });
    expect(at(6, counts.kernel)).toEqual({
      packetReceive: 6,
      rowLookup: 6,
      rowFetch: 3,
      synop: 9,
      neuronUpdate: 6,
      eventSend: 3,
      timestep: 3,
    });
    expect(at(4, counts.kernel)).toEqual({});
    expect(projections).toEqual([
      { source: "in", target: "a", delay: 0, synops: 6, synapses: 2, dense: 18 },
      { source: "a", target: "a", delay: 1, synops: 4, synapses: 5, dense: 27 },
      { source: "a", target: "b", delay: 0, synops: 9, synapses: 3, dense: 18 },
    ]);
  });

  it("count SRAM bytes by kind", () => {
    expect(at(0, run().counts.sram)).toEqual({
      packetsWritten: 8 * 10 + 8 * 6,
      packetsRead: 8 * 10,
      rowPointersRead: 10 * (36 + 2 * 2),
      weightsRead: 5 * 4,
      indicesRead: 5,
      accumulatorsRead: 5 * 4 + 6 * 16,
      accumulatorsWritten: 5 * 4 + 6 * 16,
      parametersRead: 6 * 20,
      stateRead: 6 * 4,
      stateWritten: 6 * 4,
    });
  });

  it.each([
    ["int8", 1],
    ["int16", 2],
  ] as const)("count scales, tables and narrower weights in %s", (format, weightBytes) => {
    const net = firingNet();
    const one = 2 ** 20;
    const integers: Net = {
      ...net,
      quantisation: { format, scales: "row", accumulatorBits: 32 },
      populations: net.populations.map((population) => ({
        ...population,
        start: population.start.map((value) => value * one),
        threshold: population.threshold.map((value) => Math.round(value * 2 ** 23)),
      })),
      projections: net.projections.map((projection) => ({
        ...projection,
        weights: projection.weights.map((row) => row.map((weight) => (weight === 0 ? 0 : 1))),
        multiplier: [1],
        shift: 20,
      })),
    };
    const { counts, populations } = run(integers);
    expect(populations.map(({ events }) => events)).toEqual([6, 6, 3]);
    expect(at(0, counts.sram)).toMatchObject({
      scalesRead: 5 * 4,
      tablesRead: 6 * 12,
      weightsRead: 5 * weightBytes,
    });
  });

  it("follow packets through router and mesh", () => {
    const { counts } = run();
    expect(counts.host).toEqual({ mac: 0, eventIn: 6, eventOut: 3 });
    expect(counts.eventRouter).toEqual({ tableLookup: 6 + 6 + 3, packetOut: 6 * 2 + 6 * 3 + 3 });
    const up = 6 * 1 + 6 * 2 + 3 * 2;
    const down = 6 * (2 + 2) + 6 * (2 + 2 + 2) + 3 * 1;
    expect(counts.noc.flitHop).toBe(up + down);
    const flits = (from: number[], to: number[]) =>
      counts.links.find((link) => `${link.from} ${link.to}` === `${from} ${to}`)?.flits;
    expect(counts.links).toHaveLength(24);
    expect(flits([0, 0], [1, 0]), "a's packets go x first").toBe(6);
    expect(flits([1, 0], [1, 1]), "with those of the host").toBe(12);
    expect(flits([1, 1], [0, 1]), "packets for PE 0").toBe(12);
    expect(flits([1, 1], [1, 0]), "b's packets for the host").toBe(3);
    expect(flits([0, 0], [0, 1])).toBe(0);
  });

  it("give each phase its busiest PE, link and router part", () => {
    const [a, b] = run().phases;
    const { packetReceive, rowLookup, rowFetch, synop, neuronUpdate, eventSend, timestep } = KERNEL_CYCLES;
    const reception = packetReceive + rowLookup;
    const first = timestep + 2 * neuronUpdate + 2 * eventSend + 2 * reception + rowFetch + synop;
    const later = first + 2 * reception + rowFetch + synop;
    expect(a).toMatchObject({ name: "a", latency: { noc: 4 * 5, eventRouter: 4 } });
    expect([...a!.peCycles]).toEqual([first, later, later]);
    expect([...a!.linkCycles], "input alone, then with a's own").toEqual([3 * 2, 3 * 4, 3 * 4]);
    expect([...a!.routerCycles], "packets out over three ports").toEqual([2, 3, 3]);
    expect([...a!.dramBytes]).toEqual([0, 0, 0]);
    expect(b).toMatchObject({ name: "b", latency: { noc: 4 * 5, eventRouter: 4 } });
    const inB = timestep + 2 * neuronUpdate + eventSend + 2 * reception + rowFetch + 3 * synop;
    expect([...b!.peCycles]).toEqual([inB, inB, inB]);
    expect([...b!.linkCycles]).toEqual([6, 6, 6]);
    expect([...b!.routerCycles], "three keys by two engines").toEqual([2, 2, 2]);
  });
});

describe("the routing table decides who works", () => {
  const net = firingNet();
  const routing = routingOf(net, chip);
  const [input, ...others] = routing as [RoutingEntry, ...RoutingEntry[]];
  const without = (pe: number): RoutingEntry => ({
    ...input,
    destinations: input.destinations.filter(({ pes }) => !pes.includes(pe)),
  });

  it("a PE with a source block but no packet does no work", () => {
    const { counts } = run(net, [without(2), ...others]);
    expect(at(2, counts.kernel)).toMatchObject({ packetReceive: 4, rowLookup: 4, rowFetch: 2, synop: 2 });
    expect(at(0, counts.kernel)).toMatchObject({ packetReceive: 10, synop: 5 });
  });

  it("a packet without a matching source block costs its reception and a failed lookup", () => {
    const stray = { ...input, destinations: [...input.destinations, { node: 3, pes: [6] }] };
    const { counts } = run(net, [stray, ...others]);
    expect(at(6, counts.kernel)).toMatchObject({ packetReceive: 12, rowLookup: 12, rowFetch: 3, synop: 9 });
    expect(counts.sram.rowPointersRead[6]).toBe(6 * (36 + 4) + 6 * 36);
  });

  it("a packet that no entry matches is dropped at the router", () => {
    const { counts } = run(net, others);
    expect(counts.eventRouter).toEqual({ tableLookup: 15, packetOut: 6 * 3 + 3 });
    expect(at(0, counts.kernel)).toMatchObject({ packetReceive: 4, synop: 2 });
    expect(counts.noc.flitHop).toBe(6 * 1 + 6 * 2 + 3 * 2 + 6 * 6 + 3);
  });

  it("the first matching entry counts, key by key", () => {
    const exact = (key: number, pe: number): RoutingEntry => ({
      key,
      mask: 0xffffffff,
      destinations: input.destinations.filter(({ pes }) => pes.includes(pe)),
      links: [],
      toHost: true,
    });
    const { counts } = run(net, [exact(0, 0), input, exact(1, 2), ...others]);
    expect(counts.kernel.packetReceive[0], "both inputs and a's").toBe(6 + 4);
    expect(counts.kernel.packetReceive[2], "input 1 only, and a's").toBe(3 + 4);
    expect(counts.kernel.synop[2], "input 0 has the weight").toBe(2);
    expect(counts.host.eventOut).toBe(3 + 3);
    expect(counts.eventRouter.packetOut).toBe(3 * 2 + 3 * 2 + 6 * 3 + 3);
  });

  it("what does not reach the host is not in its logits", () => {
    const decoder = {
      kind: "linear" as const,
      name: "decoder",
      inputs: 2,
      outputs: 1,
      weights: Float32Array.of(1, 1),
      bias: Float32Array.of(5),
    };
    const host = { encoder: [], decoder: [decoder] };
    const logitsWith = (entries: readonly RoutingEntry[]) => {
      const seen: number[] = [];
      const program = buildProgram({ ...net, host }, chip, entries);
      simulate(program, chip, ones(1), { observe: (_, { logits }) => seen.push(...logits!) });
      return seen;
    };
    expect(logitsWith(routing)[0]).toBeCloseTo(5 + Math.tanh(1), 2);
    expect(logitsWith(routing.slice(0, 2))).toEqual([5]);
  });
});

describe("conservation", () => {
  it("holds for random nets: hops are the links', packets the destinations', cycles the actions'", () => {
    const property = fc.property(trials("int8"), ({ net, inputs }) => {
      const program = buildProgram(net, chip);
      const width = net.populations[0]!.size;
      const values = Float32Array.from(inputs.flat());
      const stimulus: Stimulus = { kind: "dense", width, values, origin: "property", synthetic: true };
      const { counts, populations, busyCycles } = simulate(program, chip, stimulus);

      expect(counts.noc.flitHop).toBe(counts.links.reduce((sum, { flits }) => sum + flits, 0));
      const sent = populations.map(({ events }) => events);
      expect(counts.eventRouter.tableLookup).toBe(sumOf(sent));
      let packets = 0;
      let received = 0;
      let waiting = 0;
      for (const [index, { destinations, toHost }] of program.routing[0]!.entries.entries()) {
        const { name, events, eventsPerStep } = populations[index]!;
        packets += events * (destinations.length + (toHost ? 1 : 0));
        for (const pe of destinations.flatMap(({ pes }) => pes)) {
          received += events;
          const target = program.pes.find((slice) => slice.pe === pe)!.population;
          const delays = net.projections.filter((p) => p.source === name && p.target === target);
          if (delays.every(({ delay }) => delay === 1)) waiting += eventsPerStep.at(-1)!;
        }
      }
      expect(counts.eventRouter.packetOut).toBe(packets);
      expect(sumOf(counts.kernel.packetReceive), "sent = received + waiting for the next step").toBe(
        received - waiting,
      );
      for (const [pe, cycles] of busyCycles.entries()) {
        const expected = KERNEL_ACTIONS.reduce(
          (sum, action) => sum + counts.kernel[action][pe]! * KERNEL_CYCLES[action],
          0,
        );
        expect(cycles, `cycles of PE ${pe}`).toBe(expected);
      }
    });
    fc.assert(property, { numRuns: 100, seed: 2 });
  });
});
