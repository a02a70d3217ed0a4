import type { MeshPosition, NocProfile } from "../../src/core/profile.ts";
import type { Delivery, Lag } from "./deliveries.ts";
import { type Mesh, nearestOf } from "./mesh.ts";
import type { Route, RoutePlan } from "./routes.ts";
import type { Worker } from "./workers.ts";

/** The links that each event of one counter crosses, and what it asks of the event router. */
export interface Flow {
  readonly counter: number;
  readonly lag: Lag;
  /** A link stands here once for each packet that crosses it. */
  readonly links: readonly number[];
  readonly lookups: number;
  readonly packetsOut: number;
}

export interface PhaseFlows {
  readonly flows: readonly Flow[];
  /** Hops of the longest path from a sender over the router to a receiver. */
  readonly longestHops: number;
}

export interface FlowPlan {
  /** Each event once, when it is sent. */
  readonly all: readonly Flow[];
  /** By phase: the events that it receives, and those that its own population sends to the host. */
  readonly phases: readonly PhaseFlows[];
}

/** Where copies of a packet go for one phase, and when they are used there. */
interface Bundle {
  readonly phase: number;
  readonly lag: Lag;
  readonly paths: readonly (readonly number[])[];
}

/**
 * Lays every packet's way over the mesh: from its PE, or from the host, to the nearest router node, and from
 * there one packet to each destination's node, each time from the router node that is nearest.
 */
export function planFlows(
  plan: RoutePlan,
  deliveries: readonly Delivery[],
  workers: readonly Worker[],
  noc: NocProfile,
  mesh: Mesh,
): FlowPlan {
  const nodeOfPe = new Map(noc.nodes.flatMap((node) => node.pes.map((pe) => [pe, node] as const)));
  const up = (from: MeshPosition) => mesh.path(from, nearestOf(noc.routerNodes, from));
  const down = (to: MeshPosition) => mesh.path(nearestOf(noc.routerNodes, to), to);
  const bundles = bundlesOf(plan, deliveries, workers, noc, down);
  const all: Flow[] = [];
  const phases = Array.from({ length: 1 + Math.max(...workers.map(({ phase }) => phase)) }, () => ({
    flows: [] as Flow[],
    longestHops: 0,
  }));

  for (const [index, route] of plan.routes.entries()) {
    const counter = plan.segments.length + index;
    const paths = pathsOf(route, noc, down);
    all.push({ counter, lag: 0, links: paths.flat(), lookups: 0, packetsOut: paths.length });
    for (const { phase, lag, paths } of bundles[index]!) {
      phases[phase]!.flows.push({ counter, lag, links: paths.flat(), lookups: 0, packetsOut: paths.length });
    }
  }
  for (const [counter, { route, slice }] of plan.segments.entries()) {
    const links = up(slice < 0 ? noc.hostNode : nodeOfPe.get(workers[slice]!.pe)!);
    all.push({ counter, lag: 0, links, lookups: 1, packetsOut: 0 });
    for (const { phase, lag, paths } of bundles[route]!) {
      const into = phases[phase]!;
      into.flows.push({ counter, lag, links, lookups: 1, packetsOut: 0 });
      const hops = links.length + Math.max(0, ...paths.map(({ length }) => length));
      into.longestHops = Math.max(into.longestHops, hops);
    }
  }
  return { all, phases };
}

/** One path for each packet that leaves the router for an event of this route. */
function pathsOf({ entry }: Route, noc: NocProfile, down: (to: MeshPosition) => readonly number[]) {
  const paths = (entry?.destinations ?? []).map(({ node }) => down(noc.nodes[node]!));
  return entry?.toHost ? [...paths, down(noc.hostNode)] : paths;
}

/**
 * By route, the phases that its packets serve. A packet for several PEs of a node serves each of their
 * phases, at the earliest use there. What goes to the host, or is dropped, belongs to the sender's phase.
 */
function bundlesOf(
  { routes, segments }: RoutePlan,
  deliveries: readonly Delivery[],
  workers: readonly Worker[],
  noc: NocProfile,
  down: (to: MeshPosition) => readonly number[],
): Bundle[][] {
  const received = routes.map(() => new Map<number, { phase: number; lag: Lag }>());
  for (const { counter, lag, worker, receives } of deliveries) {
    if (receives === 0) continue;
    const { pe, phase } = workers[worker]!;
    received[counter - segments.length]!.set(pe, { phase, lag });
  }
  return routes.map(({ entry, population }, route) => {
    const bundles = new Map<string, { phase: number; lag: Lag; paths: (readonly number[])[] }>();
    const add = (phase: number, lag: Lag, path: readonly number[] | undefined) => {
      const key = `${phase} ${lag}`;
      const bundle = bundles.get(key) ?? { phase, lag, paths: [] };
      if (path !== undefined) bundle.paths.push(path);
      bundles.set(key, bundle);
    };
    for (const { node, pes } of entry?.destinations ?? []) {
      const earliest = new Map<number, Lag>();
      for (const pe of pes) {
        const { phase, lag } = received[route]!.get(pe)!;
        earliest.set(phase, lag === 0 ? 0 : (earliest.get(phase) ?? 1));
      }
      for (const [phase, lag] of earliest) add(phase, lag, down(noc.nodes[node]!));
    }
    const own = Math.max(0, population - 1);
    if (entry?.toHost) add(own, 0, down(noc.hostNode));
    if (bundles.size === 0) add(own, 0, undefined);
    return [...bundles.values()];
  });
}
