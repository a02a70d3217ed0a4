import { type Agenda, DUE } from "../agenda.ts";

/** Times in NoC cycles. */
export interface RouterTiming {
  /** Packets that it holds. */
  readonly places: number;
  /** From one key to the next: a router cycle shared by the engines. */
  readonly matchCycles: number;
  readonly pipelineCycles: number;
  /** From one copy to the next; 0 where each output keeps a pace of its own. */
  readonly copyCycles: number;
  /** For how long the first copy in line waits before it is dropped; Infinity: for ever. */
  readonly dropAfter: number;
}

/** Where a router's packets come from and go to. Outputs and entrances are numbered by whoever connects them. */
export interface RouterConnections {
  readonly outputs: number;
  /** Output of a packet's copy; −1 where the packet has no such copy. */
  outputOf(payload: number, copy: number): number;
  /** False: no room; `openOutput` must follow when that may have changed. */
  send(output: number, payload: number, copy: number, time: number): boolean;
  /** An entrance that was refused may offer its packet again. */
  reopen(entrance: number, time: number): void;
}

/**
 * A multicast router: engines match keys, each one key a router cycle, through a pipeline of fixed length; then a
 * packet's copies leave one after the other. A copy that finds no room holds up all that comes after it, until it
 * is dropped: then software keeps it, and sends it again as soon as its output has room. A full router refuses
 * packets.
 */
export interface Router {
  /** False: there is no place; `reopen` follows. */
  enter(entrance: number, payload: number, time: number): boolean;
  /** A packet has come through the pipeline. */
  matched(time: number): void;
  /** The next copy's turn has come. */
  copyFree(time: number): void;
  /** The first copy in line may have waited for too long. */
  expired(time: number): void;
  openOutput(output: number, time: number): void;
  /** Packets that have come through the pipeline and cannot leave. */
  blockedPackets(): number;
  droppedPackets(): number;
}

interface Copy {
  readonly payload: number;
  readonly copy: number;
}

/** @param index What the agenda knows the router by. */
export function createRouter(
  index: number,
  timing: RouterTiming,
  connections: RouterConnections,
  agenda: Agenda,
): Router {
  const { places, matchCycles, pipelineCycles, copyCycles, dropAfter } = timing;
  const { outputOf, send, reopen } = connections;
  const ring = new Int32Array(2 ** Math.ceil(Math.log2(places)));
  const wrap = ring.length - 1;
  const isClosed = new Uint8Array(connections.outputs);
  const kept = new Map<number, Copy[]>();
  const refused = new Set<number>();
  let head = 0;
  let count = 0;
  let ready = 0;
  let copy = 0;
  let engineFree = 0;
  let nextCopyAt = 0;
  /** When the agenda reminds of `nextCopyAt`, where it does. */
  let remindedAt = -1;
  let blockedSince = Infinity;
  let dropped = 0;

  const trySend = (output: number, payload: number, which: number, time: number): boolean => {
    if (isClosed[output] === 1) return false;
    if (send(output, payload, which, time)) return true;
    isClosed[output] = 1;
    return false;
  };

  /** Whether the first copy in line is done with: it has left, or is kept by software. */
  const hasLeft = (output: number, payload: number, time: number): boolean => {
    if (trySend(output, payload, copy, time)) {
      if (copyCycles > 0) nextCopyAt = Math.max(nextCopyAt, time) + copyCycles;
      blockedSince = Infinity;
      return true;
    }
    if (blockedSince === Infinity) {
      blockedSince = time;
      if (dropAfter !== Infinity) agenda.add(time + dropAfter, DUE.expired, index);
    }
    if (time < blockedSince + dropAfter) return false;
    blockedSince = Infinity;
    dropped += 1;
    const others = kept.get(output);
    if (others) others.push({ payload, copy });
    else kept.set(output, [{ payload, copy }]);
    return true;
  };

  const drain = (time: number): void => {
    const before = count;
    while (ready > 0) {
      const payload = ring[head]!;
      const output = outputOf(payload, copy);
      if (output < 0) {
        copy = 0;
        head = (head + 1) & wrap;
        count -= 1;
        ready -= 1;
      } else if (time < nextCopyAt) {
        if (remindedAt !== nextCopyAt) agenda.add(nextCopyAt, DUE.copyFree, index);
        remindedAt = nextCopyAt;
        break;
      } else if (hasLeft(output, payload, time)) copy += 1;
      else break;
    }
    if (count === before || refused.size === 0) return;
    const entrances = [...refused];
    refused.clear();
    for (const entrance of entrances) reopen(entrance, time);
  };

  const sendKept = (output: number, time: number): void => {
    const copies = kept.get(output);
    if (copies === undefined) return;
    let sent = 0;
    while (sent < copies.length && trySend(output, copies[sent]!.payload, copies[sent]!.copy, time))
      sent += 1;
    copies.splice(0, sent);
    if (copies.length === 0) kept.delete(output);
  };

  return {
    enter(entrance, payload, time) {
      if (count === places) {
        refused.add(entrance);
        return false;
      }
      ring[(head + count) & wrap] = payload;
      count += 1;
      const begin = Math.max(time, engineFree);
      engineFree = begin + matchCycles;
      agenda.add(begin + pipelineCycles, DUE.matched, index);
      return true;
    },
    matched(time) {
      ready += 1;
      drain(time);
    },
    copyFree: drain,
    expired: drain,
    openOutput(output, time) {
      isClosed[output] = 0;
      drain(time);
      sendKept(output, time);
    },
    blockedPackets: () => (blockedSince === Infinity ? 0 : ready),
    droppedPackets: () => dropped,
  };
}
