import { UnsupportedError } from "../../src/core/errors.ts";
import type { OperatingPoint } from "../../src/core/profile.ts";
import type { ReplayedTiming } from "../../src/core/result.ts";
import type { Machine } from "../engine/machine.ts";
import type { EventList } from "../functional/event-list.ts";
import { createEventHeap } from "./event-heap.ts";
import { copiesOf, geometryOf } from "./geometry.ts";
import { createMeshNetwork, type MeshNetwork } from "./mesh-network.ts";
import { createPeQueues } from "./pe-queues.ts";
import { planReceptions } from "./receptions.ts";
import { createRouterQueue } from "./router-queue.ts";

/**
 * Figures of the NoC that no profile gives; `docs/model.md` names them as assumptions. A link's buffer covers
 * its round trip, so that a lone stream is never held up by credits.
 */
const CREDIT_CYCLES = 2;
const LOCAL_BUFFER_FLITS = 4;
const SOURCE_QUEUE_FLITS = 8;
const ROUTER_QUEUE_PACKETS = 64;

export interface Replay {
  /** Replays one timestep, given the events of every population in it. */
  step(events: readonly EventList[]): void;
  timing(): ReplayedTiming;
}

// Kinds of heap entries; an entry's code is kind · 2^32 + index.
const SEND = 0;
const FINISH = 1;
const MATCHED = 2;
const RESUME = 3;
const KIND = 2 ** 32;

/**
 * Replays what a run computed, packet by packet: PEs, their FIFOs, the event router and the mesh, with
 * arbitration, finite buffers and back-pressure. Numbers are known by then, so that the order in which packets
 * arrive changes time and nothing else. A PE starts its neurons when all events of its timestep have come in
 * and its source layers are through; recurrent events are worked off as they arrive.
 */
export function createReplay(machine: Machine, point: OperatingPoint, capacity: number): Replay {
  const { profile, program, slices, plan, cycles, workers } = machine;
  if (program.chipDecoder) {
    throw new UnsupportedError(
      "A decoder on the chip cannot be replayed packet by packet.",
      "Use the fast fidelity, or leave the decoder on the host.",
    );
  }
  const { noc, eventRouter } = profile;
  const perPeCycle = noc.clock / point.peClock;
  const perRouterCycle = noc.clock / eventRouter.clock;
  const geometry = geometryOf(machine);
  const { nodeAt, localPorts } = geometry;
  const routerNodes = noc.routerNodes.map(nodeAt);
  const hostPort = nodeAt(noc.hostNode) * localPorts + (localPorts - 1);
  const pePort = (slice: number) => geometry.nodeOfPe(slices[slice]!.pe) * localPorts;
  const receptions = planReceptions(machine, geometry.nodes, geometry.nodeOfPe);
  const { firstNeuron, routeOf, sliceOf } = receptions;
  const layers = program.populations.length - 1;

  const heap = createEventHeap();
  const queues = createPeQueues(slices.length, profile.pe.sram.packetFifoEntries);
  const seconds = Array.from({ length: layers }, () => new Float64Array(capacity));
  let stepsDone = 0;
  let refusedPackets = 0;
  let stalledSends = 0;

  // State of the timestep that is replayed.
  let parity = 0;
  let lists: readonly EventList[] = [];
  const received = [new Int32Array(slices.length), new Int32Array(slices.length)];
  const expected = new Int32Array(slices.length);
  const nextEvent = new Int32Array(slices.length);
  const lastEvent = new Int32Array(slices.length);
  const nextNeuron = new Int32Array(slices.length);
  const isThrough = new Uint8Array(slices.length);
  const stalledOn = new Int32Array(slices.length).fill(-1);
  const slicesLeft = new Int32Array(layers + 1);
  const sourcesLeft = new Int32Array(layers + 1);
  const layerEnd = new Float64Array(layers + 1);
  let hostNext = 0;
  let hostLeft = 0;
  let layersLeft = 0;
  let end = 0;
  /** Counts of the step before by route, for the recurrent events that were sent then. */
  let routeCounts = new Int32Array(plan.routes.length);
  const layerSlices = Array.from({ length: layers + 1 }, (_, layer) =>
    [...slices.keys()].filter((slice) => workers[slice]!.phase === layer - 1),
  );
  const sourcesOf = Array.from({ length: layers + 1 }, (_, layer) => [
    ...new Set(
      machine.projections
        .filter(({ target, delay }) => target === layer && delay === 0)
        .map(({ source }) => source),
    ),
  ]);
  const waitingPorts = slices.map(() => new Set<number>());

  const copies = copiesOf(machine, geometry, hostPort);
  const network: MeshNetwork = createMeshNetwork({
    width: geometry.width,
    height: geometry.height,
    localPorts,
    link: {
      cycles: noc.hopCycles,
      creditCycles: CREDIT_CYCLES,
      bufferFlits: noc.hopCycles + CREDIT_CYCLES,
    },
    injection: { cycles: 1, creditCycles: 1, bufferFlits: LOCAL_BUFFER_FLITS },
    ejection: { cycles: 1, creditCycles: 1, bufferFlits: LOCAL_BUFFER_FLITS },
    flitCycles: noc.flitCycles,
    sourceQueueFlits: SOURCE_QUEUE_FLITS,
    receive: (port, payload, cycle) => deliver(port, payload, cycle),
    sourceFree: (port) => sourceFree(port),
  });
  const router = createRouterQueue(
    ROUTER_QUEUE_PACKETS,
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
  network.connect(hostPort, (_port, _payload, cycle) => {
    hostLeft -= 1;
    end = Math.max(end, cycle);
    return true;
  });

  function enterRouter(port: number, payload: number, cycle: number): boolean {
    if (!router.hasRoom()) {
      refusedIngress.add(port);
      return false;
    }
    heap.push(router.accept(payload, cycle), MATCHED * KIND);
    return true;
  }

  /** Places in the router's queue became free. */
  function reopenRouter(): void {
    const ports = [...refusedIngress];
    refusedIngress.clear();
    for (const port of ports) network.resume(port);
  }

  /** Hands a packet to all its PEs at a node, or to none while one of them has no room. */
  function deliver(port: number, payload: number, cycle: number): boolean {
    const neuron = payload >> 1;
    const node = (port / localPorts) | 0;
    const at = routeOf[neuron]! * geometry.nodes + node;
    const { start, slice: slicesAt, lag, cycles: fixed } = receptions;
    for (let i = start[at]!; i < start[at + 1]!; i += 1) {
      const slice = slicesAt[i]!;
      if (queues.hasRoom(slice, cycle)) continue;
      refusedPackets += 1;
      const free = queues.nextPlaceAt(slice);
      if (free === Infinity) waitingPorts[slice]!.add(port);
      else heap.push(free, RESUME * KIND + port);
      return false;
    }
    for (let i = start[at]!; i < start[at + 1]!; i += 1) {
      const slice = slicesAt[i]!;
      queues.take(slice, cycle, (fixed[i]! + receptions.rowCycles(neuron, slice)) * perPeCycle);
      received[(payload & 1) ^ lag[i]!]![slice]! += 1;
      startIfReady(slice, cycle);
    }
    return true;
  }

  function startIfReady(slice: number, now: number): void {
    const layer = workers[slice]!.phase + 1;
    if (isThrough[slice] === 1 || queues.isUpdating(slice) || sourcesLeft[layer]! > 0) return;
    if (received[parity]![slice]! < expected[slice]!) return;
    const begin = Math.max(now, queues.idleFrom(slice));
    queues.beginUpdate(slice);
    goOn(slice, begin + cycles.timestep * perPeCycle);
  }

  /** From this time on the core updates neurons up to the next one that sends, or to its last. */
  function goOn(slice: number, time: number): void {
    const { first, neurons } = slices[slice]!;
    const event = nextEvent[slice]!;
    if (event < lastEvent[slice]!) {
      const neuron = lists[workers[slice]!.phase + 1]!.neurons[event]! - first;
      const updates = neuron + 1 - nextNeuron[slice]!;
      nextNeuron[slice] = neuron + 1;
      heap.push(time + (updates * cycles.neuronUpdate + cycles.eventSend) * perPeCycle, SEND * KIND + slice);
    } else {
      heap.push(
        time + (neurons - nextNeuron[slice]!) * cycles.neuronUpdate * perPeCycle,
        FINISH * KIND + slice,
      );
    }
  }

  function send(slice: number, time: number): void {
    const layer = workers[slice]!.phase + 1;
    const neuron = firstNeuron[layer]! + lists[layer]!.neurons[nextEvent[slice]!]!;
    const port = pePort(slice);
    if (!network.inject(port, routerPortFor(port, neuron), 2 * neuron + parity)) {
      stalledSends += 1;
      stalledOn[slice] = port;
      return;
    }
    nextEvent[slice]! += 1;
    goOn(slice, time);
  }

  function sendFromHost(): void {
    const { count, neurons } = lists[0]!;
    while (hostNext < count) {
      const neuron = neurons[hostNext]!;
      if (!network.inject(hostPort, routerPortFor(hostPort, neuron), 2 * neuron + parity)) return;
      hostNext += 1;
    }
    if (hostNext === count) {
      hostNext += 1;
      layerIsThrough(0, network.cycle());
    }
  }

  const routerPortFor = (port: number, neuron: number): number =>
    geometry.routerNear[(port / localPorts) | 0]! * localPorts + (neuron % localPorts);

  function sourceFree(port: number): void {
    if (port === hostPort && hostNext < lists[0]!.count) sendFromHost();
    for (const slice of geometry.slicesAtNode[(port / localPorts) | 0]!) {
      if (stalledOn[slice] !== port) continue;
      stalledOn[slice] = -1;
      send(slice, network.cycle());
    }
    if (router.resume()) reopenRouter();
  }

  function finish(slice: number, time: number): void {
    queues.endUpdate(slice, time);
    isThrough[slice] = 1;
    received[parity]![slice] = 0;
    for (const port of waitingPorts[slice]!) heap.push(time, RESUME * KIND + port);
    waitingPorts[slice]!.clear();
    const layer = workers[slice]!.phase + 1;
    slicesLeft[layer]! -= 1;
    if (slicesLeft[layer] === 0) layerIsThrough(layer, time);
  }

  function layerIsThrough(layer: number, time: number): void {
    layerEnd[layer] = time;
    if (layer > 0) layersLeft -= 1;
    end = Math.max(end, time);
    for (let target = layer + 1; target <= layers; target += 1) {
      if (!sourcesOf[target]!.includes(layer)) continue;
      sourcesLeft[target]! -= 1;
      if (sourcesLeft[target] === 0) for (const slice of layerSlices[target]!) startIfReady(slice, time);
    }
  }

  function dispatch(code: number, time: number): void {
    const kind = Math.floor(code / KIND);
    const index = code - kind * KIND;
    if (kind === SEND) send(index, time);
    else if (kind === FINISH) finish(index, time);
    else if (kind === RESUME) network.resume(index);
    else if (router.matched()) reopenRouter();
  }

  /** Notes who sends what in this timestep, and how many packets each slice has to wait for. */
  function prepare(events: readonly EventList[]): void {
    lists = events;
    parity = stepsDone & 1;
    const counts = new Int32Array(plan.routes.length);
    nextEvent.fill(0);
    lastEvent.fill(0);
    for (const [population, { count, neurons }] of events.entries()) {
      for (let event = 0; event < count; event += 1) {
        const neuron = firstNeuron[population]! + neurons[event]!;
        counts[routeOf[neuron]!]! += 1;
        const slice = sliceOf[neuron]!;
        if (slice < 0) continue;
        if (lastEvent[slice] === 0) nextEvent[slice] = event;
        lastEvent[slice] = event + 1;
      }
    }
    expected.fill(0);
    hostLeft = 0;
    const { start, slice, lag } = receptions;
    for (let route = 0; route < counts.length; route += 1) {
      const from = start[route * geometry.nodes]!;
      const to = start[(route + 1) * geometry.nodes]!;
      for (let i = from; i < to; i += 1) {
        expected[slice[i]!]! += lag[i] === 0 ? counts[route]! : routeCounts[route]!;
      }
      if (plan.routes[route]!.entry?.toHost) hostLeft += counts[route]!;
    }
    routeCounts = counts;
    nextNeuron.fill(0);
    isThrough.fill(0);
    hostNext = 0;
    layersLeft = layers;
    for (let layer = 0; layer <= layers; layer += 1) {
      slicesLeft[layer] = layerSlices[layer]!.length;
      sourcesLeft[layer] = sourcesOf[layer]!.length;
    }
  }

  return {
    step(events) {
      prepare(events);
      const begin = Math.ceil(end);
      network.advance(begin);
      end = begin;
      sendFromHost();
      while (layersLeft > 0 || hostLeft > 0) {
        const due = Math.ceil(heap.firstTime());
        const moves = network.nextEventCycle();
        if (due === Infinity && moves === Infinity) throw new Error("the replay stands still");
        if (moves < due) {
          network.advance(moves + 1);
          continue;
        }
        if (due > network.cycle()) network.advance(due);
        const now = network.cycle();
        while (heap.firstTime() <= now) {
          const time = heap.firstTime();
          dispatch(heap.pop(), time);
        }
      }
      let from = begin;
      for (let layer = 1; layer <= layers; layer += 1) {
        const until = layer === layers ? end : layerEnd[layer]!;
        seconds[layer - 1]![stepsDone] = (until - from) / noc.clock;
        from = until;
      }
      stepsDone += 1;
    },
    timing: () => ({
      operatingPoint: point.name,
      phases: seconds.map((values, layer) => ({
        name: program.populations[layer + 1]!.name,
        seconds: values.slice(0, stepsDone),
      })),
      largestFifo: queues.largest(),
      refusedPackets,
      stalledSends,
    }),
  };
}
