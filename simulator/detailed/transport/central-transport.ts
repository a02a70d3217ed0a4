import { type CentralEventRouterNoc, chipsOf, type HardwareProfile } from "../../../src/core/profile.ts";
import type { Agenda } from "../agenda.ts";
import { centralPorts, planCentralCopies } from "./central-copies.ts";
import { meshOptionsOf } from "./geometry.ts";
import { createMeshNetwork } from "../mesh/mesh-network.ts";
import { createMeshSet } from "./mesh-set.ts";
import type { PacketLinkTiming } from "./packet-link.ts";
import { createRouterNetwork } from "./router-network.ts";
import { createSenders } from "./senders.ts";
import type { Transport, TransportEnds, TransportPlan } from "./transport.ts";

/**
 * Over the chip's mesh to its event router, and from there a copy to each mesh node with a destination, and to each
 * chip that the packet goes on to.
 */
export function createCentralTransport(
  machine: TransportPlan,
  noc: CentralEventRouterNoc,
  routeOf: Int32Array,
  agenda: Agenda,
  ends: TransportEnds,
): Transport {
  const { profile } = machine;
  const chips = chipsOf(profile);
  const ports = centralPorts(noc, profile.eventRouter.ports);
  const { localPorts, ofPlace, shape } = ports;
  const meshPorts = shape.nodes * localPorts;
  const copies = planCentralCopies(machine, ports, chips);
  const hostChip = profile.board?.hostChip ?? 0;
  const senders = createSenders(machine, ofPlace, ports.ofHost, hostChip);
  const copiesOf = (router: number, payload: number) => copies[routeOf[payload >> 1]! * chips + router]!;

  /** Place at a port, by chip. */
  const placeAt = Array.from({ length: chips }, () => new Int32Array(meshPorts).fill(-1));
  for (const [place, { chip }] of noc.nodes.entries()) placeAt[chip]![ofPlace[place]!] = place;
  const options = meshOptionsOf(noc, shape, localPorts);
  const networks = placeAt.map((places, chip) => {
    const mesh = createMeshNetwork({
      ...options,
      receive: (port, payload, cycle) => ends.deliver(places[port]!, payload, cycle),
      sourceFree: (port) => sourceFree(chip, port),
    });
    for (const port of ports.ofRouter) {
      mesh.connect(port, (_port, payload, cycle) => routers[chip]!.enter(port, payload, cycle));
    }
    return mesh;
  });
  networks[hostChip]!.connect(ports.ofHost, (_port, payload, cycle) => {
    ends.arrivedAtHost(payload, cycle);
    return true;
  });
  const meshes = createMeshSet(networks);
  const local = {
    outputs: meshPorts,
    entrances: meshPorts,
    outputOf: (router: number, payload: number, copy: number) =>
      copiesOf(router, payload).outputs[copy] ?? -1,
    send: (router: number, output: number, payload: number, copy: number) =>
      meshes.at(router).inject(output, copiesOf(router, payload).to[copy]!, payload),
    reopen: (router: number, entrance: number) => meshes.at(router).resume(entrance),
  };
  // Each of the router's ports sends at the pace of the mesh.
  const { routers, dispatch, linkPackets } = createRouterNetwork(
    profile,
    0,
    chipLinkTiming(profile),
    local,
    agenda,
  );

  function sourceFree(chip: number, port: number): void {
    const cycle = networks[chip]!.cycle();
    for (const sender of senders.at(chip, port)) ends.wayInIsFree(sender, cycle);
    routers[chip]!.openOutput(port, cycle);
  }

  return {
    cycle: meshes.cycle,
    nextEventCycle: meshes.nextEventCycle,
    advance: meshes.advance,
    packetsOf: () => 1,
    offer(sender, payload) {
      const { chip, port } = senders.of(sender);
      const router = ports.routerNear[(port / localPorts) | 0]! * localPorts + ((payload >> 1) % localPorts);
      return meshes.at(chip).inject(port, router, payload);
    },
    resume: (place) => meshes.at(noc.nodes[place]!.chip).resume(ofPlace[place]!),
    dispatch,
    routers,
    linkPackets: () => [
      ...networks.flatMap((mesh) => mesh.figures().links.map(({ flits }) => flits)),
      ...linkPackets(),
    ],
  };
}

/** In NoC cycles. As many packets wait for a link as at any way into the mesh; a credit takes as long back as a packet. */
function chipLinkTiming({ board, noc }: HardwareProfile): PacketLinkTiming | undefined {
  if (board === undefined) return undefined;
  const { clock, packetCycles, latencyCycles, bufferPackets } = board.link;
  const perLinkCycle = noc.clock / clock;
  return {
    queue: noc.buffers.sourcePackets,
    occupiedCycles: packetCycles * perLinkCycle,
    latencyCycles: latencyCycles * perLinkCycle,
    places: bufferPackets,
    creditCycles: latencyCycles * perLinkCycle,
  };
}
