import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { CapacityError } from "../../../../src/core/errors.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const model = tinyModel({ inputs: 4, layers: [24, 24], density: 0.5 });

const withRouter = <P extends HardwareProfile>(
  profile: P,
  changes: Partial<HardwareProfile["eventRouter"]>,
): P => ({ ...profile, eventRouter: { ...profile.eventRouter, ...changes } });

/** A row of four nodes of which only the last has PEs that may be used: all events pass the others. */
const corridor = (defaultRoute: boolean) => {
  const chip = withRouter(tinyMulticast({ neighbours: 4, pesPerNode: 3 }), { defaultRoute });
  const nodes = chip.noc.nodes.slice(0, 4);
  const pe = { ...chip.pe, count: 12, reserved: [0, 1, 2, 3, 4, 5, 6, 7, 8] };
  return { ...chip, pe, noc: { ...chip.noc, nodes } };
};

describe("route", () => {
  it("leaves out entries of packets that go straight on anyway", () => {
    const routersWith = (defaultRoute: boolean) =>
      compile(model, corridor(defaultRoute)).program.routing.map(({ router }) => router);
    // Input goes from node 0 to node 3, output comes back: nodes 1 and 2 only pass them on.
    expect(routersWith(false)).toEqual([0, 1, 2, 3]);
    expect(routersWith(true)).toEqual([0, 3]);
  });

  it("gives a mesh-unicast PE one entry with all destinations, and the host a list of its own", () => {
    const chip = tinyUnicast();
    const { program } = compile(model, chip);
    const pesOf = (name: string) =>
      program.pes.filter(({ population }) => population === name).map(({ pe }) => pe);
    for (const { router, entries } of program.routing) {
      expect(entries).toHaveLength(1);
      const [{ destinations, links, toHost }] = entries as [(typeof entries)[number]];
      expect(links).toEqual([]);
      const own = program.pes.find(({ pe }) => pe === router)?.population ?? "input";
      const targets = { input: ["egru0"], egru0: ["egru0", "egru1"], egru1: ["egru1"] }[own]!;
      const reached = destinations.flatMap(({ pes }) => pes).sort((a, b) => a - b);
      expect(reached).toEqual(targets.flatMap(pesOf).sort((a, b) => a - b));
      expect(toHost).toBe(own === "egru1");
    }
    expect(program.routing.map(({ router }) => router)).toEqual([
      ...program.pes.map(({ pe }) => pe),
      chip.pe.count,
    ]);
  });

  it("names the router whose table is too short", () => {
    const board = withRouter(tinyBoard(), { entries: 2 });
    const error = outcome(() => compile(model, board, { placer: "sequential" })) as CapacityError;
    expect(error).toBeInstanceOf(CapacityError);
    expect(error.shortage.where).toMatch(/^The router at \([0-2], [01]\)$/);
    expect(error.shortage).toMatchObject({ resource: "routing entries", available: 2 });
  });

  it("names the PE whose list of destinations is too short, counting destinations", () => {
    const unicast = withRouter(tinyUnicast(), { entries: 5 });
    expect(outcome(() => compile(model, unicast))).toMatchObject({
      shortage: { resource: "routing entries", where: expect.stringMatching(/^PE \d+$/), available: 5 },
      hint: "Use fewer PEs (--pes), so that an event has fewer destinations.",
    });
  });

  it("refuses a router that does not exist", () => {
    expect(() => compile(model, tinyBoard(), { router: "crow" })).toThrow('There is no router "crow".');
  });
});

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
