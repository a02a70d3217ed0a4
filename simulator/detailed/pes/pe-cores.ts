import { sumOf } from "../../../src/core/counts.ts";
import { NEURON_TRAITS } from "../../../src/core/population-kind.ts";
import { resultCycles } from "../../components/mac-array.ts";
import type { Machine } from "../../engine/machine.ts";
import { type Agenda, DUE } from "../agenda.ts";
import type { DecoderArrays } from "./decoder-arrays.ts";
import type { LayerProgress } from "../layer-progress.ts";
import type { PeQueues } from "./pe-queues.ts";
import { type Receptions, UNUSED } from "./receptions.ts";
import type { TileStreams } from "./tile-streams.ts";
import type { ReplayNotes } from "../replay-notes.ts";
import type { StepPlan } from "../step-plan.ts";
import type { DeliveryPlaces, Transport, TransportEnds } from "../transport/transport.ts";

/** The cores of all PEs: they take packets in, update their neurons and send events. */
export interface PeCores extends Pick<TransportEnds, "deliver"> {
  /** A timestep begins, or an interval of a pipeline. */
  begin(plan: StepPlan): void;
  /** A slice turns to its neurons if its sources are through and all packets of this timestep have come in. */
  startIfReady(slice: number, now: number): void;
  /** The core is through with what had come in before its neurons; for those that could not know when. */
  update(slice: number, time: number): void;
  /** What of a slice's products streams from DRAM is worked off. */
  multiplied(slice: number, time: number): void;
  /** A packet of the present event is composed. */
  send(slice: number, time: number): void;
  finish(slice: number, time: number): void;
  wayInIsFree(slice: number, time: number): void;
  /** It is known when the FIFO has a place for what it refused. */
  placeIsKnown(slice: number): void;
  refusedPackets(): number;
  stalledSends(): number;
  /** Those that wait for room on their way into the NoC. */
  stalledSlices(): number[];
}

export interface CoreSurroundings {
  readonly machine: Machine;
  readonly receptions: Receptions;
  readonly places: DeliveryPlaces;
  readonly agenda: Agenda;
  readonly queues: PeQueues;
  readonly way: Pick<Transport, "offer" | "packetsOf">;
  readonly progress: LayerProgress;
  readonly tiles: Pick<TileStreams, "begin">;
  /** Present where the program has a decoder on the chip. */
  readonly decoder: DecoderArrays | undefined;
  /** NoC cycles of a PE cycle, by worker. */
  readonly perPeCycle: Float64Array;
  readonly notes: ReplayNotes | undefined;
}

export function createPeCores(surroundings: CoreSurroundings): PeCores {
  const { machine, receptions, places, agenda, queues, way, progress, tiles, decoder, perPeCycle, notes } =
    surroundings;
  const { slices, workers, cycles, arrayWork, profile } = machine;
  const { firstNeuron, routeOf, start, slice: slicesAt, lag, workAt } = receptions;
  const placeCount = places.count;
  const layerOf = Int32Array.from(workers, ({ phase }) => phase + 1);
  /** Packets by slice, of the steps of either parity. */
  const received = [new Int32Array(slices.length), new Int32Array(slices.length)] as const;
  const nextNeuron = new Int32Array(slices.length);
  const isThrough = new Uint8Array(slices.length);
  const isStalled = new Uint8Array(slices.length);
  /** A core that cannot send, and whose FIFO had no place, works off packets instead; then it goes on sending. */
  const isAside = new Uint8Array(slices.length);
  const isResuming = new Uint8Array(slices.length);
  /** Packets of the present event that are in the NoC already. */
  const packetsSent = new Int32Array(slices.length);
  const waitingPlaces = workers.map(() => new Set<number>());
  let { parity, lists, expected, nextEvent, lastEvent } = NO_PLAN;
  let refusedPackets = 0;
  let stalledSends = 0;

  /** A PE has no room for the packet that a place holds, which waits there. */
  function refuse(slice: number, place: number, cycle: number): false {
    refusedPackets += 1;
    const free = queues.nextPlaceAt(slice);
    if (free < Infinity) agenda.add(free, DUE.resume, place);
    else {
      waitingPlaces[slice]!.add(place);
      if (isStalled[slice] === 1) turnToPackets(slice, cycle);
    }
    return false;
  }

  function deliver(place: number, payload: number, cycle: number): boolean {
    const neuron = payload >> 1;
    const at = routeOf[neuron]! * placeCount + place;
    const from = start[at]!;
    const to = start[at + 1]!;
    for (let i = from; i < to; i += 1) {
      if (!queues.hasRoom(slicesAt[i]!, cycle)) return refuse(slicesAt[i]!, place, cycle);
    }
    for (let i = from; i < to; i += 1) {
      const slice = slicesAt[i]!;
      queues.take(slice, cycle, workAt(neuron, i) * perPeCycle[slice]!, payload);
      if (decoder !== undefined) {
        decoder.received(i, payload, cycle);
        if (lag[i] === UNUSED) continue;
      }
      const count = received[(payload & 1) ^ lag[i]!]!;
      count[slice]! += 1;
      // Only the last packet that a slice waits for can start it.
      if (received[parity]![slice]! >= expected[slice]!) startIfReady(slice, cycle);
    }
    return true;
  }

  function startIfReady(slice: number, now: number): void {
    if (isThrough[slice] === 1 || queues.isUpdating(slice) || isAside[slice] === 1) return;
    if (!progress.isOpen(layerOf[slice]!)) return;
    if (received[parity]![slice]! < expected[slice]!) return;
    const begin = Math.max(now, queues.idleFrom(slice));
    queues.beginUpdate(slice);
    if (begin < Infinity) update(slice, begin);
  }

  function update(slice: number, begin: number): void {
    if (isResuming[slice] === 1) {
      agenda.add(begin, DUE.send, slice);
      return;
    }
    notes?.began(slice, begin);
    const { cycles: array, tiles: streamed } = arrayWork[slice]!;
    const here = array - (streamed ? sumOf(streamed.cycles) : 0);
    const multiplied = begin + (cycles.timestep + here) * perPeCycle[slice]!;
    if (streamed) tiles.begin(slice, multiplied);
    else takeSums(slice, multiplied);
  }

  /** The core takes the products' sums over, then it turns to its neurons. */
  function takeSums(slice: number, time: number): void {
    const duration = resultCycles(arrayWork[slice]!, profile) * perPeCycle[slice]!;
    notes?.tookSums(slice, time, time + duration);
    goOn(slice, time + duration);
  }

  /** From this time on the core updates neurons up to the next one that sends, or to its last. */
  function goOn(slice: number, time: number): void {
    const { first, neurons, kind } = slices[slice]!;
    const updateCycles = cycles[NEURON_TRAITS[kind].update];
    const event = nextEvent[slice]!;
    if (event < lastEvent[slice]!) {
      const neuron = lists[layerOf[slice]!]!.neurons[event]! - first;
      const updates = neuron + 1 - nextNeuron[slice]!;
      nextNeuron[slice] = neuron + 1;
      const sends = way.packetsOf(eventOf(slice)) > 0;
      notes?.updated(slice, time, updates, sends);
      const peCycles = updates * updateCycles + (sends ? cycles.eventSend : 0);
      agenda.add(time + peCycles * perPeCycle[slice]!, DUE.send, slice);
    } else {
      const updates = neurons - nextNeuron[slice]!;
      notes?.updated(slice, time, updates, false);
      agenda.add(time + updates * updateCycles * perPeCycle[slice]!, DUE.finish, slice);
    }
  }

  /** Number, among all neurons, of the one whose event a slice sends next. */
  function eventOf(slice: number): number {
    const layer = layerOf[slice]!;
    return firstNeuron[layer]! + lists[layer]!.neurons[nextEvent[slice]!]!;
  }

  function send(slice: number, time: number): void {
    const neuron = eventOf(slice);
    const payload = 2 * neuron + parity;
    const packets = way.packetsOf(neuron);
    const packet = packetsSent[slice]!;
    if (packet < packets) {
      if (!way.offer(slice, payload, packet, time)) {
        stalledSends += 1;
        isStalled[slice] = 1;
        if (waitingPlaces[slice]!.size > 0) turnToPackets(slice, time);
        return;
      }
      notes?.sent(slice, payload, packet, time);
    }
    if (packet + 1 < packets) {
      packetsSent[slice] = packet + 1;
      notes?.composes(slice, time);
      agenda.add(time + cycles.eventSend * perPeCycle[slice]!, DUE.send, slice);
      return;
    }
    packetsSent[slice] = 0;
    nextEvent[slice]! += 1;
    goOn(slice, time);
  }

  /** Without this, cores that send to each other could wait for each other for ever. */
  function turnToPackets(slice: number, time: number): void {
    if (isAside[slice] === 1) return;
    isAside[slice] = 1;
    notes?.turnsToPackets(slice, time);
    leaveNeurons(slice, time);
  }

  function turnBack(slice: number, time: number): void {
    isAside[slice] = 0;
    isResuming[slice] = 1;
    const begin = Math.max(time, queues.idleFrom(slice));
    queues.beginUpdate(slice);
    if (begin < Infinity) update(slice, begin);
  }

  function leaveNeurons(slice: number, time: number): void {
    queues.endUpdate(slice, time);
    for (const place of waitingPlaces[slice]!) agenda.add(time, DUE.resume, place);
    waitingPlaces[slice]!.clear();
  }

  function finish(slice: number, time: number): void {
    leaveNeurons(slice, time);
    isThrough[slice] = 1;
    received[parity]![slice] = 0;
    decoder?.coreIsFree(slice, time);
    progress.workerIsThrough(layerOf[slice]!, time);
  }

  return {
    begin(plan) {
      ({ parity, lists, expected, nextEvent, lastEvent } = plan);
      nextNeuron.fill(0);
      isThrough.fill(0);
    },
    deliver,
    startIfReady,
    update,
    multiplied: takeSums,
    send(slice, time) {
      if (isResuming[slice] === 1) notes?.tookPackets(slice, time);
      isResuming[slice] = 0;
      send(slice, time);
    },
    finish,
    wayInIsFree(slice, time) {
      if (isStalled[slice] === 0) return;
      isStalled[slice] = 0;
      if (isAside[slice] === 1) turnBack(slice, time);
      else send(slice, time);
    },
    placeIsKnown(slice) {
      const waiting = waitingPlaces[slice]!;
      if (waiting.size === 0) return;
      for (const place of waiting) agenda.add(queues.nextPlaceAt(slice), DUE.resume, place);
      waiting.clear();
    },
    refusedPackets: () => refusedPackets,
    stalledSends: () => stalledSends,
    stalledSlices: () => [...slices.keys()].filter((slice) => isStalled[slice] === 1),
  };
}

const NO_PLAN: StepPlan = {
  parity: 0,
  lists: [],
  expected: new Int32Array(0),
  nextEvent: new Int32Array(0),
  lastEvent: new Int32Array(0),
  toHost: 0,
};
