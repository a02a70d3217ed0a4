import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { RouteTree } from "../../components/route-tree.ts";
import type { Agenda } from "../agenda.ts";
import { createCentralTransport } from "./central-transport.ts";
import { createMulticastTransport } from "./multicast-transport.ts";
import type { Router } from "./router.ts";
import { createUnicastTransport } from "./unicast-transport.ts";

/**
 * How packets travel from a PE or the host to all their receivers: meshes, routers and links with their buffers.
 * A packet is known by its payload, 2 · sender's number among all neurons + parity of its timestep.
 */
export interface Transport {
  /** The NoC cycle that is simulated next. */
  cycle(): number;
  /** The next cycle in which something moves by itself; entries in the agenda apart. Infinity where nothing does. */
  nextEventCycle(): number;
  /** Simulates all that happens before `cycle`, which is then the present one. Not to be called from `TransportEnds`. */
  advance(cycle: number): void;
  /** Packets that the sender of such an event has to offer, one after the other. */
  packetsOf(neuron: number): number;
  /**
   * A packet enters now.
   *
   * @param sender Index of a slice, or HOST.
   * @param which  Of the sender's packets for this event, counted from 0.
   * @returns False where the way in is full. `wayInIsFree` is called when that may have changed.
   */
  offer(sender: number, payload: number, which: number, time: number): boolean;
  /** Offers the packet that a place refused once more, now. */
  resume(place: number, time: number): void;
  /** Something of the transport's own falls due. */
  dispatch(kind: number, index: number, time: number): void;
  /** By index in the router graph; none where packets meet no router. */
  readonly routers: readonly Router[];
  /** Packets so far by link of the machine's network. */
  linkPackets(): number[];
}

/** What a transport asks of PEs and host. They may offer packets from within a call. */
export interface TransportEnds {
  /** Hands a packet to all its PEs at a place. False: one of them has no room, and none took it. */
  deliver(place: number, payload: number, time: number): boolean;
  arrivedAtHost(payload: number, time: number): void;
  /** Says so to all senders that share the way in. */
  wayInIsFree(sender: number, time: number): void;
}

/** What a transport has to know of a machine. */
export interface TransportPlan {
  readonly profile: HardwareProfile;
  /** Slices that send. */
  readonly slices: readonly { readonly pe: number }[];
  readonly plan: { readonly routes: readonly { readonly tree: RouteTree }[] };
}

/** Where packets are handed over: at mesh nodes, numbered as in the profile; with packets to single PEs, at those. */
export interface DeliveryPlaces {
  readonly count: number;
  ofPe(pe: number): number;
}

export function deliveryPlaces({ profile: { noc, pe } }: Pick<TransportPlan, "profile">): DeliveryPlaces {
  if (noc.kind === "mesh-unicast") return { count: pe.count, ofPe: (own) => own };
  const nodeOfPe = new Int32Array(pe.count);
  for (const [node, { pes }] of noc.nodes.entries()) for (const own of pes) nodeOfPe[own] = node;
  return { count: noc.nodes.length, ofPe: (own) => nodeOfPe[own]! };
}

/** @param routeOf Index of the route of each neuron. */
export function createTransport(
  machine: TransportPlan,
  routeOf: Int32Array,
  agenda: Agenda,
  ends: TransportEnds,
): Transport {
  const { noc } = machine.profile;
  switch (noc.kind) {
    case "central-event-router":
      return createCentralTransport(machine, noc, routeOf, agenda, ends);
    case "mesh-multicast":
      return createMulticastTransport(machine, noc, routeOf, agenda, ends);
    case "mesh-unicast":
      return createUnicastTransport(machine, noc, routeOf, ends);
  }
}
