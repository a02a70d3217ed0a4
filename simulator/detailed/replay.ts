import { UnsupportedError } from "../../src/core/errors.ts";
import type { OperatingPoint } from "../../src/core/profile.ts";
import type { ReplayedTiming } from "../../src/core/result.ts";
import type { TraceRecorder } from "../../src/core/trace.ts";
import { HOST } from "../components/network.ts";
import type { Machine } from "../engine/machine.ts";
import type { EventList } from "../functional/event-list.ts";
import { createAgenda, DUE } from "./agenda.ts";
import { createPeQueues } from "./pe-queues.ts";
import { planReceptions } from "./receptions.ts";
import { createReplayNotes } from "./replay-notes.ts";
import { createStepPlanner } from "./step-plan.ts";
import { createTransport, deliveryPlaces } from "./transport.ts";

export interface Replay {
  /** Replays one timestep, given the events of every population in it. */
  step(events: readonly EventList[]): void;
  timing(): ReplayedTiming;
}

/**
 * Replays what a run computed, packet by packet: PEs, their FIFOs, routers, meshes and links, with
 * arbitration, finite buffers and back-pressure. Numbers are known by then, so that the order in which packets
 * arrive changes time and nothing else. A PE starts its neurons when all events of its timestep have come in
 * and its source layers are through; recurrent events are worked off as they arrive.
 *
 * @param recorder Takes down what happens when; nothing is spent on it where it is absent.
 */
export function createReplay(
  machine: Machine,
  point: OperatingPoint,
  capacity: number,
  recorder?: TraceRecorder,
): Replay {
  const { profile, program, slices, cycles, workers } = machine;
  if (program.chipDecoder) {
    throw new UnsupportedError(
      "A decoder on the chip cannot be replayed packet by packet.",
      "Use the fast fidelity, or leave the decoder on the host.",
    );
  }
  const { clock } = profile.noc;
  const perPeCycle = clock / point.peClock;
  const places = deliveryPlaces(machine);
  const receptions = planReceptions(machine, places.count, places.ofPe);
  const { firstNeuron, routeOf } = receptions;
  const layers = program.populations.length - 1;

  const agenda = createAgenda();
  const notes = recorder && createReplayNotes(machine, receptions, point, recorder);
  const queues = createPeQueues(slices.length, profile.pe.sram.packetFifoEntries, notes?.received);
  const seconds = Array.from({ length: layers }, () => new Float64Array(capacity));
  let stepsDone = 0;
  let refusedPackets = 0;
  let stalledSends = 0;

  // State of the timestep that is replayed.
  const planStep = createStepPlanner(machine, receptions, places.count);
  let { parity, lists, expected, nextEvent, lastEvent, toHost: hostLeft } = planStep(0, []);
  /** Packets by slice, of the steps of either parity. */
  const received = [new Int32Array(slices.length), new Int32Array(slices.length)];
  const nextNeuron = new Int32Array(slices.length);
  const isThrough = new Uint8Array(slices.length);
  const isStalled = new Uint8Array(slices.length);
  /** Packets of the present event that are in the NoC already. */
  const packetsSent = new Int32Array(slices.length);
  const slicesLeft = new Int32Array(layers + 1);
  const sourcesLeft = new Int32Array(layers + 1);
  const layerEnd = new Float64Array(layers + 1);
  let hostNext = 0;
  let hostPacketsSent = 0;
  let layersLeft = 0;
  let end = 0;
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
  const waitingPlaces = slices.map(() => new Set<number>());
  const transport = createTransport(machine, routeOf, agenda, {
    deliver,
    arrivedAtHost(payload, cycle) {
      hostLeft -= 1;
      notes?.receivedByHost(payload, cycle);
      end = Math.max(end, cycle);
    },
    wayInIsFree(sender, cycle) {
      if (sender === HOST) {
        if (hostNext < lists[0]!.count) sendFromHost(cycle);
      } else if (isStalled[sender] === 1) {
        isStalled[sender] = 0;
        send(sender, cycle);
      }
    },
  });

  /** Hands a packet to all its PEs at a place, or to none while one of them has no room. */
  function deliver(place: number, payload: number, cycle: number): boolean {
    const neuron = payload >> 1;
    const at = routeOf[neuron]! * places.count + place;
    const { start, slice: slicesAt, lag, workAt } = receptions;
    const from = start[at]!;
    const to = start[at + 1]!;
    for (let i = from; i < to; i += 1) {
      const slice = slicesAt[i]!;
      if (queues.hasRoom(slice, cycle)) continue;
      refusedPackets += 1;
      const free = queues.nextPlaceAt(slice);
      if (free === Infinity) waitingPlaces[slice]!.add(place);
      else agenda.add(free, DUE.resume, place);
      return false;
    }
    for (let i = from; i < to; i += 1) {
      const slice = slicesAt[i]!;
      queues.take(slice, cycle, workAt(neuron, i) * perPeCycle, payload);
      const count = received[(payload & 1) ^ lag[i]!]!;
      count[slice]! += 1;
      // Only the last packet that a slice waits for can start it.
      if (received[parity]![slice]! >= expected[slice]!) startIfReady(slice, cycle);
    }
    return true;
  }

  function startIfReady(slice: number, now: number): void {
    const layer = workers[slice]!.phase + 1;
    if (isThrough[slice] === 1 || queues.isUpdating(slice) || sourcesLeft[layer]! > 0) return;
    if (received[parity]![slice]! < expected[slice]!) return;
    const begin = Math.max(now, queues.idleFrom(slice));
    queues.beginUpdate(slice);
    notes?.began(slice, begin);
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
      const sends = transport.packetsOf(eventOf(slice)) > 0;
      notes?.updated(slice, time, updates, sends);
      const peCycles = updates * cycles.neuronUpdate + (sends ? cycles.eventSend : 0);
      agenda.add(time + peCycles * perPeCycle, DUE.send, slice);
    } else {
      notes?.updated(slice, time, neurons - nextNeuron[slice]!, false);
      agenda.add(time + (neurons - nextNeuron[slice]!) * cycles.neuronUpdate * perPeCycle, DUE.finish, slice);
    }
  }

  /** Number, among all neurons, of the one whose event a slice sends next. */
  function eventOf(slice: number): number {
    const layer = workers[slice]!.phase + 1;
    return firstNeuron[layer]! + lists[layer]!.neurons[nextEvent[slice]!]!;
  }

  /** The next packet of the present event is composed, or there is none. */
  function send(slice: number, time: number): void {
    const neuron = eventOf(slice);
    const payload = 2 * neuron + parity;
    const packets = transport.packetsOf(neuron);
    const packet = packetsSent[slice]!;
    if (packet < packets) {
      if (!transport.offer(slice, payload, packet, time)) {
        stalledSends += 1;
        isStalled[slice] = 1;
        return;
      }
      notes?.sent(slice, payload, packet, time);
    }
    if (packet + 1 < packets) {
      packetsSent[slice] = packet + 1;
      notes?.composes(slice, time);
      agenda.add(time + cycles.eventSend * perPeCycle, DUE.send, slice);
      return;
    }
    packetsSent[slice] = 0;
    nextEvent[slice]! += 1;
    goOn(slice, time);
  }

  function sendFromHost(time: number): void {
    const { count, neurons } = lists[0]!;
    while (hostNext < count) {
      const neuron = neurons[hostNext]!;
      const packets = transport.packetsOf(neuron);
      for (; hostPacketsSent < packets; hostPacketsSent += 1) {
        if (!transport.offer(HOST, 2 * neuron + parity, hostPacketsSent, time)) return;
        notes?.sentByHost(2 * neuron + parity, hostPacketsSent, time);
      }
      hostPacketsSent = 0;
      hostNext += 1;
    }
    if (hostNext === count) {
      hostNext += 1;
      layerIsThrough(0, time);
    }
  }

  function finish(slice: number, time: number): void {
    queues.endUpdate(slice, time);
    isThrough[slice] = 1;
    received[parity]![slice] = 0;
    for (const place of waitingPlaces[slice]!) agenda.add(time, DUE.resume, place);
    waitingPlaces[slice]!.clear();
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

  function dispatch(kind: number, index: number, time: number): void {
    if (kind === DUE.send) send(index, time);
    else if (kind === DUE.finish) finish(index, time);
    else if (kind === DUE.resume) transport.resume(index, time);
    else transport.dispatch(kind, index, time);
  }

  function prepare(events: readonly EventList[]): void {
    ({ parity, lists, expected, nextEvent, lastEvent, toHost: hostLeft } = planStep(stepsDone, events));
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
      notes?.beginStep(stepsDone);
      transport.advance(begin);
      end = begin;
      sendFromHost(transport.cycle());
      while (layersLeft > 0 || hostLeft > 0) {
        const due = Math.ceil(agenda.firstTime());
        const moves = transport.nextEventCycle();
        if (due === Infinity && moves === Infinity) throw new Error("the replay stands still");
        if (moves < due) {
          transport.advance(moves + 1);
          continue;
        }
        if (due > transport.cycle()) transport.advance(due);
        const now = transport.cycle();
        while (agenda.firstTime() <= now) agenda.next(dispatch);
      }
      let from = begin;
      for (let layer = 1; layer <= layers; layer += 1) {
        const until = layer === layers ? end : layerEnd[layer]!;
        notes?.phase(layer - 1, stepsDone, from, until, events[layer]!.count);
        seconds[layer - 1]![stepsDone] = (until - from) / clock;
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
