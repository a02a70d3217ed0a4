import { HOST } from "../components/network.ts";
import type { Machine } from "../engine/machine.ts";
import { type Agenda, DUE } from "./agenda.ts";
import { copiesOf, geometryOf } from "./geometry.ts";
import { createMeshNetwork } from "./mesh-network.ts";
import { createRouterQueue } from "./router-queue.ts";
import type { Transport, TransportEnds } from "./transport.ts";

/** Over the mesh to the event router, and from there a copy to each node with a destination. */
export function createCentralTransport(
  machine: Machine,
  routeOf: Int32Array,
  agenda: Agenda,
  ends: TransportEnds,
): Transport {
  const { profile, slices } = machine;
  const { noc, eventRouter } = profile;
  const { buffers } = noc;
  const perRouterCycle = noc.clock / eventRouter.clock;
  const geometry = geometryOf(machine);
  const { nodeAt, localPorts } = geometry;
  const routerNodes = (noc.kind === "central-event-router" ? noc.routerNodes : []).map(nodeAt);
  const hostPort = nodeAt(noc.hostNode) * localPorts + (localPorts - 1);
  const portOfSlice = slices.map(({ pe }) => geometry.nodeOfPe(pe) * localPorts);
  const portOfPlace = noc.nodes.map((node) => nodeAt(node) * localPorts);
  const placeOfPort = new Int32Array(geometry.nodes * localPorts).fill(-1);
  for (const [place, port] of portOfPlace.entries()) placeOfPort[port] = place;
  const copies = copiesOf(machine, geometry, hostPort);

  const local = { cycles: 1, creditCycles: 1, bufferFlits: buffers.localFlits };
  const network = createMeshNetwork({
    width: geometry.width,
    height: geometry.height,
    localPorts,
    link: { cycles: noc.hopCycles, creditCycles: buffers.creditCycles, bufferFlits: buffers.linkFlits },
    injection: local,
    ejection: local,
    flitCycles: noc.flitCycles,
    sourceQueueFlits: buffers.sourcePackets,
    receive: (port, payload, cycle) => ends.deliver(placeOfPort[port]!, payload, cycle),
    sourceFree,
  });
  const router = createRouterQueue(
    eventRouter.queuePackets,
    perRouterCycle / eventRouter.engines,
    perRouterCycle * eventRouter.pipelineCycles,
    (payload, index) => {
      const { to, from } = copies[routeOf[payload >> 1]!]!;
      return index < to.length ? network.inject(from[index]!, to[index]!, payload) : undefined;
    },
  );
  const refusedIngress = new Set<number>();
  for (const node of routerNodes) {
    for (let port = 0; port < localPorts; port += 1) network.connect(node * localPorts + port, enterRouter);
  }
  network.connect(hostPort, (_port, payload, cycle) => {
    ends.arrivedAtHost(payload, cycle);
    return true;
  });

  function enterRouter(port: number, payload: number, cycle: number): boolean {
    if (!router.hasRoom()) {
      refusedIngress.add(port);
      return false;
    }
    agenda.add(router.accept(payload, cycle), DUE.matched, 0);
    return true;
  }

  /** Places in the router's queue became free. */
  function reopenRouter(): void {
    const ports = [...refusedIngress];
    refusedIngress.clear();
    for (const port of ports) network.resume(port);
  }

  function sourceFree(port: number): void {
    const cycle = network.cycle();
    if (port === hostPort) ends.wayInIsFree(HOST, cycle);
    for (const slice of geometry.slicesAtNode[(port / localPorts) | 0]!) ends.wayInIsFree(slice, cycle);
    if (router.resume()) reopenRouter();
  }

  const routerPortFor = (port: number, neuron: number): number =>
    geometry.routerNear[(port / localPorts) | 0]! * localPorts + (neuron % localPorts);

  return {
    cycle: network.cycle,
    nextEventCycle: network.nextEventCycle,
    advance: network.advance,
    packetsOf: () => 1,
    offer(sender, payload) {
      const port = sender === HOST ? hostPort : portOfSlice[sender]!;
      return network.inject(port, routerPortFor(port, payload >> 1), payload);
    },
    resume: (place) => network.resume(portOfPlace[place]!),
    dispatch() {
      if (router.matched()) reopenRouter();
    },
    droppedPackets: () => 0,
  };
}
