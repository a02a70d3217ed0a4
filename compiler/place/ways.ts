import type { HardwareProfile, MeshPosition } from "../../src/core/profile.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";
import { createLinkLoads, type LinkLoads } from "./link-loads.ts";
import { meshLinksOf } from "./mesh-links.ts";

/** The fixed ways between nodes and their routers, in the numbering of the loads. */
export interface Ways {
  readonly loads: LinkLoads;
  /** By node. */
  readonly toRouter: readonly Int32Array[];
  readonly fromRouter: readonly Int32Array[];
  readonly hostToRouter: Int32Array;
  readonly routerToHost: Int32Array;
  /** What the router graph's link 0 is in the loads. */
  readonly treeLinks: number;
}

const NO_WAY = new Int32Array(0);

export function waysOf(profile: HardwareProfile, graph: RouterGraph): Ways {
  const { noc } = profile;
  const { neighbour } = graph;
  if (noc.kind === "central-event-router") return centralWays(profile, graph, noc);
  const none = noc.nodes.map(() => NO_WAY);
  return {
    loads: createLinkLoads({ links: neighbour.length, watched: linksOf(graph) }),
    toRouter: none,
    fromRouter: none,
    hostToRouter: NO_WAY,
    routerToHost: NO_WAY,
    treeLinks: 0,
  };
}

const linksOf = ({ neighbour }: RouterGraph): number[] =>
  [...neighbour.keys()].filter((link) => neighbour[link]! >= 0);

/** Over the chip's mesh between a node and the router node that is nearest to it, as packets go. */
function centralWays(
  profile: HardwareProfile,
  graph: RouterGraph,
  { nodes, routerNodes, hostNode }: Extract<HardwareProfile["noc"], { kind: "central-event-router" }>,
): Ways {
  const mesh = meshLinksOf(profile.noc);
  const near = (place: MeshPosition) =>
    routerNodes.reduce((a, b) => (hopsBetween(b, place) < hopsBetween(a, place) ? b : a));
  const meshLinks = graph.routers * mesh.perChip;
  const chips = Array.from({ length: graph.routers }, (_, chip) => chip);
  // All that crosses a mesh goes to the event router or comes from it, so that no link is busier than the router's own.
  const watched = new Set([
    ...chips.flatMap((chip) => routerNodes.flatMap((place) => mesh.around(chip, place))),
    ...linksOf(graph).map((link) => meshLinks + link),
  ]);
  return {
    loads: createLinkLoads({
      links: meshLinks + graph.neighbour.length,
      watched: [...watched],
      meshLinks,
      chipLinkWeight: chipLinkWeight(profile),
    }),
    toRouter: nodes.map((node) => mesh.path(node.chip, node, near(node))),
    fromRouter: nodes.map((node) => mesh.path(node.chip, near(node), node)),
    hostToRouter: mesh.path(graph.hostRouter, hostNode, near(hostNode)),
    routerToHost: mesh.path(graph.hostRouter, near(hostNode), hostNode),
    treeLinks: meshLinks,
  };
}

const hopsBetween = (a: MeshPosition, b: MeshPosition): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

/** For how much longer a packet occupies a link between chips than one of the mesh. */
function chipLinkWeight({ noc, board }: HardwareProfile): number {
  if (board === undefined) return 1;
  const { packetCycles, clock } = board.link;
  return packetCycles / clock / (noc.flitCycles / noc.clock);
}
