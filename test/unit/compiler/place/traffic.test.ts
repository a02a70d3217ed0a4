import { describe, expect, it } from "vitest";
import { expectedActivity } from "../../../../compiler/expected-activity.ts";
import { anneal } from "../../../../compiler/place/annealing.ts";
import { PLACERS } from "../../../../compiler/place/place.ts";
import { flowsOf, type PlacementProblem } from "../../../../compiler/place/problem.ts";
import { costOf } from "../../../../compiler/place/traffic.ts";
import { lower } from "../../../../compiler/lower/lower.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import { CapacityError } from "../../../../src/core/errors.ts";
import { type HardwareProfile, pesOfChip, usablePes } from "../../../../src/core/profile.ts";
import { routerGraphOf } from "../../../../src/core/router-graph.ts";
import { linksOf, withDeadLinks } from "../../../support/faulty-machines.ts";
import { oneEventEach } from "../../../support/one-event-each.ts";
import { layeredProblem } from "../../../support/placement-problems.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";
import { routeWalker } from "../../../support/walk-routes.ts";

const placerNamed = (name: string) => PLACERS.find((placer) => placer.name === name)!;

/** Links that events of all neurons cross between routers, as the finished tables lead them. */
function walkedLinks(profile: HardwareProfile, placer: string): { walked: number; counted: number } {
  const model = tinyModel({ inputs: 5, layers: [14, 9], density: 1 });
  const { program, mapping } = compile(model, profile, { placer });
  const graph = routerGraphOf(profile);
  const walk = routeWalker(profile, program.routing);
  let walked = 0;
  for (const { name, kind, size, keys } of program.populations) {
    for (let neuron = 0; neuron < size; neuron += 1) {
      const home = mapping.partition.findIndex(
        ({ population, first, count }) => population === name && neuron >= first && neuron < first + count,
      );
      const start = kind === "input" ? graph.hostRouter : graph.routerOfPe[mapping.placement[home]!]!;
      walked += walk((keys.base + neuron) >>> 0, start).links;
    }
  }
  const graphOfModel = lower(model);
  const problem: PlacementProblem = {
    slices: mapping.partition,
    pes: usablePes(profile),
    profile,
    flows: flowsOf(graphOfModel, oneEventEach(graphOfModel.populations)),
  };
  const cost = costOf(problem, mapping.placement);
  return { walked, counted: profile.board ? cost.chipEventHops : cost.eventHops };
}

describe("what a placement costs", () => {
  it.each(PLACERS.map(({ name }) => name))("is what the routing tables make events travel (%s)", (placer) => {
    for (const profile of [tinyMulticast(), tinyMulticast({ neighbours: 4, isTorus: true }), tinyBoard()]) {
      const { walked, counted } = walkedLinks(profile, placer);
      expect(counted).toBe(walked);
      expect(walked).toBeGreaterThan(0);
    }
  });

  it("is up to the event router, once down to each node with receivers, and the host's way", () => {
    const chip = tinyChip({ pesPerNode: 2 });
    // Node 0 is a corner, two hops from the event router; node 1 beside it; the host sits at node 1's place.
    const problem = layeredProblem(chip, [3]);
    const { eventHops, chipEventHops } = costOf(problem, [0, 1, 2]);
    const input = 3 * (1 + 2 + 1);
    const up = 2 + 2 + 1;
    const down = 3 * (2 + 1) + 3 * 1;
    expect(eventHops).toBe(input + up + down);
    expect(chipEventHops).toBe(0);
  });

  it("is one path a destination PE without multicast, and all of them on the one link there is", () => {
    const problem = layeredProblem(tinyUnicast(), [2, 1]);
    // Layer 0 on PEs 0 and 2 (nodes 0 and 1), layer 1 on PE 3 (node 1), the host at node 0.
    const { eventHops, busiest } = costOf(problem, [0, 2, 3]);
    // Input to node 1: 3. From node 0: 2 PEs on node 1. From node 1: PE 0. From layer 1: the host.
    expect(eventHops).toBe(3 + 2 + 1 + 1);
    expect(busiest).toBe(3 + 2);
  });

  it("counts a link between chips as much dearer as it is slower", () => {
    const board = tinyBoard();
    const perChip = pesOfChip(board);
    // Chip 1 is the host's, chip 0 its neighbour; PE 2 of a chip lies beside the event router.
    const { link } = board.board!;
    const weight = link.packetCycles / link.clock / (board.noc.flitCycles / board.noc.clock);
    const near = costOf(layeredProblem(board, [1]), [perChip + 2]);
    const far = costOf(layeredProblem(board, [1]), [2]);
    expect([near.chipEventHops, far.chipEventHops]).toEqual([0, 4]);
    const share = (far.cost - far.eventHops - (weight - 1) * 4) / far.busiest;
    expect(share).toBeCloseTo((near.cost - near.eventHops) / near.busiest, 9);
    expect(far.busiest).toBeCloseTo(3 * weight, 9);
  });

  it("weighs a slice by its measured events", () => {
    const graph = lower(tinyModel({ inputs: 5, layers: [4] }));
    const activity = new Map([["egru0", Float64Array.of(0.5, 0, 0.25, 1)]]);
    const [input, layer] = flowsOf(graph, expectedActivity(graph, activity));
    expect([...input!.events]).toEqual([1, 1, 1, 1, 1]);
    expect([...layer!.events]).toEqual([0.5, 0, 0.25, 1]);
    const profile = tinyMulticast();
    const slices = [0, 1, 2, 3].map((first) => ({ population: "egru0", first, count: 1 }));
    const problem = { slices, pes: usablePes(profile), profile, flows: [layer!] };
    // One slice alone on node 1, a link from the rest and from the host at node 0: 1.75 events come over that link.
    const hops = (alone: number) => {
      const others = [0, 1, 2];
      return costOf(
        problem,
        slices.map((_, slice) => (slice === alone ? 3 : others.pop()!)),
      ).eventHops;
    };
    // Each event crosses it once, and an event of the lone slice brings one back to the host's node by the same tree.
    expect([hops(1), hops(3)]).toEqual([1.75, 1.75]);
  });
});

describe("dead links", () => {
  const profile = tinyMulticast({ neighbours: 4, isTorus: false });
  const graph = routerGraphOf(profile);
  it("are gone in both directions", () => {
    const { neighbour } = routerGraphOf(withDeadLinks(profile, [[0, 1]]));
    const ways = graph.directions.length;
    expect([neighbour[0], neighbour[ways + 2]]).toEqual([-1, -1]);
    expect(neighbour.filter((other, at) => other !== graph.neighbour[at])).toHaveLength(2);
  });

  it("make events take another way", () => {
    const whole = layeredProblem(profile, [2]);
    const cut = { ...whole, profile: withDeadLinks(profile, [[0, 1]]) };
    // PEs 0 and 3 are on nodes 0 and 1, whose link is dead: three links round the next row.
    expect(costOf(whole, [0, 3]).eventHops * 3).toBe(costOf(cut, [0, 3]).eventHops);
  });

  it.each(PLACERS)("leave no slice where nothing leads ($name)", (placer) => {
    const apart = withDeadLinks(
      profile,
      linksOf(profile).filter((link) => link.includes(5)),
    );
    const problem = layeredProblem(apart, [5, 28]);
    const nodes = placer.place(problem, { seed: 1 }).map((pe) => graph.routerOfPe[pe]);
    expect(nodes).not.toContain(5);
    const tooMany = layeredProblem(apart, [6, 28]);
    expect(() => placer.place(tooMany, { seed: 1 })).toThrow(CapacityError);
    expect(() => placer.place(tooMany, { seed: 1 })).toThrow(
      "The model needs 34 processing elements, but has 33 (1 short).",
    );
  });
});

describe("annealing", () => {
  /** 8 × 4 nodes of four PEs, three layers of 42 slices. */
  const layered = (): PlacementProblem => {
    const base = tinyMulticast();
    const nodes = Array.from({ length: 32 }, (_, node) => ({
      x: node % 8,
      y: Math.floor(node / 8),
      chip: 0,
      pes: [0, 1, 2, 3].map((pe) => 4 * node + pe),
    }));
    const profile = { ...base, pe: { ...base.pe, count: 128 }, noc: { ...base.noc, nodes } };
    const { flows, ...rest } = layeredProblem(profile, [42, 42, 42]);
    return { ...rest, flows: flows.slice(1).map((flow) => ({ ...flow, toHost: false })) };
  };

  it("finds the fewest links that three layers of 42 slices can do with, and a busiest link below the start's", () => {
    const problem = layered();
    const placement = placerNamed("annealing").place(problem, { seed: 1 });
    const { eventHops, busiest } = costOf(problem, placement);
    // 84 slices fill 21 nodes; where layers 0 and 1 do, layers 1 and 2 lie on 22 and layer 2 on 11: 20 + 21 + 10 links.
    expect(eventHops).toBe(42 * (20 + 21 + 10));
    const others = PLACERS.filter(({ name }) => name !== "annealing");
    for (const other of others)
      expect(busiest).toBeLessThan(costOf(problem, other.place(problem, { seed: 1 })).busiest);
  });

  it("brings a pair together that was torn apart", () => {
    const problem = { ...layeredProblem(tinyMulticast(), [2]), flows: [] };
    const pair = [{ source: "layer0", targets: ["layer0"], toHost: false, events: Float64Array.of(1, 1) }];
    const start = [0, 35];
    const end = anneal({ ...problem, flows: pair }, start, { seed: 3 });
    expect(costOf({ ...problem, flows: pair }, start).eventHops).toBeGreaterThan(0);
    expect(costOf({ ...problem, flows: pair }, end).eventHops).toBe(0);
  });

  it("tries more moves with more effort", () => {
    const problem = layeredProblem(
      tinyUnicast({ pesPerNode: 4 }),
      [7, 6, 5],
      (layer, slice) => 1 + ((layer + slice) % 3),
    );
    const cost = (effort: number) =>
      costOf(problem, anneal(problem, problem.pes.slice(0, 18), { seed: 1, effort })).cost;
    expect(cost(8)).toBeLessThanOrEqual(cost(1));
  });
});
