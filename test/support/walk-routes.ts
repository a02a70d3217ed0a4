import type { RoutingTable } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";

/** What became of one event. */
export interface Walk {
  /** PEs in the order in which they were reached; twice where a copy too many arrived. */
  readonly pes: readonly number[];
  readonly hostCopies: number;
  /** Links between routers that copies travelled. */
  readonly links: number;
}

/**
 * Sends events through routing tables, knowing nothing else but where the routers stand: the first matching entry applies,
 * a packet that came over a link and matches none goes straight on where the profile says so.
 *
 * @throws Error where a packet is lost, or comes to a router for the second time.
 */
export function routeWalker(profile: HardwareProfile, routing: readonly RoutingTable[]) {
  const graph = routerGraphOf(profile);
  const tables = new Map(routing.map(({ router, entries }) => [router, entries]));

  return (key: number, start: number): Walk => {
    const pes: number[] = [];
    const seen = new Set<number>();
    let hostCopies = 0;
    let links = 0;
    const packets = [{ router: start, arrival: -1 }];
    for (const { router, arrival } of packets) {
      if (seen.has(router)) throw new Error(`router ${router} sees key ${key} twice`);
      seen.add(router);
      const entry = (tables.get(router) ?? []).find(({ key: of, mask }) => (key & mask) >>> 0 === of);
      if (!entry && (arrival < 0 || !profile.eventRouter.defaultRoute))
        throw new Error(`router ${router} has no entry for key ${key}`);
      for (const { node, pes: own } of entry?.destinations ?? []) {
        verifyNode(profile, graph, router, node, own);
        pes.push(...own);
      }
      if (entry?.toHost) hostCopies += 1;
      for (const direction of entry ? entry.links : [arrival]) {
        const next = graph.neighbour[router * graph.directions.length + direction] ?? -1;
        if (next < 0) throw new Error(`router ${router} sends key ${key} where no link is`);
        packets.push({ router: next, arrival: direction });
        links += 1;
      }
    }
    return { pes, hostCopies, links };
  };
}

function verifyNode(
  { noc }: HardwareProfile,
  { routerOfNode }: RouterGraph,
  router: number,
  node: number,
  pes: readonly number[],
): void {
  const isOthers = routerOfNode[node] !== -1 && routerOfNode[node] !== router;
  if (isOthers) throw new Error(`router ${router} does not serve node ${node}`);
  const strangers = pes.filter((pe) => !noc.nodes[node]!.pes.includes(pe));
  if (strangers.length > 0) throw new Error(`PEs ${strangers.join()} are not in node ${node}`);
}
