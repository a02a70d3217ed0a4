import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNetwork } from "../../../../../simulator/components/network.ts";
import type { HardwareProfile } from "../../../../../src/core/profile.ts";
import { routerGraphOf } from "../../../../../src/core/router-graph.ts";
import { cycles, hertz, seconds } from "../../../../../src/core/units.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../../support/tiny-networks.ts";
import { droppedOf, type Flow, type Leaf, sendThrough } from "./transport-traffic.ts";

const kinds = {
  "central-event-router": tinyBoard(),
  "mesh-multicast": tinyMulticast({ isTorus: true }),
  "mesh-unicast": tinyUnicast(),
} as const;

/** Directions of a shortest way from router to router; always the same, so that ways from one router make a tree. */
function wayBetween(profile: HardwareProfile, from: number, to: number): number[] {
  const { neighbour, directions } = routerGraphOf(profile);
  const ways = new Map<number, number[]>([[from, []]]);
  for (const [router, way] of ways) {
    for (let direction = 0; direction < directions.length; direction += 1) {
      const next = neighbour[router * directions.length + direction]!;
      if (next >= 0 && !ways.has(next)) ways.set(next, [...way, direction]);
    }
  }
  return ways.get(to)!;
}

/** From a PE, or −1 for the host, to the nodes of these PEs; to single PEs with mesh-unicast. */
function flowOf(
  profile: HardwareProfile,
  from: number,
  pes: readonly number[],
  toHost: boolean,
  packets: number,
): Flow {
  const { routerOfPe, routerOfNode, hostRouter } = routerGraphOf(profile);
  const isUnicast = profile.noc.kind === "mesh-unicast";
  const origin = from < 0 ? hostRouter : routerOfPe[from]!;
  const way = (to: number) => (isUnicast ? [] : wayBetween(profile, origin, to));
  const leaves = new Map<number, Leaf>();
  for (const pe of pes) {
    const node = profile.noc.nodes.findIndex((own) => own.pes.includes(pe));
    leaves.set(isUnicast ? pe : node, { directions: way(routerOfNode[node]!), pes: [pe] });
  }
  const to = [...leaves.values(), ...(toHost ? [{ directions: way(hostRouter), pes: "host" as const }] : [])];
  return { from: from < 0 ? "host" : from, to, packets };
}

/** Flits by link, from the ways alone. */
function expectedLinks(
  profile: HardwareProfile,
  flows: readonly Flow[],
  plan: ReturnType<typeof sendThrough>["plan"],
) {
  const network = createNetwork(profile);
  const flits = new Array<number>(network.links.length).fill(0);
  for (const [index, { from, packets }] of flows.entries()) {
    const add = (links: readonly number[]) => {
      for (const link of links) flits[link]! += packets;
    };
    const { leaves } = plan.plan.routes[index]!.tree;
    const hops = new Set(leaves.flatMap((leaf) => leaf.hops.map((hop) => network.over(hop))));
    if (leaves.length > 0) add(network.toRouter(from === "host" ? -1 : from));
    add([...hops]);
    for (const { router, node } of leaves) add(network.fromRouter(router, node));
  }
  return flits;
}

const traffic = fc.record({
  flows: fc.array(
    fc.record({
      from: fc.nat(1000),
      isHost: fc.boolean(),
      to: fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }),
      toHost: fc.boolean(),
      packets: fc.integer({ min: 1, max: 40 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  linkFlits: fc.integer({ min: 1, max: 4 }),
  sourcePackets: fc.integer({ min: 1, max: 3 }),
  queuePackets: fc.integer({ min: 1, max: 5 }),
  bufferPackets: fc.integer({ min: 1, max: 4 }),
  flitCycles: fc.integer({ min: 1, max: 4 }),
  routerMegahertz: fc.integer({ min: 20, max: 700 }),
  ports: fc.integer({ min: 1, max: 8 }),
  /** In NoC cycles; 0 for never. */
  dropAfter: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  /** Each place refuses until so many cycles, times its own number, have passed. */
  closed: fc.integer({ min: 0, max: 30 }),
});
type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

function squeezed(profile: HardwareProfile, t: Traffic): HardwareProfile {
  const { noc, eventRouter, board } = profile;
  const buffers = {
    linkFlits: t.linkFlits,
    creditCycles: cycles(2),
    localFlits: 1,
    sourcePackets: t.sourcePackets,
  };
  return {
    ...profile,
    noc: { ...noc, flitCycles: cycles(t.flitCycles), buffers },
    eventRouter: {
      ...eventRouter,
      clock: hertz(t.routerMegahertz * 1e6),
      ports: t.ports,
      queuePackets: t.queuePackets,
      ...(t.dropAfter > 0 && { dropAfter: seconds(t.dropAfter / noc.clock) }),
    },
    ...(board && { board: { ...board, link: { ...board.link, bufferPackets: t.bufferPackets } } }),
  };
}

describe.each(Object.entries(kinds))("packets with %s", (_, kind) => {
  const run = (t: Traffic) => {
    const profile = squeezed(kind, t);
    const { count } = profile.pe;
    // One flow a sender, so that each has its own turn.
    const flows = new Map(
      t.flows.map((flow) => {
        const from = flow.isHost ? -1 : flow.from % count;
        const pes = [...new Set(flow.to.map((pe) => pe % count))];
        return [from, flowOf(profile, from, pes, flow.toHost, flow.packets)] as const;
      }),
    );
    const all = [...flows.values()];
    const mayTake = (pe: number, time: number) => (time >= pe * t.closed ? true : pe * t.closed);
    return { profile, all, ...sendThrough(profile, all, { mayTake }) };
  };
  const key = (flow: number, packet: number, at: number) => `${flow}:${packet}:${at}`;

  it("all arrive once at each destination, over their own links only", () => {
    fc.assert(
      fc.property(traffic, (t) => {
        const { profile, all, arrivals, transport, plan, isStuck } = run(t);
        if (t.dropAfter === 0) expect(droppedOf(transport)).toBe(0);
        const isBlocked = isStuck || transport.routers.some((router) => router.blockedPackets() > 0);
        // Only routers that wait for each other may end early, and not where they drop what waits.
        if (isBlocked) {
          expect(t.dropAfter).toBe(0);
          expect(profile.noc.kind).not.toBe("mesh-unicast");
          return;
        }
        const leaves = plan.plan.routes.map(({ tree }) => tree.leaves.length);
        const expected = all.reduce((sum, { packets }, flow) => sum + packets * leaves[flow]!, 0);
        expect(arrivals).toHaveLength(expected);
        const seen = new Set(
          arrivals.map(({ flow, packet, at }) => key(flow, packet, at === "host" ? -1 : at)),
        );
        expect(seen.size).toBe(expected);
        expect(transport.linkPackets()).toEqual(expectedLinks(profile, all, plan));
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it("come at the same times in every run", () => {
    fc.assert(
      fc.property(traffic, (t) => {
        expect(run(t).arrivals).toEqual(run(t).arrivals);
      }),
      { numRuns: 15, seed: 3 },
    );
  });
});
