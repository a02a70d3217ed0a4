import { describe, expect, it } from "vitest";
import type { RoutingEntry, RoutingTable } from "../../../src/core/mapping.ts";
import type { HardwareProfile, NocProfile } from "../../../src/core/profile.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, keysOf } from "./build-program.ts";
import { cornerChip, KERNEL_CYCLES } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const STEPS = 3;
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * STEPS).fill(1),
  origin: "ones",
  synthetic: true,
};
const net = firingNet();
const alone = simulate(buildProgram(net, cornerChip()), cornerChip(), input);

/** The corner chip's PEs at nodes 0 (0, 0), 1 (1, 0), 2 (0, 1) and 3 (1, 1), two at each; the host at node 0. */
function chipWith(kind: "mesh-multicast" | "mesh-unicast"): HardwareProfile {
  const one = cornerChip();
  const { clock, hopCycles, flitCycles, flitBits, payloadBytes, buffers } = one.noc;
  const base = { clock, hopCycles, flitCycles, flitBits, payloadBytes, buffers, hostNode: { x: 0, y: 0 } };
  const nodes = [0, 1, 2, 3].map((n) => ({ chip: 0, x: n % 2, y: n >> 1, pes: [2 * n, 2 * n + 1] }));
  const noc: NocProfile =
    kind === "mesh-unicast"
      ? { ...base, kind, nodes }
      : { ...base, kind, nodes, topology: { neighbours: 6, isTorus: false } };
  return { ...one, noc };
}

const entry = (name: string, fields: Partial<RoutingEntry>): RoutingEntry => {
  const { base: key, mask } = keysOf(net, name);
  return { key, mask, destinations: [], links: [], toHost: false, ...fields };
};
const at = (node: number, pe: number) => ({ node, pes: [pe] });
const run = (chip: HardwareProfile, routing: readonly RoutingTable[]) =>
  simulate({ ...buildProgram(net, chip, []), routing }, chip, input);
const flitsOf = ({ counts }: ReturnType<typeof run>) =>
  Object.fromEntries(
    counts.links.filter(({ flits }) => flits > 0).map(({ from, to, flits }) => [`${from}>${to}`, flits]),
  );

describe("routers with tables at every node", () => {
  // Layer a on PEs 0 (node 0) and 2 (node 1), layer b on PE 6 (node 3): east 0, north east 1, north 2.
  const [EAST, NORTH_EAST, SOUTH_WEST] = [0, 1, 4];
  const result = run(chipWith("mesh-multicast"), [
    {
      router: 0,
      entries: [
        entry("in", { destinations: [at(0, 0)], links: [EAST] }),
        entry("a", { destinations: [at(0, 0)], links: [EAST, NORTH_EAST] }),
        entry("b", { toHost: true }),
      ],
    },
    {
      router: 1,
      entries: [entry("in", { destinations: [at(1, 2)] }), entry("a", { destinations: [at(1, 2)] })],
    },
    { router: 3, entries: [entry("a", { destinations: [at(3, 6)] }), entry("b", { links: [SOUTH_WEST] })] },
  ]);

  it("compute what a central router computes", () => {
    expect(result.populations).toEqual(alone.populations);
    expect(result.counts.kernel).toEqual(alone.counts.kernel);
  });

  it("send one packet over each link of the tree, the diagonal too", () => {
    expect(flitsOf(result)).toEqual({ "0,0>1,0": 6 + 6, "0,0>1,1": 6, "1,1>0,0": 3 });
    expect(result.counts.noc.flitHop).toBe(21);
    expect(result.counts.chipLinks.packet).toBe(0);
    expect(result.counts.eventRouter.tableLookup).toBe(6 * 2 + 6 * 3 + 3 * 2);
    expect(result.counts.eventRouter.packetOut).toBe(6 * (2 + 1) + 6 * (3 + 1 + 1) + 3 * (1 + 1));
  });

  it("take the time of their busiest link and router", () => {
    const [a, b] = result.phases;
    expect(a!.latency).toEqual({ noc: 5, eventRouter: 2 * 4, chipLink: 0 });
    expect([...a!.linkCycles], "inputs alone, then with a's own").toEqual([2 * 3, 4 * 3, 4 * 3]);
    expect(b!.latency).toEqual({ noc: 5, eventRouter: 2 * 4, chipLink: 0 });
  });
});

describe("a packet for each destination", () => {
  const lists = (pes: readonly number[]) => pes.map((pe) => at(pe >> 1, pe));
  const chip = chipWith("mesh-unicast");
  const result = run(chip, [
    { router: 0, entries: [entry("a", { destinations: lists([0, 2, 6]) })] },
    { router: 6, entries: [entry("b", { toHost: true })] },
    { router: 8, entries: [entry("in", { destinations: lists([0, 2]) })] },
  ]);

  it("computes what a central router computes, and pays for each packet that it sends", () => {
    expect(result.populations).toEqual(alone.populations);
    expect(result.counts.kernel.packetReceive).toEqual(alone.counts.kernel.packetReceive);
    expect(result.counts.kernel.eventSend[0]).toBe(3 * 6);
    const extra = result.busyCycles[0]! - alone.busyCycles[0]!;
    expect(extra).toBe(2 * 6 * KERNEL_CYCLES.eventSend);
  });

  it("goes x first, from node to node, without a router between", () => {
    expect(flitsOf(result)).toEqual({ "0,0>1,0": 6 + 6 + 6, "1,0>1,1": 6, "1,1>0,1": 3, "0,1>0,0": 3 });
    expect(result.phases[1]!.latency).toEqual({ noc: 2 * 5, eventRouter: 0, chipLink: 0 });
    expect([...result.phases[1]!.routerCycles], "the list is the core's own").toEqual([0, 0, 0]);
  });
});
