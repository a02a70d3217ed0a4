import type { RoutingEntry } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { tableLength } from "../../src/core/table-length.ts";
import { fault } from "./fault.ts";

/** No table is longer than the hardware's, and no entry names what its router does not have. */
export function verifyTables({ routing }: Program, profile: HardwareProfile): void {
  const graph = routerGraphOf(profile);
  const { entries: available } = profile.eventRouter;
  for (const table of routing) {
    if (table.router >= graph.routers) fault(`there is no router ${table.router}`);
    const needed = tableLength(table, profile);
    if (needed > available)
      fault(`the table of router ${table.router} has ${needed} entries of ${available}`);
    for (const [line, entry] of table.entries.entries()) {
      const problem = problemOf(entry, table.router, graph, profile);
      if (problem) fault(`entry ${line} of router ${table.router} ${problem}`);
    }
  }
}

function problemOf(
  { key, mask, destinations, links, toHost }: RoutingEntry,
  router: number,
  graph: RouterGraph,
  { noc, eventRouter }: HardwareProfile,
): string | undefined {
  const all = 2 ** eventRouter.keyBits;
  if (key >= all || mask >= all) return `does not fit ${eventRouter.keyBits} bits`;
  if ((key & mask) >>> 0 !== key) return "has key bits outside its mask";
  for (const { node, pes } of destinations) {
    const serving = graph.routerOfNode[node];
    if (serving === undefined) return `names node ${node}, which is not there`;
    if (serving !== -1 && serving !== router) return `names node ${node}, which router ${serving} serves`;
    const stranger = pes.find((pe) => !noc.nodes[node]!.pes.includes(pe));
    if (stranger !== undefined) return `names PE ${stranger} in node ${node}`;
  }
  const steps = graph.directions.length;
  const missing = links.find(
    (link) => !((graph.neighbour[router * steps + link] ?? -1) >= 0 && link < steps),
  );
  if (missing !== undefined) return `names link ${missing}, which is not there`;
  if (toHost && noc.kind !== "mesh-unicast" && router !== graph.hostRouter)
    return "sends to the host, which is elsewhere";
  return undefined;
}
