import fc from "fast-check";
import { expect, it } from "vitest";
import { createTreeGrower } from "../../../../compiler/place/tree-links.ts";
import { ROUTERS } from "../../../../compiler/route/route.ts";
import { routerGraphOf } from "../../../../src/core/router-graph.ts";
import { damagedBy, faults } from "../../../support/faulty-machines.ts";
import { machines } from "../../../support/placement-problems.ts";

it("grows the trees of the default router, link by link", () => {
  fc.assert(
    fc.property(
      machines,
      faults,
      fc.nat(),
      fc.array(fc.nat(), { maxLength: 12 }),
      (sound, broken, from, wishes) => {
        fc.pre(sound.noc.kind !== "mesh-unicast");
        const graph = routerGraphOf(damagedBy(sound, broken));
        const origin = from % graph.routers;
        const destinations = [...new Set(wishes.map((wish) => wish % graph.routers))].sort((a, b) => a - b);
        const count = new Int32Array(2 * graph.routers);
        for (const router of destinations) count[graph.routers + router] = 1;
        const grown = [...createTreeGrower(graph).grow(origin, count, graph.routers)].sort((a, b) => a - b);

        const expected: number[] = [];
        for (const [router, { links }] of ROUTERS[0]!.tree(graph, origin, destinations))
          for (const direction of graph.directions.keys())
            if ((links >> direction) & 1) expected.push(router * graph.directions.length + direction);
        expect(grown).toEqual(expected.sort((a, b) => a - b));
      },
    ),
    { numRuns: 400 },
  );
});
