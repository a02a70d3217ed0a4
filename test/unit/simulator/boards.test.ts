import { describe, expect, it } from "vitest";
import type { RoutingEntry } from "../../../src/core/mapping.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { Program } from "../../../src/core/program.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { timeOf } from "../../../simulator/time-of.ts";
import { buildProgram, keysOf, type Net } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const STEPS = 3;
const EAST = 0;
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * STEPS).fill(1),
  origin: "ones",
  synthetic: true,
};

/** Three corner chips in a line, the host at the first. PE 8 · c + n is PE n of chip c. */
function line(): HardwareProfile {
  const one = cornerChip();
  return {
    ...one,
    pe: { ...one.pe, count: 24, reserved: [] },
    noc: {
      ...one.noc,
      nodes: [0, 1, 2].flatMap((chip) =>
        one.noc.nodes.map(({ x, y, pes }) => ({ chip, x, y, pes: pes.map((pe) => 8 * chip + pe) })),
      ),
    },
    eventRouter: { ...one.eventRouter, defaultRoute: true },
    board: {
      chips: [0, 1, 2].map((x) => ({ x, y: 0 })),
      hostChip: 0,
      topology: { neighbours: 4, isTorus: false },
      link: { clock: 100, packetCycles: 4, latencyCycles: 7, bufferPackets: 4 },
    },
  };
}

const board = line();
/** The firing net with layer a on chip 0 and layer b on chip 2. */
const net: Net = {
  ...firingNet(),
  slices: firingNet().slices.map((slice) => (slice.population === "b" ? { ...slice, pe: 16 + 6 } : slice)),
};

function programOnBoard(): Program {
  const entry = (name: string, fields: Partial<RoutingEntry>): RoutingEntry => {
    const { base: key, mask } = keysOf(net, name);
    return { key, mask, destinations: [], links: [], toHost: false, ...fields };
  };
  const forA = [
    { node: 0, pes: [0] },
    { node: 1, pes: [2] },
  ];
  return {
    ...buildProgram(net, board, []),
    routing: [
      {
        router: 0,
        entries: [
          entry("in", { destinations: forA }),
          entry("a", { destinations: forA, links: [EAST] }),
          entry("b", { toHost: true }),
        ],
      },
      // Nothing for router 1: a's events go straight through it, and so do b's on their way back.
      {
        router: 2,
        entries: [entry("a", { destinations: [{ node: 8 + 3, pes: [22] }] }), entry("b", { links: [2] })],
      },
    ],
  };
}

describe("a board of three chips", () => {
  const result = simulate(programOnBoard(), board, input);
  const alone = simulate(buildProgram(firingNet(), cornerChip()), cornerChip(), input);

  it("computes what one chip computes", () => {
    expect(result.populations).toEqual(alone.populations);
    expect(result.projections).toEqual(alone.projections);
    expect(result.counts.kernel.packetReceive[22]).toBe(alone.counts.kernel.packetReceive[6]);
  });

  it("sends one packet over each link of an event's tree", () => {
    const between = result.counts.links.filter(({ isBetweenChips }) => isBetweenChips);
    expect(between.map(({ from, to, flits }) => [from[0], to[0], flits])).toEqual(
      [
        [0, 1, 6],
        [1, 2, 6],
        [1, 0, 3],
        [2, 1, 3],
      ].sort((a, b) => a[0]! - b[0]! || b[1]! - a[1]!),
    );
    expect(result.counts.chipLinks.packet).toBe(2 * 6 + 2 * 3);
    const inMesh = result.counts.links.filter(({ isBetweenChips }) => !isBetweenChips);
    expect(inMesh).toHaveLength(3 * 24);
    expect(inMesh.reduce((sum, { flits }) => sum + flits, 0)).toBe(result.counts.noc.flitHop);
  });

  it("matches keys at every router on the way, also where a packet goes straight on", () => {
    // In: 6 at one router. a: 6 at three. b: 3 at three.
    expect(result.counts.eventRouter.tableLookup).toBe(6 + 6 * 3 + 3 * 3);
    // In: two nodes. a: two nodes and a link, a link, a node. b: a link, a link, the host.
    expect(result.counts.eventRouter.packetOut).toBe(6 * 2 + 6 * (3 + 1 + 1) + 3 * 3);
  });

  it("waits for links between chips: their latency on the longest path, their time for each packet", () => {
    const b = result.phases[1]!;
    // From PE 0 at (0, 0): 2 hops to the router; 2 links; 2 hops to (2, 2).
    expect(b.latency).toEqual({ noc: (2 + 2) * 5, eventRouter: 3 * 4, chipLink: 2 * 7 });
    expect([...b.chipLinkCycles], "two events of a; b's one goes the other way").toEqual([8, 8, 8]);
    const [point] = board.operatingPoints;
    const { phases } = timeOf(result, board, point!, "sequential");
    const flight = 20 / 1_000 + 12 / 500 + 14 / 100;
    expect(phases[1]!.seconds).toBeCloseTo(b.peCycles[0]! / point!.peClock + flight + 8 / 100, 12);
  });

  it("refuses a link off the board", () => {
    const program = programOnBoard();
    const routing = program.routing.map(({ router, entries }) => ({
      router,
      entries: entries.map((entry) => (entry.links.includes(2) ? { ...entry, links: [EAST] } : entry)),
    }));
    expect(() => simulate({ ...program, routing }, board, input)).toThrow(
      "entry 1 of router 2: there is no link in direction 0",
    );
  });
});
