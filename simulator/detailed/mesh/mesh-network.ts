import { type MeshFigures, readFigures } from "./mesh-figures.ts";
import {
  CHANNEL,
  channelNumber,
  createMeshMemory,
  PROGRESS,
  PROGRESS_WORD,
  settleTimes,
} from "./mesh-memory.ts";
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
  const { words, loop, ejections, queues, progress, progressWords } = memory;
  const { width, localPorts, link, injection, ejection } = options;
  const ports = queues.length;
  const address = Int32Array.from(queues, (_, port) => addressOf(port, width, localPorts));

  const receivers = new Array<Receiver>(ports).fill(options.receive);
  const isHeld = new Uint8Array(ports);
  let now = 0;
  let settled = 0;

  const zeroLoadCycles = (from: number, to: number): number => {
    const a = address[from]!;
    const b = address[to]!;
    const hops = Math.abs((a & 0xfff) - (b & 0xfff)) + Math.abs(((a >> 12) & 0xfff) - ((b >> 12) & 0xfff));
    return injection.cycles + hops * link.cycles + ejection.cycles;
  };

  const nextEventCycle = (): number => progress[PROGRESS.next]!;

  function tellSources(): void {
    const { freed } = memory;
    const freedCount = progressWords[PROGRESS_WORD.freedCount]!;
    progressWords[PROGRESS_WORD.freedCount] = 0;
    for (let i = 0; i < freedCount; i += 1) {
      const queue = channelNumber(freed[i]!);
      const local = (queue % memory.channelsPerNode) - DIRECTIONS.length - localPorts;
      options.sourceFree?.(Math.floor(queue / memory.channelsPerNode) * localPorts + local);
    }
  }

  /** All that happens before a cycle, which is not too far from the last one settled. */
  function runUntil(end: number): void {
    let taken = 0;
    for (;;) {
      const event = loop.run(end, taken);
      now = progress[PROGRESS.cycle]!;
      if (event === 0) return;
      taken = 0;
      if (event < 0) tellSources();
      else if (receivers[event - 1]!(event - 1, progressWords[PROGRESS_WORD.payload]!, now)) taken = 1;
      else isHeld[event - 1] = 1;
    }
  }

  function goTo(cycle: number): void {
    if (cycle - settled >= SETTLE_CYCLES) {
      settleTimes(memory, now, cycle);
      settled = cycle;
    }
    now = cycle;
    progress[PROGRESS.cycle] = cycle;
    progressWords[PROGRESS_WORD.now] = cycle | 0;
  }

  return {
    cycle: () => now,
    nextEventCycle,
    advance(cycle) {
      const end = Math.ceil(cycle);
      while (end > settled + SETTLE_CYCLES) {
        runUntil(settled + SETTLE_CYCLES);
        const next = nextEventCycle();
        if (next >= end) break;
        goTo(next);
      }
      if (nextEventCycle() < end) runUntil(end);
      if (end > now && end !== Number.POSITIVE_INFINITY) goTo(end);
    },
    inject(port, to, payload) {
      if (!(port >= 0 && port < ports && to >= 0 && to < ports)) {
        throw new RangeError(`The mesh has no port ${port} or ${to}.`);
      }
      return loop.inject(queues[port]!, address[to]!, payload, zeroLoadCycles(port, to)) === 1;
    },
    sourceRoom: (port) => words[queues[port]! + CHANNEL.size]! - words[queues[port]! + CHANNEL.taken]!,
    connect(port, receive) {
      receivers[port] = receive;
    },
    resume(port) {
      if (isHeld[port] !== 1) return;
      isHeld[port] = 0;
      if (loop.offerAgain(ejections[port]!) === 0)
        throw new Error("A port is refused and resumed without end in one cycle.");
    },
    zeroLoadCycles,
    figures: () => readFigures(memory, width, now),
  };
}

function addressOf(port: number, width: number, localPorts: number): number {
  const node = Math.floor(port / localPorts);
  return (node % width) | (Math.floor(node / width) << 12) | ((port % localPorts) << 24);
}
