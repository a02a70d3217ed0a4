import type { MeshUnicastNoc } from "../../../src/core/profile.ts";
import { meshOptionsOf, meshShapeOf } from "./geometry.ts";
import { createMeshNetwork } from "../mesh/mesh-network.ts";
import { createSenders } from "./senders.ts";
import type { Transport, TransportEnds, TransportPlan } from "./transport.ts";

/** A node's PEs share its first local port, the host has the second one of its node. */
const LOCAL_PORTS = 2;
const TO_HOST = -1;

/** A packet to each destination PE over the mesh, from node to node at once. */
export function createUnicastTransport(
  machine: TransportPlan,
  noc: MeshUnicastNoc,
  routeOf: Int32Array,
  ends: TransportEnds,
): Transport {
  const shape = meshShapeOf(noc);
  const hostPort = shape.nodeAt(noc.hostNode) * LOCAL_PORTS + 1;
  const portOfNode = Int32Array.from(noc.nodes, (node) => shape.nodeAt(node) * LOCAL_PORTS);
  const portOfPe = new Int32Array(machine.profile.pe.count);
  for (const [node, { pes }] of noc.nodes.entries()) for (const pe of pes) portOfPe[pe] = portOfNode[node]!;
  const senders = createSenders(machine, portOfNode, hostPort, 0);
  /** Destination PEs of each route, −1 for the host. */
  const receivers = machine.plan.routes.map(({ tree }) =>
    Int32Array.from(tree.leaves, ({ node, pes }) => (node < 0 ? TO_HOST : pes[0]!)),
  );
  const underWay = createPackets();

  const network = createMeshNetwork({
    ...meshOptionsOf(noc, shape, LOCAL_PORTS),
    receive(_port, packet, cycle) {
      const receiver = underWay.receiver(packet);
      if (receiver === TO_HOST) ends.arrivedAtHost(underWay.payload(packet), cycle);
      else if (!ends.deliver(receiver, underWay.payload(packet), cycle)) return false;
      underWay.end(packet);
      return true;
    },
    sourceFree(port) {
      for (const sender of senders.at(0, port)) ends.wayInIsFree(sender, network.cycle());
    },
  });
  const receiversOf = (neuron: number) => receivers[routeOf[neuron]!]!;

  return {
    cycle: network.cycle,
    nextEventCycle: network.nextEventCycle,
    advance: network.advance,
    packetsOf: (neuron) => receiversOf(neuron).length,
    offer(sender, payload, which) {
      const { port } = senders.of(sender);
      if (network.sourceRoom(port) === 0) return network.inject(port, port, 0);
      const receiver = receiversOf(payload >> 1)[which]!;
      const packet = underWay.begin(payload, receiver);
      return network.inject(port, receiver === TO_HOST ? hostPort : portOfPe[receiver]!, packet);
    },
    resume: (pe) => network.resume(portOfPe[pe]!),
    dispatch: () => {
      throw new Error("nothing of a mesh falls due");
    },
    routers: [],
    linkPackets: () => network.figures().links.map(({ flits }) => flits),
  };
}

/** Packets in the mesh, which carries one number for each: what it is, and to whom. */
function createPackets() {
  const payloads: number[] = [];
  const receivers: number[] = [];
  const free: number[] = [];
  return {
    begin(payload: number, receiver: number): number {
      const packet = free.pop() ?? payloads.length;
      payloads[packet] = payload;
      receivers[packet] = receiver;
      return packet;
    },
    end: (packet: number) => void free.push(packet),
    payload: (packet: number): number => payloads[packet]!,
    receiver: (packet: number): number => receivers[packet]!,
  };
}
