import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { ROUTERS } from "../../../../compiler/route/route.ts";
import { verifyCompiled } from "../../../../compiler/verify/verify.ts";
import { verifyRoutes } from "../../../../compiler/verify/routes.ts";
import { createTreeWalker } from "../../../../simulator/components/route-tree.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import type { Program } from "../../../../src/core/program.ts";
import { routerGraphOf } from "../../../../src/core/router-graph.ts";
import { linksOf, withDeadLinks } from "../../../support/faulty-machines.ts";
import { tinyModel } from "../../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast } from "../../../support/tiny-networks.ts";

const model = tinyModel({ inputs: 5, layers: [30, 24], density: 0.5 });

/** What the check says of a program that was compiled for one machine, on another. */
function messageOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    return (error as Error).message;
  }
  return "no fault";
}

/** Links that events of the output cross, as pairs of routers. */
function crossed(program: Program, profile: HardwareProfile): Set<string> {
  const graph = routerGraphOf(profile);
  const pairs = new Set<string>();
  for (const population of program.populations) {
    const walker = createTreeWalker(program, graph, population, profile.eventRouter.defaultRoute);
    for (let neuron = 0; neuron < population.size; neuron += 1) {
      const home = program.pes.find(
        ({ population: name, firstNeuron, neurons }) =>
          name === population.name && firstNeuron <= neuron && neuron < firstNeuron + neurons,
      );
      const origin = home ? graph.routerOfPe[home.pe]! : graph.hostRouter;
      for (const { hops } of walker.tree(origin, neuron).visits)
        for (const { from, to } of hops) pairs.add([from, to].sort((a, b) => a - b).join(" "));
    }
  }
  return pairs;
}

describe.each([
  ["a mesh", tinyMulticast({ neighbours: 4 })],
  ["a torus", tinyMulticast({ neighbours: 6, isTorus: true })],
  ["a board", tinyBoard()],
])("a program for %s", (_, profile) => {
  it.each(ROUTERS)("is found wrong on any machine that lacks a link it uses ($name)", ({ name }) => {
    const { program, graph } = compile(model, profile, { router: name, placer: "hilbert" });
    const used = crossed(program, profile);
    expect(used.size).toBeGreaterThan(0);
    for (const link of linksOf(profile)) {
      const broken = withDeadLinks(profile, [link]);
      const isUsed = used.has(link.join(" "));
      const verdict = messageOf(() => verifyCompiled(program, broken, graph));
      if (isUsed) expect(verdict, link.join("-")).toMatch(/^verify: .*link/);
      else expect(verdict, link.join("-")).toBe("no fault");
      const walked = messageOf(() => verifyRoutes(program, broken));
      expect(walked !== "no fault", `walk without ${link.join("-")}`).toBe(isUsed);
    }
  });

  it.each(ROUTERS)("compiled without the link does not use it ($name)", ({ name }) => {
    for (const link of linksOf(profile)) {
      const broken = withDeadLinks(profile, [link]);
      const { program } = compile(model, broken, { router: name, placer: "hilbert" });
      expect(crossed(program, broken)).not.toContain(link.join(" "));
    }
  });
});

describe("a default route", () => {
  // Only the PEs at the far end of the host's row may be used, so that routers between have nothing to say.
  const inUse = [9, 10, 11];
  const reserved = Array.from({ length: 36 }, (_, pe) => pe).filter((pe) => !inUse.includes(pe));
  const profile = tinyMulticast({ neighbours: 4, reserved, sramBytes: 65_536 });

  it("over a dead link is a loss that the check names", () => {
    const { program } = compile(model, profile, { placer: "hilbert", minimise: "never" });
    const graph = routerGraphOf(profile);
    const [population] = program.populations;
    const walker = createTreeWalker(program, graph, population!, true);
    const passed = Array.from({ length: population!.size }, (_, neuron) =>
      walker.tree(graph.hostRouter, neuron),
    )
      .flatMap(({ visits }) => visits)
      .find(({ router, links }) => links.length > 0 && !hasTable(program, router));
    expect(passed, "some router passes packets straight on").toBeDefined();
    const { router, links } = passed!;
    const next = graph.neighbour[router * graph.directions.length + links[0]!]!;
    const broken = withDeadLinks(profile, [[router, next]]);
    expect(messageOf(() => verifyRoutes(program, broken))).toMatch(
      new RegExp(`^verify: neuron \\d+ of input is lost: router ${router} has no link ${links[0]!}$`),
    );
  });
});

const hasTable = ({ routing }: Program, router: number): boolean =>
  routing.some((table) => table.router === router);
