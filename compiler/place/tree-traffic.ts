import { routerGraphOf } from "../../src/core/router-graph.ts";
import type { PlacementProblem } from "./problem.ts";
import { senderTable } from "./sender-table.ts";
import type { Move, Traffic } from "./traffic.ts";
import { createTreeGrower } from "./tree-links.ts";
import { waysOf } from "./ways.ts";

/** A tree as it stands in the loads. */
interface Planted {
  readonly links: Int32Array;
  readonly events: number;
}

const NO_TREE: Planted = { links: new Int32Array(0), events: 0 };

/**
 * Events go from their node to its router, from router to router along one tree a population and origin, and from routers
 * to nodes. A move regrows only what it can change: trees of populations that come to a router or leave it by this move,
 * and the shares of the routers that the moved slices send from.
 */
export function createTreeTraffic(problem: PlacementProblem, nodeOf: Int32Array): Traffic {
  const { flows } = problem;
  const graph = routerGraphOf(problem.profile);
  const { flowFrom, flowsInto, events, hostEvents, allEvents } = senderTable(problem);
  const ways = waysOf(problem.profile, graph);
  const { loads, treeLinks } = ways;
  const { routerOfNode } = graph;
  const grower = createTreeGrower(graph);
  const { routers } = graph;
  const nodes = routerOfNode.length;
  /** Slices of a flow's targets at each node and at each router, the host counting as one. */
  const atNode = new Int32Array(flows.length * nodes);
  const atRouter = new Int32Array(flows.length * routers);
  const sent = new Float64Array(flows.length * routers);
  const planted: Planted[] = Array.from({ length: flows.length * routers }, () => NO_TREE);
  /** Trees to look at again, and flows whose destinations are others than before. */
  const touched = new Set<number>();
  const changed = new Set<number>();
  let uprooted: { readonly tree: number; readonly before: Planted }[] = [];
  let last: readonly Move[] = [];

  const send = (slice: number, sign: 1 | -1) => {
    const flow = flowFrom[slice]!;
    if (flow < 0) return;
    const node = nodeOf[slice]!;
    const tree = flow * routers + routerOfNode[node]!;
    sent[tree]! += sign * events[slice]!;
    touched.add(tree);
    loads.add(ways.toRouter[node]!, sign * events[slice]!);
  };
  /** One slice more or less of a flow's targets at a node. */
  const receive = (flow: number, node: number, sign: 1 | -1) => {
    const [own, near] = [flow * nodes + node, flow * routers + routerOfNode[node]!];
    atNode[own]! += sign;
    atRouter[near]! += sign;
    const edge = sign > 0 ? 1 : 0;
    if (atNode[own] === edge) loads.add(ways.fromRouter[node]!, sign * allEvents[flow]!);
    if (atRouter[near] === edge) changed.add(flow);
  };
  /** All come before any leaves, so that slices that change places leave nothing behind to be regrown. */
  const shift = (moves: readonly Move[]) => {
    last = moves.map(({ slice }) => ({ slice, node: nodeOf[slice]! }));
    for (const { slice, node } of moves) {
      send(slice, -1);
      nodeOf[slice] = node;
      send(slice, 1);
      for (const flow of flowsInto[slice]!) receive(flow, node, 1);
    }
    for (const { slice, node } of last) for (const flow of flowsInto[slice]!) receive(flow, node, -1);
  };
  const plant = (tree: number, now: Planted) => {
    const before = planted[tree]!;
    loads.add(before.links, -before.events);
    loads.add(now.links, now.events);
    planted[tree] = now;
  };
  /** Puts in place what a tree carries now, along the ways that it knew where its destinations are the same. */
  const replant = (tree: number, isSame: boolean) => {
    const before = planted[tree]!;
    const share = sent[tree]!;
    if (share === before.events && (isSame || share === 0)) return;
    uprooted.push({ tree, before });
    if (share === 0) plant(tree, NO_TREE);
    else plant(tree, { links: isSame && before.events > 0 ? before.links : grown(tree), events: share });
  };
  const grown = (tree: number): Int32Array => {
    const first = Math.floor(tree / routers) * routers;
    return grower.grow(tree % routers, atRouter, first).map((link) => link + treeLinks);
  };
  const settle = () => {
    uprooted = [];
    for (const flow of changed)
      for (let router = 0; router < routers; router += 1) replant(flow * routers + router, false);
    for (const tree of touched) if (!changed.has(Math.floor(tree / routers))) replant(tree, true);
    changed.clear();
    touched.clear();
  };

  for (const [flow, { toHost }] of flows.entries()) {
    sent[flow * routers + graph.hostRouter]! += hostEvents[flow]!;
    loads.add(ways.hostToRouter, hostEvents[flow]!);
    if (toHost) {
      atRouter[flow * routers + graph.hostRouter]! += 1;
      loads.add(ways.routerToHost, allEvents[flow]!);
    }
    changed.add(flow);
  }
  for (const [slice, node] of nodeOf.entries()) {
    send(slice, 1);
    for (const flow of flowsInto[slice]!) receive(flow, node, 1);
  }
  settle();

  return {
    cost: () => loads.cost(),
    visits: () => loads.visits() + grower.visits(),
    move(moves) {
      shift(moves);
      settle();
    },
    undo() {
      shift(last);
      for (const { tree, before } of uprooted) plant(tree, before);
      uprooted = [];
      changed.clear();
      touched.clear();
    },
  };
}
