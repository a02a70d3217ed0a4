import {
  enqueue,
  flitAtFront,
  freePlaces,
  leave,
  offerAgain,
  runArrivals,
  runSenders,
} from "./mesh-cycle.ts";
import { type MeshFigures, readFigures } from "./mesh-figures.ts";
import { channelNumber, createMeshMemory, settleTimes } from "./mesh-memory.ts";
import { DIRECTIONS, type MeshOptions } from "./mesh-options.ts";

/**
 * Takes a packet that has arrived, or refuses it. A refused packet stays in its port's buffer, and all that come
 * after it behind it, until `resume` is called for the port.
 */
export type Receiver = (port: number, payload: number, cycle: number) => boolean;

export interface MeshNetworkOptions extends MeshOptions {
  /** Receives at every port that has no receiver of its own. */
  readonly receive: Receiver;
  /** Called at the end of a cycle in which a source queue that had refused a packet got a place. */
  readonly sourceFree?: (port: number) => void;
}

/**
 * A mesh of input-buffered routers in NoC cycles: single-flit packets that carry an integer, XY routing, credits,
 * and for each output round-robin arbitration between the inputs.
 *
 * In a cycle the flits that have come to the front of a buffer first ask for their output, or are offered to
 * their receiver; then every output that is free and has a credit sends one flit. Whatever a channel's latency
 * is, the decision itself takes place in the cycle in which a flit stands at the front.
 */
export interface MeshNetwork {
  /** The cycle that is simulated next; seen from a receiver, the present one. */
  cycle(): number;
  /** The next cycle in which anything may move; Infinity where nothing does before a call from outside. */
  nextEventCycle(): number;
  /**
   * Simulates all that happens before `cycle`, which is then the present one (the next whole one, for a caller
   * with another clock); with Infinity, until nothing moves.
   * Not to be called from a receiver.
   */
  advance(cycle: number): void;
  /** Puts a packet into a port's source queue now. False, and nothing is done, where the queue is full. */
  inject(port: number, to: number, payload: number): boolean;
  /** Free places of a port's source queue. */
  sourceRoom(port: number): number;
  /** Gives a port a receiver of its own, such as the entry of an event router. */
  connect(port: number, receive: Receiver): void;
  /** Offers a refused packet once more, now. Does nothing where none was refused. */
  resume(port: number): void;
  /** Cycles from one port to another without contention. */
  zeroLoadCycles(from: number, to: number): number;
  figures(): MeshFigures;
}

/** Times are kept in 32 bits; long before they repeat, those that have passed are moved up. */
const SETTLE_CYCLES = 2 ** 29;

export function createMeshNetwork(options: MeshNetworkOptions): MeshNetwork {
  const memory = createMeshMemory(options);
  const { words, ejections, queues, fronts, senders, mask, list } = memory;
  const { width, localPorts, link, injection, ejection } = options;
  const ports = queues.length;
  const address = Int32Array.from(queues, (_, port) => addressOf(port, width, localPorts));

  // Packets by number; a number is free again once the packet is delivered.
  const payloads = new Int32Array(memory.places);
  const dueCycles = new Float64Array(memory.places);
  const numbers = Int32Array.from(payloads, (_, number) => number);

  const receivers = new Array<Receiver>(ports).fill(options.receive);
  const isHeld = new Uint8Array(ports);
  const packets = { injected: 0, delivered: 0, queueingCycles: 0, largestQueueingCycles: 0 };
  let now = 0;
  let settled = 0;

  const zeroLoadCycles = (from: number, to: number): number => {
    const a = address[from]!;
    const b = address[to]!;
    const hops = Math.abs((a & 0xfff) - (b & 0xfff)) + Math.abs(((a >> 12) & 0xfff) - ((b >> 12) & 0xfff));
    return injection.cycles + hops * link.cycles + ejection.cycles;
  };

  function deliver(channel: number, port: number): void {
    const number = flitAtFront(memory, channel);
    if (!receivers[port]!(port, payloads[number]!, now)) {
      isHeld[port] = 1;
      return;
    }
    const queueing = now - dueCycles[number]!;
    packets.queueingCycles += queueing;
    if (queueing > packets.largestQueueingCycles) packets.largestQueueingCycles = queueing;
    packets.delivered += 1;
    numbers[packets.injected - packets.delivered] = number;
    leave(memory, channel, now | 0);
  }

  function nextEventCycle(): number {
    for (let ahead = 0; ahead <= mask; ahead += 1) {
      const entries = ((now + ahead) & mask) * list;
      if ((words[fronts + entries]! | words[senders + entries]!) !== 0) return now + ahead;
    }
    return Number.POSITIVE_INFINITY;
  }

  function tellSources(): void {
    const { freed, freedCount } = memory;
    memory.freedCount = 0;
    for (let i = 0; i < freedCount; i += 1) {
      const queue = channelNumber(freed[i]!);
      const local = (queue % memory.channelsPerNode) - DIRECTIONS.length - localPorts;
      options.sourceFree?.(Math.floor(queue / memory.channelsPerNode) * localPorts + local);
    }
  }

  function goTo(cycle: number): void {
    if (cycle - settled > SETTLE_CYCLES) {
      settleTimes(memory, now, cycle);
      settled = cycle;
    }
    now = cycle;
  }

  return {
    cycle: () => now,
    nextEventCycle,
    advance(cycle) {
      const end = Math.ceil(cycle);
      for (let next = nextEventCycle(); next < end; next = nextEventCycle()) {
        goTo(next);
        runArrivals(memory, now | 0, deliver);
        runSenders(memory, now | 0, now);
        now += 1;
        if (memory.freedCount > 0) tellSources();
      }
      if (end > now && end !== Number.POSITIVE_INFINITY) goTo(end);
    },
    inject(port, to, payload) {
      if (!(port >= 0 && port < ports && to >= 0 && to < ports)) {
        throw new RangeError(`The mesh has no port ${port} or ${to}.`);
      }
      const number = numbers[packets.injected - packets.delivered]!;
      if (!enqueue(memory, port, number, address[to]!, now | 0)) return false;
      packets.injected += 1;
      payloads[number] = payload;
      dueCycles[number] = now + zeroLoadCycles(port, to);
      return true;
    },
    sourceRoom: (port) => freePlaces(memory, queues[port]!),
    connect(port, receive) {
      receivers[port] = receive;
    },
    resume(port) {
      if (isHeld[port] !== 1) return;
      isHeld[port] = 0;
      offerAgain(memory, ejections[port]!, now | 0);
    },
    zeroLoadCycles,
    figures: () => readFigures(memory, packets, width, now),
  };
}

function addressOf(port: number, width: number, localPorts: number): number {
  const node = Math.floor(port / localPorts);
  return (node % width) | (Math.floor(node / width) << 12) | ((port % localPorts) << 24);
}
