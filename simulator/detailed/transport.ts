import type { Machine } from "../engine/machine.ts";
import type { Agenda } from "./agenda.ts";
import { createCentralTransport } from "./central-transport.ts";

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
   * @param copy   Of the sender's packets for this event, which one.
   * @returns False where the way in is full. `wayInIsFree` is called when that may have changed.
   */
  offer(sender: number, payload: number, copy: number, cycle: number): boolean;
  /** Offers the packet that a place refused once more, now. */
  resume(place: number, cycle: number): void;
  /** Something of the transport's own falls due. */
  dispatch(kind: number, index: number, time: number): void;
  /** Packets that waited for longer than a router holds them, and were sent again. */
  droppedPackets(): number;
}

/** What a transport asks of PEs and host. They may offer packets from within a call. */
export interface TransportEnds {
  /** Hands a packet to all its PEs at a place. False: one of them has no room, and none took it. */
  deliver(place: number, payload: number, cycle: number): boolean;
  arrivedAtHost(payload: number, cycle: number): void;
  /** Says so to all senders that share the way in. */
  wayInIsFree(sender: number, cycle: number): void;
}

/** Where packets are handed over: at mesh nodes, numbered as in the profile; with packets to single PEs, at those. */
export interface DeliveryPlaces {
  readonly count: number;
  ofPe(pe: number): number;
}

export function deliveryPlaces({ profile: { noc, pe } }: Pick<Machine, "profile">): DeliveryPlaces {
  if (noc.kind === "mesh-unicast") return { count: pe.count, ofPe: (own) => own };
  const nodeOfPe = new Int32Array(pe.count);
  for (const [node, { pes }] of noc.nodes.entries()) for (const own of pes) nodeOfPe[own] = node;
  return { count: noc.nodes.length, ofPe: (own) => nodeOfPe[own]! };
}

/** @param routeOf Index of the route of each neuron. */
export function createTransport(
  machine: Machine,
  routeOf: Int32Array,
  agenda: Agenda,
  ends: TransportEnds,
): Transport {
  return createCentralTransport(machine, routeOf, agenda, ends);
}
