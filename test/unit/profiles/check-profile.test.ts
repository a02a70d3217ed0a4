import { describe, expect, it } from "vitest";
import type {
  CentralEventRouterNoc,
  HardwareProfile,
  OperatingPoint,
  PeProfile,
} from "../../../src/core/profile.ts";
import { cycles, joules, watts } from "../../../src/core/units.ts";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { peIdOf, peIndexOf } from "../../../src/profiles/pe-ids.ts";
import { faultOf, shipped, shippedWith } from "./shipped.ts";

const { profile } = shipped();
const findingsOf = (changed: HardwareProfile, stated?: { neurons: number }) =>
  checkProfile(changed, stated).map(({ severity, path, problem }) => `${severity} ${path}: ${problem}`);

const withPe = (pe: Partial<PeProfile>): HardwareProfile => ({ ...profile, pe: { ...profile.pe, ...pe } });
const withSram = (sram: Partial<PeProfile["sram"]>) => withPe({ sram: { ...profile.pe.sram, ...sram } });
const central = profile.noc as CentralEventRouterNoc;
const withNoc = (noc: Partial<CentralEventRouterNoc>): HardwareProfile => ({
  ...profile,
  noc: { ...central, ...noc },
});
const withPoint = (change: (point: OperatingPoint) => OperatingPoint): HardwareProfile => ({
  ...profile,
  operatingPoints: profile.operatingPoints.map((point, index) => (index === 0 ? change(point) : point)),
});
const withEnergy = (energy: Partial<OperatingPoint["energy"]>) =>
  withPoint((point) => ({ ...point, energy: { ...point.energy, ...energy } }));

describe("checkProfile", () => {
  it("finds nothing in the shipped profile", () => {
    expect(checkProfile(profile)).toEqual([]);
    expect(checkProfile(profile, { neurons: 2 ** 32 })).toEqual([]);
  });

  const [first, second, ...rest] = profile.noc.nodes as [
    HardwareProfile["noc"]["nodes"][number],
    HardwareProfile["noc"]["nodes"][number],
    ...HardwareProfile["noc"]["nodes"],
  ];

  it.each<[string, HardwareProfile, string[]]>([
    [
      "PEs in no node and an empty place",
      withNoc({ nodes: [second, ...rest] }),
      [
        "error noc.floorPlan: PEs 1, 2, 3, 4 are in no node",
        "warning noc.floorPlan: 1 place inside the mesh holds nothing; it is taken to pass packets on",
      ],
    ],
    [
      "PEs in two nodes, and others in none",
      withNoc({ nodes: [first, { ...second, pes: [3, 4, 5, 6] }, ...rest] }),
      ["error noc.floorPlan: PE 8 is in no node", "error noc.floorPlan: PE 4 is in more than one node"],
    ],
    [
      "a PE that there is not",
      withNoc({ nodes: [first, { ...second, pes: [...second.pes, 152] }, ...rest] }),
      ["error noc.floorPlan: node (7, 5) names PE 153, but PEs are numbered from 1 to 152"],
    ],
    [
      "two nodes at one place",
      withNoc({ nodes: [first, { ...second, x: first.x, y: first.y }, ...rest] }),
      [
        "error noc.floorPlan: two nodes stand at (7, 6)",
        "warning noc.floorPlan: 1 place inside the mesh holds nothing; it is taken to pass packets on",
      ],
    ],
    [
      "a router among PEs",
      withNoc({
        routerNodes: [
          { x: 4, y: 3 },
          { x: 4, y: 4 },
          { x: 4, y: 5 },
        ],
      }),
      ["error noc.routerNodes: the event router stands at (4, 5), which holds PEs"],
    ],
    [
      "a host on the router",
      withNoc({ hostNode: { x: 4, y: 4 } }),
      [
        "error noc.hostNode: the host stands at (4, 4), which holds the event router",
        "warning noc.floorPlan: 1 place inside the mesh holds nothing; it is taken to pass packets on",
      ],
    ],
    [
      "a host far away",
      withNoc({ hostNode: { x: 9, y: 3 } }),
      [
        "error noc.hostNode: (9, 3) is 2 places outside the mesh",
        "warning noc.floorPlan: 1 place inside the mesh holds nothing; it is taken to pass packets on",
      ],
    ],
    [
      "DRAM beside the mesh, round a corner from a part of the router",
      withNoc({ hostNode: { x: 7, y: 4 }, dramNode: { x: 8, y: 3 } }),
      [
        "warning noc.dramNode: the XY routes between (8, 3) and the router at (4, 4) leave the mesh; the places there are taken to pass packets on",
        "warning noc.floorPlan: 1 place inside the mesh holds nothing; it is taken to pass packets on",
      ],
    ],
    [
      "reserved PEs that there are not",
      withPe({ reserved: [3, 152] }),
      ["error pe.reserved: names PE 152, but indices end at 151"],
    ],
    ["reserved PEs in disorder", withPe({ reserved: [3, 3] }), ["error pe.reserved: is not ascending"]],
    [
      "no PE left",
      withPe({ reserved: Array.from({ length: 152 }, (_, pe) => pe) }),
      ["error pe.reserved: leaves none of 152 PEs to programs"],
    ],
    [
      "code and stack as large as the memory",
      withSram({ codeBytes: 126_976 }),
      ["error pe.sram: code and stack fill all 131072 B of a PE"],
    ],
    [
      "more SRAM than can be addressed",
      withSram({ bytes: 2 ** 31 + 4 }),
      ["error pe.sram.bytes: is 2147483652 B; a PE addresses at most 2 GiB"],
    ],
    [
      "flits too small for an event",
      withNoc({ flitBits: 63, payloadBytes: 4 }),
      ["error noc.flit: is 63 bit; an event of 64 bit (key and payload) must fit one flit"],
    ],
    [
      "more payload than a flit has bits",
      withNoc({ payloadBytes: 25 }),
      ["error noc.payload: is 200 bit of a flit of 192 bit"],
    ],
    [
      "half a byte of payload",
      withNoc({ payloadBytes: 1.5 }),
      ["error noc.payload: is 12 bit, no whole number of bytes"],
    ],
    [
      "a link's buffer below a round trip",
      withNoc({ buffers: { ...central.buffers, linkFlits: 6 } }),
      [
        "warning noc.buffers.linkFlits: 6 flits cover 6 of a round trip's 7 cycles (hop and credit); a lone stream is held up by credits",
      ],
    ],
    [
      "a FIFO larger than what is left",
      withSram({ packetFifoEntries: 11_777 }),
      ["error pe.sram.packetFifoEntries: the FIFO takes 94216 B of 94208 B left for data"],
    ],
    [
      "memory in odd bytes",
      withSram({ codeBytes: 32_766 }),
      ["error pe.sram.codeBytes: is 32766 B, no whole number of 4-byte words"],
    ],
    [
      "keys too narrow for the PEs",
      { ...profile, eventRouter: { ...profile.eventRouter, keyBits: 7 } },
      ["error eventRouter.keyBits: 128 keys are fewer than 152 PEs"],
    ],
    [
      "keys wider than a program's",
      { ...profile, eventRouter: { ...profile.eventRouter, keyBits: 33 } },
      ["error eventRouter.keyBits: is 33; programs hold keys of at most 32 bits"],
    ],
    [
      "half a byte",
      { ...profile, host: { ...profile.host, bytesPerEvent: 0.5 } },
      ["error host.eventSize: is 0.5 B; a whole number above 0 is needed"],
    ],
    [
      "bursts of nothing",
      { ...profile, dram: { ...profile.dram!, burstBytes: 0 } },
      ["error dram.burst: is 0 B; a whole number above 0 is needed"],
    ],
    [
      "an SRAM port of half a byte",
      withPe({ macArray: { ...profile.pe.macArray!, sramPortBytes: 0.5 } }),
      ["error pe.macArray.sramPort: is 0.5 B; a whole number above 0 is needed"],
    ],
    [
      "barriers of unknown length",
      { ...profile, synchronisation: { kind: "barrier", period: 1e-3 } },
      ["error synchronisation.barrier: is missing, but timesteps are kept apart by barriers"],
    ],
    [
      "a timer without a tick",
      { ...profile, synchronisation: { kind: "timer", barrier: 1e-6 } },
      ["error synchronisation.period: is missing, but timesteps are kept apart by a timer"],
    ],
    [
      "an operating point named twice",
      withPoint((point) => ({ ...point, name: "300MHz" })),
      ['error operatingPoints[1].name: "300MHz" names two operating points'],
    ],
    [
      "sleep below off",
      withEnergy({ pe: { basis: "state", sleep: watts(-1e-3), busyCycle: joules(1e-12) } }),
      ["error operatingPoints[0].energy.pe: at 150MHz PEs draw less asleep than switched off"],
    ],
    [
      "busy below asleep",
      withEnergy({ pe: { basis: "state", sleep: watts(1e-3), busyCycle: joules(-1e-12) } }),
      ["error operatingPoints[0].energy.pe: at 150MHz PEs draw less busy than asleep"],
    ],
    [
      "MAC arrays below asleep",
      withEnergy({ macArray: { basis: "action", costs: { mac: joules(-1e-12) } } }),
      ["error operatingPoints[0].energy.macArray: at 150MHz busy MAC arrays draw less than PEs asleep"],
    ],
  ])("finds %s", (_, changed, findings) => {
    expect(findingsOf(changed)).toEqual(findings);
  });

  it("finds MAC arrays that are priced and not there, or there and not priced", () => {
    const { macArray: _, ...pe } = profile.pe;
    expect(findingsOf({ ...profile, pe })).toEqual([
      "error operatingPoints[0].energy.macArray: prices MAC arrays at 150MHz, but the PEs have none",
      "error operatingPoints[1].energy.macArray: prices MAC arrays at 300MHz, but the PEs have none",
    ]);
    const unpriced = withPoint(({ energy: { macArray: __, ...energy }, ...point }) => ({ ...point, energy }));
    expect(findingsOf(unpriced)).toEqual([
      "warning operatingPoints[0].energy.macArray: is missing at 150MHz; MAC-array work stays unpriced there",
    ]);
  });

  it("holds keys against a stated number of neurons", () => {
    const narrow = { ...profile, eventRouter: { ...profile.eventRouter, keyBits: 12 } };
    expect(findingsOf(narrow, { neurons: 4096 })).toEqual([]);
    expect(findingsOf(narrow, { neurons: 4097 })).toEqual([
      "error eventRouter.keyBits: 4096 keys are fewer than 4097 neurons",
    ]);
  });

  it("counts a slow link's flits by the cycles that they take", () => {
    const slow = { flitCycles: cycles(2), buffers: { ...central.buffers, linkFlits: 4 } };
    expect(findingsOf(withNoc(slow))).toEqual([]);
    expect(findingsOf(withNoc({ ...slow, hopCycles: cycles(7) }))).toHaveLength(1);
  });

  it("lets host and DRAM share a place", () => {
    expect(findingsOf(withNoc({ dramNode: profile.noc.hostNode }))).toEqual([
      "warning noc.floorPlan: 1 place inside the mesh holds nothing; it is taken to pass packets on",
    ]);
  });
});

describe("errors of the check, on reading", () => {
  it("stop a profile whose published powers fall", () => {
    expect(faultOf(shippedWith({ "operatingPoints.1.energy.pe.allBusy.value": 100 })).message).toBe(
      "s2.json, operatingPoints[1].energy.pe: at 300MHz PEs draw less busy than asleep",
    );
  });

  it("name a PE as the vendor does", () => {
    expect(faultOf(shippedWith({ "pe.firstPeId.value": 2 })).message.split("\n")).toEqual([
      "s2.json, noc.floorPlan: node (7, 6) names PE 1, but PEs are numbered from 2 to 153",
      "  noc.floorPlan: PE 153 is in no node",
    ]);
  });
});

describe("PE numbers", () => {
  it("go to the vendor's and back", () => {
    expect([peIdOf(profile, 0), peIdOf(profile, 151)]).toEqual([1, 152]);
    for (let index = 0; index < 152; index += 1)
      expect(peIndexOf(profile, peIdOf(profile, index))).toBe(index);
    expect([0, 153, 1.5].map((id) => peIndexOf(profile, id))).toEqual([undefined, undefined, undefined]);
  });
});
