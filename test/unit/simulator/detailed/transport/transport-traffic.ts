import type {
  RouteTree,
  RouterHop,
  TreeLeaf,
  TreeVisit,
} from "../../../../../simulator/components/route-tree.ts";
import { createAgenda, DUE } from "../../../../../simulator/detailed/agenda.ts";
import {
  createTransport,
  deliveryPlaces,
  type Transport,
  type TransportPlan,
} from "../../../../../simulator/detailed/transport/transport.ts";
import type { HardwareProfile } from "../../../../../src/core/profile.ts";
import { routerGraphOf } from "../../../../../src/core/router-graph.ts";

/** One end of a flow's packets: directions from router to router, then PEs of one node, or the host. */
export interface Leaf {
  readonly directions?: readonly number[];
  readonly pes: readonly number[] | "host";
}

/** Packets that take the same way, offered as early as their way in takes them. */
export interface Flow {
  readonly from: number | "host";
  readonly to: readonly Leaf[];
  readonly packets: number;
}

export interface Arrival {
  readonly flow: number;
  /** Of the flow's packets. */
  readonly packet: number;
  /** First PE of the place, or the host. */
  readonly at: number | "host";
  readonly time: number;
}

export interface TrafficOptions {
  /** Whether a place, known by its first PE, takes a packet at this time, or when to ask again. All do where absent. */
  readonly mayTake?: (pe: number, time: number) => true | number;
}

/**
 * Sends packets through the transport of a profile alone: no PEs, no tables, the ways are given. Runs until nothing
 * moves any more.
 */
export function sendThrough(profile: HardwareProfile, flows: readonly Flow[], options: TrafficOptions = {}) {
  const slices = flows.flatMap(({ from }) => (from === "host" ? [] : [{ pe: from }]));
  const plan: TransportPlan = {
    profile,
    slices,
    plan: { routes: flows.map((flow) => ({ tree: treeOf(profile, flow) })) },
  };
  // A neuron a packet, flow by flow.
  const first = flows.map((_, flow) => flows.slice(0, flow).reduce((sum, { packets }) => sum + packets, 0));
  const routeOf = Int32Array.from(
    flows.flatMap(({ packets }, flow) => Array.from({ length: packets }, () => flow)),
  );
  const places = deliveryPlaces(plan);
  const peAt = new Map<number, number>();
  for (let pe = profile.pe.count - 1; pe >= 0; pe -= 1) peAt.set(places.ofPe(pe), pe);
  const arrivals: Arrival[] = [];
  const agenda = createAgenda();
  const sent = flows.map(() => ({ event: 0, packet: 0 }));
  const senderOf = (flow: number) =>
    flows[flow]!.from === "host" ? -1 : slices.findIndex(({ pe }) => pe === flows[flow]!.from);
  const note = (payload: number, at: number | "host", time: number) => {
    const flow = routeOf[payload >> 1]!;
    arrivals.push({ flow, packet: (payload >> 1) - first[flow]!, at, time });
  };
  const transport = createTransport(plan, routeOf, agenda, {
    deliver(place, payload, time) {
      const again = options.mayTake?.(peAt.get(place)!, time) ?? true;
      if (again === true) note(payload, peAt.get(place)!, time);
      else agenda.add(again, DUE.resume, place);
      return again === true;
    },
    arrivedAtHost: (payload, time) => note(payload, "host", time),
    wayInIsFree(sender, time) {
      for (const flow of flows.keys()) if (senderOf(flow) === sender) feed(flow, time);
    },
  });
  function feed(flow: number, time: number): void {
    const state = sent[flow]!;
    for (; state.event < flows[flow]!.packets; state.event += 1) {
      const neuron = first[flow]! + state.event;
      for (; state.packet < transport.packetsOf(neuron); state.packet += 1)
        if (!transport.offer(senderOf(flow), 2 * neuron, state.packet, time)) return;
      state.packet = 0;
    }
  }
  for (const flow of flows.keys()) feed(flow, 0);
  for (;;) {
    const due = Math.ceil(agenda.firstTime());
    const moves = transport.nextEventCycle();
    if (due === Infinity && moves === Infinity) break;
    if (moves < due) {
      transport.advance(moves + 1);
      continue;
    }
    transport.advance(due);
    while (agenda.firstTime() <= transport.cycle()) {
      agenda.next((kind, index, time) => {
        if (kind === DUE.resume) transport.resume(index, time);
        else transport.dispatch(kind, index, time);
      });
    }
  }
  return { arrivals, transport, plan, isStuck: sent.some(({ event }, flow) => event < flows[flow]!.packets) };
}

export const droppedOf = ({ routers }: Pick<Transport, "routers">): number =>
  routers.reduce((sum, router) => sum + router.droppedPackets(), 0);

/** The tree that tables would give: each link once, each leaf at the end of its directions. */
function treeOf(profile: HardwareProfile, { from, to }: Flow): RouteTree {
  const graph = routerGraphOf(profile);
  const origin = from === "host" ? graph.hostRouter : graph.routerOfPe[from]!;
  const visits = new Map<number, { router: number; hops: RouterHop[]; links: Set<number> }>();
  visits.set(origin, { router: origin, hops: [], links: new Set() });
  const leaves = to.map(({ directions = [], pes }): TreeLeaf => {
    let at = visits.get(origin)!;
    for (const direction of directions) {
      const next = graph.neighbour[at.router * graph.directions.length + direction]!;
      if (next < 0) throw new Error(`router ${at.router} has no link in direction ${direction}`);
      at.links.add(direction);
      const known = visits.get(next);
      const hops = [...at.hops, { from: at.router, direction, to: next }];
      at = known ?? { router: next, hops, links: new Set() };
      visits.set(next, at);
    }
    const node = pes === "host" ? -1 : profile.noc.nodes.findIndex((own) => own.pes.includes(pes[0]!));
    return { router: at.router, node, pes: pes === "host" ? [] : pes, hops: at.hops };
  });
  return {
    origin,
    leaves,
    visits: [...visits.values()].map(({ router, hops, links }): TreeVisit => ({
      router,
      hops,
      links: [...links].sort((a, b) => a - b),
    })),
  };
}
