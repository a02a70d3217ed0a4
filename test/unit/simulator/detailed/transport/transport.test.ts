import { describe, expect, it } from "vitest";
import { standstillOf } from "../../../../../simulator/detailed/transport/standstill.ts";
import type { HardwareProfile } from "../../../../../src/core/profile.ts";
import { cycles, hertz, seconds } from "../../../../../src/core/units.ts";
import { type CentralChip, tinyChip } from "../../../../support/tiny-chip.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../../support/tiny-networks.ts";
import { droppedOf, sendThrough } from "./transport-traffic.ts";

const EAST = 0;
const NORTH_EAST = 1;
const NORTH = 2;

const withNoc = <P extends HardwareProfile>(profile: P, noc: Partial<P["noc"]>): P => ({
  ...profile,
  noc: { ...profile.noc, ...noc },
});
const withRouter = <P extends HardwareProfile>(profile: P, eventRouter: Partial<P["eventRouter"]>): P => ({
  ...profile,
  eventRouter: { ...profile.eventRouter, ...eventRouter },
});
/** NoC cycles in an event router's pipeline. */
const pipelineOf = ({ noc, eventRouter }: HardwareProfile) =>
  (eventRouter.pipelineCycles * noc.clock) / eventRouter.clock;
const timesOf = ({ arrivals }: ReturnType<typeof sendThrough>) => arrivals.map(({ time }) => time);
const span = (times: readonly number[]) => Math.max(...times) - Math.min(...times);

describe("a packet alone", () => {
  /** From a PE at (0, 0) by way of n chips to a PE at (2, 0), each two hops from its router at (1, 1). */
  const overChips = (profile: CentralChip, n: number) => {
    const { noc, board } = profile;
    const first = noc.nodes.find(({ chip, x, y }) => chip === 0 && x === 0 && y === 0)!.pes[0]!;
    const goal = noc.nodes.find(({ chip, x, y }) => chip === [0, 1, 3][n] && x === 2 && y === 0)!.pes[0]!;
    const directions = [EAST, NORTH].slice(0, n);
    const { arrivals } = sendThrough(profile, [
      { from: first, to: [{ directions, pes: [goal] }], packets: 1 },
    ]);
    const toRouter = 1 + 2 * noc.hopCycles + 1;
    const link = board === undefined ? 0 : (board.link.latencyCycles * noc.clock) / board.link.clock;
    const atLast = toRouter + pipelineOf(profile) + n * (link + pipelineOf(profile));
    return { arrivals, expected: Math.ceil(atLast) + 1 + 2 * noc.hopCycles + 1, goal };
  };

  it.each([0, 1, 2])("takes the meshes, %i chip links and each chip's pipeline", (n) => {
    const { arrivals, expected, goal } = overChips(tinyBoard(), n);
    expect(arrivals).toEqual([{ flow: 0, packet: 0, at: goal, time: expected }]);
  });

  it("takes the same time on one chip as on a board's", () => {
    expect(overChips(tinyChip(), 0).arrivals[0]!.time).toBe(overChips(tinyBoard(), 0).arrivals[0]!.time);
  });

  it.each([0, 1, 2, 3])("takes n hops and n + 1 pipelines from router to router, n = %i", (n) => {
    const profile = tinyMulticast();
    const directions = Array.from({ length: n }, () => EAST);
    const { arrivals } = sendThrough(profile, [
      {
        from: 0,
        to: [
          { directions, pes: [3 * n] },
          { directions, pes: "host" },
        ],
        packets: 1,
      },
    ]);
    const expected = n * profile.noc.hopCycles + (n + 1) * pipelineOf(profile);
    const copy = profile.noc.clock / profile.eventRouter.clock / profile.eventRouter.ports;
    expect(arrivals.map(({ at }) => at)).toEqual([3 * n, "host"]);
    expect(arrivals[0]!.time).toBeCloseTo(expected, 9);
    expect(arrivals[1]!.time).toBeCloseTo(expected + copy, 9);
  });

  it("goes straight from node to node with mesh-unicast, one packet for each destination PE", () => {
    const profile = tinyUnicast();
    const to = [11, 2, 3].map((pe) => ({ pes: [pe] }));
    const { arrivals, transport } = sendThrough(profile, [{ from: 0, to, packets: 1 }]);
    // PE 11 is at (2, 1), 2 and 3 at (1, 0); packets leave a cycle apart.
    const time = (order: number, hops: number) => order + 1 + hops * profile.noc.hopCycles + 1;
    expect(transport.packetsOf(0)).toBe(3);
    expect(new Map(arrivals.map(({ at, time: when }) => [at, when]))).toEqual(
      new Map([
        [11, time(0, 3)],
        [2, time(1, 1)],
        [3, time(2, 1)],
      ]),
    );
  });

  it("reaches all leaves of a tree, each link once", () => {
    const profile = tinyMulticast();
    const to = [
      { directions: [EAST], pes: [3, 5] },
      { directions: [EAST, EAST], pes: [6] },
      { directions: [EAST, NORTH], pes: [15] },
      { pes: "host" as const },
    ];
    const { arrivals, transport } = sendThrough(profile, [{ from: "host", to, packets: 10 }]);
    for (const at of [3, 6, 15, "host"])
      expect(arrivals.filter((arrival) => arrival.at === at)).toHaveLength(10);
    expect(transport.linkPackets().filter((packets) => packets > 0)).toEqual([10, 10, 10]);
  });
});

describe("saturation", () => {
  const PACKETS = 300;

  it("a mesh link carries a flit each flitCycles", () => {
    const profile = withNoc(tinyUnicast(), { flitCycles: cycles(3) });
    const times = timesOf(sendThrough(profile, [{ from: 0, to: [{ pes: [4] }], packets: PACKETS }]));
    expect(span(times)).toBe((PACKETS - 1) * 3);
  });

  it("a link between multicast routers carries a packet each flitCycles", () => {
    const profile = withNoc(tinyMulticast(), { flitCycles: cycles(3) });
    const times = timesOf(
      sendThrough(profile, [{ from: 0, to: [{ directions: [EAST], pes: [3] }], packets: PACKETS }]),
    );
    expect(span(times)).toBeCloseTo((PACKETS - 1) * 3, 6);
  });

  it("a link whose far end holds too few packets carries that many a round trip", () => {
    const { noc, ...rest } = tinyMulticast();
    const profile = { ...rest, noc: { ...noc, buffers: { ...noc.buffers, linkFlits: 2 } } };
    const times = timesOf(
      sendThrough(profile, [{ from: 0, to: [{ directions: [EAST], pes: [3] }], packets: PACKETS }]),
    );
    const roundTrip = noc.hopCycles + noc.buffers.creditCycles;
    expect(span(times)).toBeCloseTo((PACKETS / 2 - 1) * roundTrip + 1, 6);
  });

  it("a chip link carries a packet each packetCycles of its clock", () => {
    const profile = tinyBoard();
    const times = timesOf(
      sendThrough(profile, [{ from: 0, to: [{ directions: [EAST], pes: [16] }], packets: PACKETS }]),
    );
    const { packetCycles, clock } = profile.board!.link;
    const between = (packetCycles * profile.noc.clock) / clock;
    // Into the mesh in whole cycles.
    expect(Math.abs(span(times) - (PACKETS - 1) * between)).toBeLessThan(1);
  });

  it("an event router matches a key an engine and cycle", () => {
    const profile = withRouter(tinyMulticast(), { clock: hertz(100e6), engines: 2 });
    const times = timesOf(sendThrough(profile, [{ from: 0, to: [{ pes: [1] }], packets: PACKETS }]));
    expect(span(times)).toBeCloseTo(((PACKETS - 1) * 3) / 2, 6);
  });

  it("an event router sends a copy a port and cycle", () => {
    const profile = withRouter(tinyMulticast(), { clock: hertz(100e6), ports: 2 });
    const to = [
      { pes: [1] },
      { pes: "host" as const },
      { directions: [EAST], pes: [3] },
      { directions: [NORTH], pes: [12] },
      { directions: [NORTH_EAST], pes: [15] },
    ];
    const { arrivals } = sendThrough(profile, [{ from: 0, to, packets: PACKETS }]);
    const own = arrivals.filter(({ at }) => at === 0).map(({ time }) => time);
    // Five copies at 3 / 2 NoC cycles each; three engines would match a key a NoC cycle.
    expect(span(own)).toBeCloseTo(((PACKETS - 1) * 5 * 3) / 2, 6);
  });

  it("a central event router sends no faster than its port into the mesh", () => {
    const profile = withRouter(tinyChip(), { engines: 6 });
    const flows = [0, 2, 4].map((from) => ({ from, to: [{ pes: [15] }], packets: PACKETS }));
    expect(span(timesOf(sendThrough(profile, flows)))).toBe(3 * PACKETS - 1);
  });
});

describe("back-pressure", () => {
  const profiles = {
    "a central event router": [tinyBoard(), { directions: [EAST], pes: [16] }],
    "multicast routers": [tinyMulticast(), { directions: [EAST, EAST], pes: [6] }],
    "a mesh of single packets": [tinyUnicast(), { pes: [11] }],
  } as const;

  it.each(Object.entries(profiles))(
    "%s: what a PE refuses waits, and all arrives once",
    (_, [profile, leaf]) => {
      const opens = 5000;
      const { arrivals, transport } = sendThrough(profile, [{ from: 0, to: [leaf], packets: 400 }], {
        mayTake: (_pe, time) => (time >= opens ? true : opens),
      });
      const packets = arrivals.map(({ packet }) => packet);
      // Neighbouring packets enter a central event router by different ports, and may overtake there.
      if (profile.noc.kind === "central-event-router") packets.sort((a, b) => a - b);
      expect(packets).toEqual(Array.from({ length: 400 }, (_value, packet) => packet));
      expect(arrivals[0]!.time).toBe(opens);
      expect(droppedOf(transport)).toBe(0);
    },
  );

  it("a full link holds up what would go elsewhere", () => {
    // PE 3 of node 1 is closed; packets for PE 12 pass the same routers' heads behind those for PE 3.
    const opens = 3000;
    const flows = [
      { from: 0, to: [{ directions: [EAST], pes: [3] }], packets: 200 },
      { from: 1, to: [{ directions: [NORTH], pes: [12] }], packets: 200 },
    ];
    const { arrivals } = sendThrough(tinyMulticast(), flows, {
      mayTake: (pe, time) => (pe !== 3 || time >= opens ? true : opens),
    });
    expect(arrivals).toHaveLength(400);
    const others = arrivals.filter(({ at, time }) => at === 12 && time < opens);
    expect(others.length).toBeLessThan(200);
    expect(arrivals.at(-1)!.time).toBeGreaterThan(opens);
  });
});

describe("dropping", () => {
  const opens = 3000;
  const flows = [
    { from: 0, to: [{ directions: [EAST], pes: [3] }], packets: 200 },
    { from: 1, to: [{ directions: [NORTH], pes: [12] }], packets: 200 },
  ];
  const mayTake = (pe: number, time: number) => (pe !== 3 || time >= opens ? true : opens);
  const dropsOf = ({ transport }: ReturnType<typeof sendThrough>) => droppedOf(transport);

  it("lets others pass a hot spot, and loses nothing", () => {
    const profile = withRouter(tinyMulticast(), { dropAfter: seconds(10 / 300e6) });
    const run = sendThrough(profile, flows, { mayTake });
    expect(dropsOf(run)).toBeGreaterThan(0);
    for (const at of [3, 12]) {
      const packets = run.arrivals.filter((arrival) => arrival.at === at).map(({ packet }) => packet);
      expect(new Set(packets).size).toBe(200);
      expect(packets).toHaveLength(200);
    }
    expect(run.arrivals.filter(({ at, time }) => at === 12 && time < opens)).toHaveLength(200);
    expect(run.transport.linkPackets().filter((packets) => packets > 0)).toEqual([200, 200]);
  });

  it("does not happen to packets that wait for less than it takes", () => {
    const run = sendThrough(withRouter(tinyMulticast(), { dropAfter: seconds(1e-3) }), flows, { mayTake });
    expect(dropsOf(run)).toBe(0);
    expect(run.arrivals).toHaveLength(400);
  });

  it("begins with the cycle after which a packet has waited for long enough", () => {
    const refusing = { mayTake: () => true as const };
    expect(dropsOf(sendThrough(tinyMulticast(), flows, refusing))).toBe(0);
    const profile = tinyMulticast();
    const lone = [{ from: 0, to: [{ pes: [1] }], packets: 1 }];
    const arrival = pipelineOf(profile);
    const openAfter = (wait: number) => ({
      mayTake: (_pe: number, time: number) => (time >= arrival + wait ? true : arrival + wait),
    });
    const holding = withRouter(profile, { dropAfter: seconds(20 / 300e6) });
    expect(dropsOf(sendThrough(holding, lone, openAfter(19)))).toBe(0);
    expect(dropsOf(sendThrough(holding, lone, openAfter(21)))).toBe(1);
  });

  /** Four routers in a ring, each sending two hops onwards through single places. */
  const ring = () => {
    const { noc, ...rest } = tinyMulticast({ neighbours: 4, isTorus: true });
    const profile = withRouter(
      { ...rest, noc: { ...noc, buffers: { ...noc.buffers, linkFlits: 1, sourcePackets: 1 } } },
      { queuePackets: 1 },
    );
    const around = [0, 1, 2, 3].map((node) => ({
      from: 3 * node,
      to: [{ directions: [EAST, EAST, EAST], pes: [3 * ((node + 3) % 4)] }],
      packets: 50,
    }));
    return { profile, around };
  };

  it("is what a circle of full routers needs, and the error says so", () => {
    const { profile, around } = ring();
    const { isStuck, plan, transport } = sendThrough(profile, around);
    expect(isStuck).toBe(true);
    const error = standstillOf(plan, transport, [0]);
    expect(error.message).toMatch(
      /^The routers wait for each other, or for PEs that wait for them: the router at \(\d, 0\) holds 1 packets? and/,
    );
    expect(error).toHaveProperty(
      "hint",
      "Let routers drop packets that wait for too long (eventRouter.dropAfter), or give them longer queues (eventRouter.queue).",
    );

    const dropping = sendThrough(withRouter(profile, { dropAfter: seconds(1e-6) }), around);
    expect(dropping.isStuck).toBe(false);
    expect(dropping.arrivals).toHaveLength(200);
    expect(dropsOf(dropping)).toBeGreaterThan(0);
  });

  it("names PEs where no router is to blame", () => {
    const { profile, plan } = { ...sendThrough(tinyUnicast(), []), profile: tinyUnicast() };
    const error = standstillOf({ ...plan, profile, slices: [{ pe: 7 }] }, { routers: [] }, [0]);
    expect(error.message).toMatch(/^PEs wait for each other: PE 7 cannot send/);
  });
});
