import type { MeshMulticastNoc } from "../../../src/core/profile.ts";
import { routerGraphOf } from "../../../src/core/router-graph.ts";
import { HOST } from "../../components/network.ts";
import type { Agenda } from "../agenda.ts";
import { createRouterNetwork } from "./router-network.ts";
import type { Transport, TransportEnds, TransportPlan } from "./transport.ts";

/** A router's own outputs. */
const TO_PES = 0;
const TO_HOST = 1;
const OWN_OUTPUTS = 2;

/**
 * From router to router over the links of the mesh. A node's PEs, and the host at its own, hand packets to the
 * node's router and take them from it without a way between.
 */
export function createMulticastTransport(
  machine: TransportPlan,
  noc: MeshMulticastNoc,
  routeOf: Int32Array,
  agenda: Agenda,
  ends: TransportEnds,
): Transport {
  const { profile, slices, plan } = machine;
  const { clock, ports } = profile.eventRouter;
  const { routers: count, routerOfPe, hostRouter } = routerGraphOf(profile);
  const outputs = outputsOf(plan.routes, count);
  // The host is the entrance after those of slices.
  const hostEntrance = slices.length;
  let present = 0;

  const local = {
    outputs: OWN_OUTPUTS,
    entrances: slices.length + 1,
    outputOf: (router: number, payload: number, copy: number) =>
      outputs[routeOf[payload >> 1]! * count + router]![copy] ?? -1,
    send(router: number, output: number, payload: number, _copy: number, time: number) {
      if (output === TO_PES) return ends.deliver(router, payload, time);
      ends.arrivedAtHost(payload, time);
      return true;
    },
    reopen: (_router: number, entrance: number, time: number) =>
      ends.wayInIsFree(entrance === hostEntrance ? HOST : entrance, time),
  };
  const linkTiming = {
    queue: noc.buffers.sourcePackets,
    occupiedCycles: noc.flitCycles,
    latencyCycles: noc.hopCycles,
    places: noc.buffers.linkFlits,
    creditCycles: noc.buffers.creditCycles,
  };
  const copyCycles = noc.clock / clock / ports;
  const { routers, dispatch, linkPackets } = createRouterNetwork(
    profile,
    copyCycles,
    linkTiming,
    local,
    agenda,
  );

  return {
    cycle: () => present,
    nextEventCycle: () => Infinity,
    advance(cycle) {
      present = Math.max(present, Math.ceil(cycle));
    },
    packetsOf: () => 1,
    offer(sender, payload, _packet, time) {
      if (sender === HOST) return routers[hostRouter]!.enter(hostEntrance, payload, time);
      return routers[routerOfPe[slices[sender]!.pe]!]!.enter(sender, payload, time);
    },
    resume: (place, time) => routers[place]!.openOutput(TO_PES, time),
    dispatch,
    routers,
    linkPackets,
  };
}

/** Outputs of a packet's copies by route · routers + router: first those over links, then PEs, then the host. */
function outputsOf(routes: TransportPlan["plan"]["routes"], count: number): (Int32Array | undefined)[] {
  const outputs = new Array<Int32Array | undefined>(routes.length * count);
  for (const [route, { tree }] of routes.entries()) {
    for (const { router, links } of tree.visits) {
      const own = tree.leaves.filter((leaf) => leaf.router === router);
      outputs[route * count + router] = Int32Array.from([
        ...links.map((direction) => OWN_OUTPUTS + direction),
        ...own.map(({ node }) => (node < 0 ? TO_HOST : TO_PES)),
      ]);
    }
  }
  return outputs;
}
