import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distancesFrom } from "../../compiler/router-distances.ts";
import { compile } from "../../compiler/pipeline.ts";
import { PLACERS } from "../../compiler/place/place.ts";
import { ROUTERS } from "../../compiler/route/route.ts";
import type { RoutingEntry, RoutingTable } from "../../src/core/mapping.ts";
import type { HardwareProfile, LinkTopology, MeshPosition, NocNode } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import { routerGraphOf } from "../../src/core/router-graph.ts";
import { damagedBy, faults } from "../support/faulty-machines.ts";
import { tinyChip } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { routeWalker, type Walk } from "../support/walk-routes.ts";

const base = tinyChip({ pesPerNode: 1 });
const { nodes: chipNodes, clock, hopCycles, flitCycles, flitBits, payloadBytes, buffers } = base.noc;
const figures = { clock, hopCycles, flitCycles, flitBits, payloadBytes, buffers };

type Shape = {
  readonly width: number;
  readonly height: number;
  readonly topology: LinkTopology;
  readonly defaultRoute: boolean;
  /** Cuts two corners off, as boards of hexagonal shape do; never on a torus. */
  readonly isCut: boolean;
  /** Only every so many PEs may be used, so that slices lie far apart. */
  readonly stride: number;
};

function gridOf({ width, height, topology, isCut }: Shape): MeshPosition[] {
  const all = Array.from({ length: width * height }, (_, i) => ({ x: i % width, y: Math.floor(i / width) }));
  const isLeft = ({ x, y }: MeshPosition) => topology.isTorus || !isCut || Math.abs(x - y) <= 2;
  return all.filter(isLeft);
}

const pesOf = (count: number, { stride }: Shape): HardwareProfile["pe"] => {
  const step = Math.max(1, Math.min(stride, Math.floor(count / 8)));
  const all = Array.from({ length: count }, (_, pe) => pe);
  return { ...base.pe, count, reserved: all.filter((pe) => pe % step !== 0) };
};

const withTable = ({ defaultRoute }: Shape) => ({ ...base.eventRouter, entries: 4_096, defaultRoute });

/** Chips in a grid, each as the tiny chip. */
function boardOf(shape: Shape): HardwareProfile {
  if (base.noc.kind !== "central-event-router") throw new Error("the tiny chip has a central event router");
  const chips = gridOf(shape);
  const { count } = base.pe;
  const nodes = chips.flatMap((_, chip) =>
    chipNodes.map((node): NocNode => ({ ...node, chip, pes: node.pes.map((pe) => pe + chip * count) })),
  );
  return {
    ...base,
    pe: pesOf(count * chips.length, shape),
    noc: { ...base.noc, nodes },
    eventRouter: withTable(shape),
    board: {
      chips,
      hostChip: Math.floor(chips.length / 2),
      topology: shape.topology,
      link: { clock, packetCycles: hopCycles, latencyCycles: hopCycles, bufferPackets: 4 },
    },
  };
}

const meshNodes = (shape: Shape): NocNode[] =>
  gridOf(shape).map((place, node) => ({ ...place, chip: 0, pes: [0, 1, 2, 3].map((pe) => 4 * node + pe) }));

function multicastOf(shape: Shape): HardwareProfile {
  const nodes = meshNodes(shape);
  return {
    ...base,
    pe: pesOf(4 * nodes.length, shape),
    noc: { ...figures, kind: "mesh-multicast", nodes, hostNode: { x: 0, y: 0 }, topology: shape.topology },
    eventRouter: withTable(shape),
  };
}

function unicastOf(shape: Shape): HardwareProfile {
  const nodes = meshNodes(shape);
  return {
    ...base,
    pe: pesOf(4 * nodes.length, shape),
    noc: { ...figures, kind: "mesh-unicast", nodes, hostNode: { x: 0, y: 0 } },
    eventRouter: withTable(shape),
  };
}

const topologies = fc.record({ neighbours: fc.constantFrom(4 as const, 6 as const), isTorus: fc.boolean() });
const shapes = fc.record({
  width: fc.integer({ min: 1, max: 5 }),
  height: fc.integer({ min: 1, max: 5 }),
  topology: topologies,
  defaultRoute: fc.boolean(),
  isCut: fc.boolean(),
  stride: fc.integer({ min: 1, max: 9 }),
});
const models = fc
  .record({
    inputs: fc.integer({ min: 1, max: 9 }),
    layers: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
    density: fc.constantFrom(0, 0.3, 1),
    seed: fc.nat(),
  })
  .map(tinyModel);

/** Walks every neuron's event; a message for the first that does not reach exactly what it should. */
function faultOf(profile: HardwareProfile, program: Program, onWalk?: (walk: Walk, start: number) => void) {
  const graph = routerGraphOf(profile);
  const walk = routeWalker(profile, program.routing);
  const output = program.populations.at(-1)!.name;
  for (const { name, kind, size, keys } of program.populations) {
    const holders = program.pes.filter(({ sources }) =>
      sources.some(({ population }) => population === name),
    );
    const expected = holders.map(({ pe }) => pe).sort((a, b) => a - b);
    for (let neuron = 0; neuron < size; neuron += 1) {
      const home = program.pes.find(
        (pe) => pe.population === name && neuron >= pe.firstNeuron && neuron < pe.firstNeuron + pe.neurons,
      );
      const start = kind === "input" ? graph.hostRouter : graph.routerOfPe[home!.pe]!;
      const where = `${name}[${neuron}]`;
      try {
        const found = walk((keys.base + neuron) >>> 0, start);
        onWalk?.(found, start);
        const reached = [...found.pes].sort((a, b) => a - b);
        if (reached.join() !== expected.join()) return `${where} reaches PEs ${reached.join()}`;
        if (found.hostCopies !== (name === output ? 1 : 0))
          return `${where}: ${found.hostCopies} to the host`;
      } catch (error) {
        return `${where}: ${(error as Error).message}`;
      }
    }
  }
  return undefined;
}

const kinds = [
  ["one chip", () => base],
  ["board", boardOf],
  ["mesh of multicast routers", multicastOf],
  ["mesh with unicast packets", unicastOf],
] as const;

describe.each(ROUTERS)("router $name", ({ name: router }) => {
  it.each(kinds)("brings each event of every neuron exactly where it belongs, once: %s", (_, profileOf) => {
    fc.assert(
      fc.property(models, shapes, fc.constantFrom(...PLACERS), (model, shape, { name: placer }) => {
        const profile = profileOf(shape);
        const { program } = compile(model, profile, { router, placer });
        expect(faultOf(profile, program)).toBeUndefined();
      }),
      { numRuns: 80 },
    );
  });

  it.each(kinds)("does so on what is left of a damaged machine: %s", (_, profileOf) => {
    fc.assert(
      fc.property(models, shapes, faults, fc.constantFrom(...PLACERS), (model, shape, broken, placer) => {
        const profile = damagedBy(profileOf(shape), broken);
        const { program } = compile(model, profile, { router, placer: placer.name });
        expect(faultOf(profile, program)).toBeUndefined();
        for (const { pe } of program.pes) expect(profile.pe.dead ?? []).not.toContain(pe);
      }),
      { numRuns: 80 },
    );
  });

  it("travels no more links than packets to each router by themselves would", () => {
    fc.assert(
      fc.property(models, shapes, faults, (model, shape, broken) => {
        const profile = damagedBy(boardOf(shape), broken);
        const graph = routerGraphOf(profile);
        const { program } = compile(model, profile, { router, placer: "sequential" });
        const fault = faultOf(profile, program, ({ pes, hostCopies, links }, start) => {
          const distance = distancesFrom(graph, start);
          const reached = new Set(pes.map((pe) => graph.routerOfPe[pe]!));
          if (hostCopies > 0) reached.add(graph.hostRouter);
          const alone = [...reached].reduce((sum, at) => sum + distance[at]!, 0);
          expect(links).toBeLessThanOrEqual(alone);
          expect(links).toBeGreaterThanOrEqual(Math.max(0, reached.size - 1));
        });
        expect(fault).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});

describe("the walker", () => {
  const shape = {
    width: 3,
    height: 3,
    topology: { neighbours: 6, isTorus: false },
    defaultRoute: false,
    isCut: false,
    stride: 1,
  } as const;
  const model = tinyModel({ inputs: 5, layers: [30, 30], density: 0.5 });
  const profile = boardOf(shape);
  const { program } = compile(model, profile);

  const withEntry = (
    table: number,
    line: number,
    change: (entry: RoutingEntry) => RoutingEntry,
  ): Program => ({
    ...program,
    routing: program.routing.map((old, index): RoutingTable =>
      index === table
        ? { ...old, entries: old.entries.map((entry, at) => (at === line ? change(entry) : entry)) }
        : old,
    ),
  });
  const toggled = (links: readonly number[], link: number) =>
    (links.includes(link) ? links.filter((other) => other !== link) : [...links, link]).sort((a, b) => a - b);

  it("notices every entry whose key, links, destinations or way to the host are changed", () => {
    expect(faultOf(profile, program)).toBeUndefined();
    for (const [table, { entries }] of program.routing.entries()) {
      for (const line of entries.keys()) {
        const changes: ((entry: RoutingEntry) => RoutingEntry)[] = [
          (entry) => ({ ...entry, toHost: !entry.toHost }),
          ...[0, 1, 2, 3, 4, 5].map((link) => (entry: RoutingEntry) => ({
            ...entry,
            links: toggled(entry.links, link),
          })),
          ...(entries[line]!.destinations.length > 0
            ? [(entry: RoutingEntry) => ({ ...entry, destinations: entry.destinations.slice(1) })]
            : []),
          ...Array.from({ length: 32 }, (_, bit) => bit)
            .filter((bit) => (entries[line]!.mask >>> bit) & 1)
            .map((bit) => (entry: RoutingEntry) => ({ ...entry, key: (entry.key ^ (1 << bit)) >>> 0 })),
        ];
        for (const [index, change] of changes.entries())
          expect(
            faultOf(profile, withEntry(table, line, change)),
            `change ${index} of ${table}.${line}`,
          ).toBeDefined();
      }
    }
  });
});
