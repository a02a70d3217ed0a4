import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Delivery, Lag } from "./deliveries.ts";
import { HOST, type Network } from "./network.ts";
import type { RouteTree, TreeLeaf } from "./route-tree.ts";
import { isToHost, type Route, type RoutePlan } from "./routes.ts";
import { phasesOf, type Worker } from "./workers.ts";

/** The links that each event of one counter crosses, and what it asks of routers. */
export interface Flow {
  readonly counter: number;
  readonly lag: Lag;
  /** A link stands here once for each packet that crosses it. */
  readonly links: readonly number[];
  readonly routers: readonly RouterVisit[];
}

export interface RouterVisit {
  readonly router: number;
  readonly lookups: number;
  readonly packetsOut: number;
}

export interface PhaseFlows {
  readonly flows: readonly Flow[];
  readonly longest: Flight;
}

/** A path without traffic: links of the NoC, links between chips, routers. */
export interface Flight {
  readonly nocHops: number;
  readonly chipHops: number;
  readonly routers: number;
}

export interface FlowPlan {
  /** Each event once, when it is sent. */
  readonly all: readonly Flow[];
  /** By phase: the events that it receives, and those that its own population sends to the host. */
  readonly phases: readonly PhaseFlows[];
}

/** Leaves of a tree that serve one phase, and when they are used there. */
interface Bundle {
  readonly phase: number;
  readonly lag: Lag;
  readonly leaves: TreeLeaf[];
}

/** Lays every packet's way: from its PE, or from the host, to a router, and from there along its tree to each leaf. */
export function planFlows(
  plan: RoutePlan,
  deliveries: readonly Delivery[],
  workers: readonly Worker[],
  profile: HardwareProfile,
  network: Network,
): FlowPlan {
  const secondsOf = flightSeconds(profile);
  const bundles = bundlesOf(plan, deliveries, workers);
  const all: Flow[] = [];
  const phases = Array.from({ length: phasesOf(workers) }, () => ({
    flows: [] as Flow[],
    longest: { nocHops: 0, chipHops: 0, routers: 0 } as Flight,
  }));

  for (const [index, { tree }] of plan.routes.entries()) {
    const counter = plan.segments.length + index;
    all.push({ counter, lag: 0, ...loadOf(tree, tree.leaves, network) });
    for (const { phase, lag, leaves } of bundles[index]!) {
      phases[phase]!.flows.push({ counter, lag, ...loadOf(tree, leaves, network) });
    }
  }
  // From the first router on; how far a packet comes to it depends on its segment.
  const farthest = bundles.map((own) =>
    own.map(({ leaves }) =>
      longestOf([AT_ROUTER, ...leaves.map((leaf) => flightOf(leaf, network))], secondsOf),
    ),
  );
  for (const [counter, { route, slice }] of plan.segments.entries()) {
    const links = network.toRouter(slice < 0 ? HOST : workers[slice]!.pe);
    if (links.length > 0) all.push({ counter, lag: 0, links, routers: [] });
    for (const [index, { phase, lag }] of bundles[route]!.entries()) {
      const into = phases[phase]!;
      if (links.length > 0) into.flows.push({ counter, lag, links, routers: [] });
      const onwards = farthest[route]![index]!;
      const flight = { ...onwards, nocHops: links.length + onwards.nocHops };
      into.longest = longestOf([into.longest, flight], secondsOf);
    }
  }
  return { all, phases };
}

/** One lookup at each router on the way to these leaves, one packet on each link of their tree, one to each leaf. */
function loadOf({ origin }: RouteTree, leaves: readonly TreeLeaf[], network: Network) {
  const packetsOut = new Map([[origin, 0]]);
  const taken = new Set<string>();
  const links: number[] = [];
  const send = (router: number) => packetsOut.set(router, (packetsOut.get(router) ?? 0) + 1);
  for (const { hops, router, node } of leaves) {
    for (const hop of hops) {
      const name = `${hop.from}>${hop.to}`;
      if (taken.has(name)) continue;
      taken.add(name);
      links.push(network.over(hop));
      send(hop.from);
      if (!packetsOut.has(hop.to)) packetsOut.set(hop.to, 0);
    }
    links.push(...network.fromRouter(router, node));
    send(router);
  }
  const routers = [...packetsOut].map(([router, packets]) => ({ router, lookups: 1, packetsOut: packets }));
  return { links, routers };
}

/** A packet that goes no further than its first router. */
const AT_ROUTER: Flight = { nocHops: 0, chipHops: 0, routers: 1 };

/** The first of the longest. */
const longestOf = (flights: readonly Flight[], secondsOf: (flight: Flight) => number): Flight =>
  flights.reduce((longest, flight) => (secondsOf(flight) > secondsOf(longest) ? flight : longest));

/** From the first router on. */
function flightOf({ hops, router, node }: TreeLeaf, network: Network): Flight {
  const nocHops = hops.filter((hop) => network.over(hop) < network.nocLinks).length;
  return {
    nocHops: nocHops + network.fromRouter(router, node).length,
    chipHops: hops.length - nocHops,
    routers: hops.length + 1,
  };
}

function flightSeconds({ noc, eventRouter, board }: HardwareProfile) {
  const chipLink = board === undefined ? 0 : board.link.latencyCycles / board.link.clock;
  return ({ nocHops, chipHops, routers }: Flight): number =>
    (nocHops * noc.hopCycles) / noc.clock +
    chipHops * chipLink +
    (routers * eventRouter.pipelineCycles) / eventRouter.clock;
}

/**
 * By route, the phases that its packets serve. A packet for several PEs of a node serves each of their
 * phases, at the earliest use there. What goes to the host, or is dropped, belongs to the sender's phase.
 */
function bundlesOf(
  { routes, segments }: RoutePlan,
  deliveries: readonly Delivery[],
  workers: readonly Worker[],
): Bundle[][] {
  const received = routes.map(() => new Map<number, { phase: number; lag: Lag }>());
  for (const { counter, lag, worker, receives } of deliveries) {
    if (receives === 0) continue;
    const { pe, phase } = workers[worker]!;
    received[counter - segments.length]!.set(pe, { phase, lag });
  }
  return routes.map((route, index) => bundlesOfRoute(route, received[index]!));
}

function bundlesOfRoute(
  route: Route,
  received: ReadonlyMap<number, { readonly phase: number; readonly lag: Lag }>,
): Bundle[] {
  const { tree, population } = route;
  const bundles = new Map<string, Bundle>();
  const bundleFor = (phase: number, lag: Lag): Bundle => {
    const key = `${phase} ${lag}`;
    const bundle = bundles.get(key) ?? { phase, lag, leaves: [] };
    bundles.set(key, bundle);
    return bundle;
  };
  const own = Math.max(0, population - 1);
  for (const leaf of tree.leaves) {
    const earliest = new Map<number, Lag>();
    for (const pe of leaf.pes) {
      const { phase, lag } = received.get(pe)!;
      earliest.set(phase, lag === 0 ? 0 : (earliest.get(phase) ?? 1));
    }
    for (const [phase, lag] of earliest) bundleFor(phase, lag).leaves.push(leaf);
  }
  if (isToHost(route)) bundleFor(own, 0).leaves.push(...tree.leaves.filter(({ node }) => node < 0));
  if (bundles.size === 0) bundleFor(own, 0);
  return [...bundles.values()];
}
