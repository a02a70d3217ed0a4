import { type Agenda, DUE } from "../agenda.ts";

/** A link between routers. Times in NoC cycles. */
export interface PacketLinkTiming {
  /** Packets that wait at its near end. */
  readonly queue: number;
  /** For how long a packet occupies it. */
  readonly occupiedCycles: number;
  /** From the near end to the far end. */
  readonly latencyCycles: number;
  /** Packets that the far end holds. A link that never has to pause needs enough for latency and credit. */
  readonly places: number;
  /** Until a place that became free at the far end is known at the near end. */
  readonly creditCycles: number;
}

export interface PacketLinkEnds {
  /** The router at the far end. False: full; `offer` must follow. */
  receive(payload: number, time: number): boolean;
  /** The near end's queue, which had refused a packet, has room. */
  roomInQueue(time: number): void;
}

/** Packets one after the other from router to router, and a buffer of finite length at the far end. */
export interface PacketLink {
  /** False: the near end's queue is full; `roomInQueue` follows. */
  send(payload: number, time: number): boolean;
  /** The next packet may leave. */
  linkFree(time: number): void;
  arrived(time: number): void;
  /** The router at the far end has room again. */
  offer(time: number): void;
  /** Packets that have left the near end. */
  packets(): number;
}

/** @param index What the agenda knows the link by. */
export function createPacketLink(
  index: number,
  timing: PacketLinkTiming,
  { receive, roomInQueue }: PacketLinkEnds,
  agenda: Agenda,
): PacketLink {
  const { occupiedCycles, latencyCycles, creditCycles } = timing;
  const waiting: number[] = [];
  /** Places of the far end, used in turn: what stands there, and since when an empty one may be used. */
  const payloads = new Int32Array(timing.places);
  const emptyFrom = new Float64Array(timing.places);
  let sent = 0;
  let arrived = 0;
  let taken = 0;
  let freeAt = 0;
  let remindedAt = -1;
  let hasRefused = false;

  const leave = (payload: number, time: number): void => {
    const place = sent % timing.places;
    payloads[place] = payload;
    emptyFrom[place] = Infinity;
    sent += 1;
    freeAt = time + occupiedCycles;
    agenda.add(time + latencyCycles, DUE.arrived, index);
  };
  /** When the next packet may leave; Infinity while the far end has no place for it. */
  const mayLeaveAt = (): number => Math.max(freeAt, emptyFrom[sent % timing.places]!);
  const go = (time: number): void => {
    const before = waiting.length;
    let next = mayLeaveAt();
    while (waiting.length > 0 && next <= time) {
      leave(waiting.shift()!, time);
      next = mayLeaveAt();
    }
    if (waiting.length > 0 && next !== Infinity && next !== remindedAt) {
      agenda.add(next, DUE.linkFree, index);
      remindedAt = next;
    }
    if (!hasRefused || waiting.length === before) return;
    hasRefused = false;
    roomInQueue(time);
  };

  const offer = (time: number): void => {
    const before = taken;
    while (taken < arrived && receive(payloads[taken % timing.places]!, time)) {
      emptyFrom[taken % timing.places] = time + creditCycles;
      taken += 1;
    }
    if (taken > before) go(time);
  };

  return {
    send(payload, time) {
      if (waiting.length === 0 && mayLeaveAt() <= time) {
        leave(payload, time);
        return true;
      }
      if (waiting.length === timing.queue) {
        hasRefused = true;
        return false;
      }
      waiting.push(payload);
      go(time);
      return true;
    },
    linkFree: go,
    arrived(time) {
      arrived += 1;
      if (arrived - taken === 1) offer(time);
    },
    offer,
    packets: () => sent,
  };
}
