import type { HardwareProfile, NocNode, NocProfile } from "../../src/core/profile.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { distancesFrom, neighbourOf } from "../router-distances.ts";

/** A node and its place in an order; nodes of equal rank are as good as each other. */
export interface RankedNode {
  readonly pes: readonly number[];
  readonly rank: number;
}

/** In which order nodes are best filled, so that what follows one another lies together. */
export function rankNodes(profile: HardwareProfile): RankedNode[] {
  const { noc } = profile;
  return noc.kind === "central-event-router" ? rankByRouter(profile, noc) : rankByRows(noc);
}

/** Chip by chip; on a chip nearest to the event router first. */
function rankByRouter(
  profile: HardwareProfile,
  { nodes, routerNodes }: Extract<NocProfile, { kind: "central-event-router" }>,
): RankedNode[] {
  const hopsOf = ({ x, y }: NocNode) =>
    routerNodes.reduce(
      (least, router) => Math.min(least, Math.abs(router.x - x) + Math.abs(router.y - y)),
      Infinity,
    );
  const hops = nodes.map(hopsOf);
  const beyond = hops.reduce((a, b) => Math.max(a, b), 0) + 1;
  const rankOfChip = new Map(walkOver(routerGraphOf(profile)).map((chip, rank) => [chip, rank]));
  return nodes.map(({ chip, pes }, node) => ({ pes, rank: rankOfChip.get(chip)! * beyond + hops[node]! }));
}

/**
 * All routers in an order in which each stands beside the one before it wherever one beside it is left, from the host's
 * on; of several the one nearest to the host, then the one that would be hardest to come to later.
 */
function walkOver(graph: RouterGraph): number[] {
  const toHost = distancesFrom(graph, graph.hostRouter);
  const left = new Set(toHost.keys());
  const walk: number[] = [];
  for (let here = graph.hostRouter; ;) {
    walk.push(here);
    left.delete(here);
    if (left.size === 0) return walk;
    const distance = distancesFrom(graph, here);
    const waysOn = (router: number) =>
      graph.directions.filter((_, direction) => left.has(neighbourOf(graph, router, direction))).length;
    const isBetter = (a: number, b: number) =>
      (distance[a]! - distance[b]! || toHost[a]! - toHost[b]! || waysOn(a) - waysOn(b)) < 0;
    here = [...left].reduce((a, b) => (isBetter(b, a) ? b : a));
  }
}

/** Row by row, every other row backwards, so that each node stands beside the one before it. */
function rankByRows({ nodes }: NocProfile): RankedNode[] {
  const isBackwards = ({ y }: NocNode) => y % 2 !== 0;
  const rows = [...nodes].sort((a, b) => a.y - b.y || (isBackwards(a) ? b.x - a.x : a.x - b.x));
  return rows.map(({ pes }, rank) => ({ pes, rank }));
}
