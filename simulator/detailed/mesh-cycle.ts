import { CHANNEL, channelNumber, type MeshMemory, PLACE, SENDER } from "./mesh-memory.ts";

// The loops know the words by constants of this file, which an optimising compiler can turn into numbers.
const {
  front: FRONT,
  tail: TAIL,
  taken: TAKEN,
  size: SIZE,
  largest: LARGEST,
  cycles: CYCLES,
  creditCycles: CREDIT_CYCLES,
  state: STATE,
  requests: REQUESTS,
  turn: TURN,
  inputs: INPUTS,
  toX: TO_X,
  toY: TO_Y,
  outputs: OUTPUTS,
  bit: BIT,
  sent: SENT,
  words: CHANNEL_WORDS,
} = CHANNEL;
const { from: FROM, flit: FLIT, address: ADDRESS, next: NEXT, words: PLACE_WORDS } = PLACE;
const { idle: IDLE, scheduled: SCHEDULED, blocked: BLOCKED, creditUnderWay: CREDIT_UNDER_WAY } = SENDER;

/** Enters a channel into a list that begins at `list`. */
function enter(words: Int32Array, list: number, channel: number): void {
  const length = words[list]! + 1;
  words[list] = length;
  words[list + length] = channel;
}

/** An input, known by its bit, asks for an output in the cycle whose list of senders is given. */
function request(words: Int32Array, senders: number, output: number, bit: number): void {
  words[output + REQUESTS] = words[output + REQUESTS]! | bit;
  if (words[output + STATE] !== IDLE) return;
  words[output + STATE] = SCHEDULED;
  enter(words, senders, output);
}

/**
 * First half of a cycle: each flit that comes to the front of a buffer asks its router for the way on, x before
 * y, or is handed to its receiver.
 *
 * @param now Low 32 bits of the cycle.
 */
export function runArrivals(
  memory: MeshMemory,
  now: number,
  deliver: (channel: number, port: number) => void,
): void {
  const { words, mask } = memory;
  const fronts = memory.fronts + (now & mask) * memory.list;
  const senders = memory.senders + (now & mask) * memory.list;
  // A receiver may lengthen the list.
  for (let entry = 1; entry <= words[fronts]!; entry += 1) {
    const channel = words[fronts + entry]!;
    const outputs = words[channel + OUTPUTS]!;
    let output = -outputs;
    if (outputs === 0) {
      deliver(channel, words[channel + BIT]!);
      continue;
    }
    if (outputs > 0) {
      const address = words[words[channel + FRONT]! + ADDRESS]!;
      const dx = (address & 0xfff) - words[channel + TO_X]!;
      const dy = ((address >> 12) & 0xfff) - words[channel + TO_Y]!;
      // Without branches, for the processor could not guess them: 0 … 3 as in DIRECTIONS, then local ports.
      const moveX = (dx | -dx) >>> 31;
      const moveY = (dy | -dy) >>> 31;
      const alongY = moveY * (2 + (dy >>> 31)) + (1 - moveY) * (4 + (address >> 24));
      output = outputs + (moveX * (dx >>> 31) + (1 - moveX) * alongY) * CHANNEL_WORDS;
    }
    request(words, senders, output, words[channel + BIT]!);
  }
  words[fronts] = 0;
}

/**
 * Second half: every sender whose turn it is sends one flit, the next input's in turn, if its buffer has a place.
 * What it reads is left alone by the other senders of the cycle, so their order does not matter.
 *
 * @param now Low 32 bits of `cycle`.
 */
export function runSenders(memory: MeshMemory, now: number, cycle: number): void {
  const { words, mask, list, flitCycles } = memory;
  const fronts = memory.fronts;
  const senders = memory.senders + (now & mask) * list;
  const again = memory.senders + ((now + flitCycles) & mask) * list;
  const end = senders + words[senders]!;
  for (let entry = senders + 1; entry <= end; entry += 1) {
    const channel = words[entry]!;
    const asking = words[channel + REQUESTS]!;
    if (asking === 0) {
      // The last flit has left the channel, and nobody wants it.
      words[channel + STATE] = IDLE;
      continue;
    }
    if (words[channel + STATE] === CREDIT_UNDER_WAY) endBlocking(memory, channel, cycle);
    const taken = words[channel + TAKEN]!;
    const place = words[channel + TAIL]!;
    if (taken === words[channel + SIZE] || ((words[place]! - now) | 0) > 0) {
      block(memory, channel, cycle);
      continue;
    }

    const turn = words[channel + TURN]!;
    const ahead = (asking >> turn) << turn;
    const candidates = ahead | (asking & ((ahead - 1) >> 31));
    const side = 31 - Math.clz32(candidates & -candidates);
    const left = asking & ~(1 << side);
    words[channel + TURN] = side + 1;
    words[channel + REQUESTS] = left;

    const input = words[words[channel + INPUTS]! + side]!;
    const source = words[input + FRONT]!;
    const arrival = (now + words[channel + CYCLES]!) | 0;
    words[place + FROM] = arrival;
    words[place + FLIT] = words[source + FLIT]!;
    words[place + ADDRESS] = words[source + ADDRESS]!;
    leave(memory, input, now);
    words[channel + TAIL] = words[place + NEXT]!;
    words[channel + TAKEN] = taken + 1;
    if (taken === 0) enter(words, fronts + (arrival & mask) * list, channel);
    words[channel + SENT] = words[channel + SENT]! + 1;

    if (left !== 0 || flitCycles > 1) {
      words[channel + STATE] = SCHEDULED;
      enter(words, again, channel);
    } else words[channel + STATE] = IDLE;
  }
  words[senders] = 0;
}

/** The front flit leaves a buffer: the next one comes to the front, and the sender gets its credit. */
export function leave(memory: MeshMemory, channel: number, now: number): void {
  const { words, mask, list } = memory;
  const taken = words[channel + TAKEN]!;
  const place = words[channel + FRONT]!;
  const next = words[place + NEXT]!;
  if (taken > 1) {
    let at = words[next + FROM]!;
    if (((at - now) | 0) <= 0) {
      if (taken > words[channel + LARGEST]!) noteOccupancy(memory, channel, now);
      at = now + 1;
    }
    enter(words, memory.fronts + (at & mask) * list, channel);
  }
  words[place + FROM] = (now + words[channel + CREDIT_CYCLES]!) | 0;
  words[channel + FRONT] = next;
  words[channel + TAKEN] = taken - 1;
  if (words[channel + STATE] === BLOCKED) unblock(memory, channel, now);
}

/**
 * Raises the largest occupancy of a buffer to the flits that stand in it. It peaks before a flit leaves; where
 * that is the only one, nothing is noted.
 */
export function noteOccupancy({ words, bufferStart }: MeshMemory, channel: number, now: number): void {
  const taken = words[channel + TAKEN]!;
  const size = words[channel + SIZE]! * PLACE_WORDS;
  const end = bufferStart[channelNumber(channel)]! + size;
  let largest = words[channel + LARGEST]!;
  for (; largest < taken; largest += 1) {
    let place = words[channel + FRONT]! + largest * PLACE_WORDS;
    if (place >= end) place -= size;
    if (((words[place + FROM]! - now) | 0) > 0) break;
  }
  words[channel + LARGEST] = largest;
}

/** A sender finds no place. It acts again when there is one, which is known once a flit has left the buffer. */
function block(memory: MeshMemory, channel: number, cycle: number): void {
  const { words } = memory;
  const isFull = words[channel + TAKEN] === words[channel + SIZE];
  memory.blockedSince[channelNumber(channel)] = cycle;
  words[channel + STATE] = isFull ? BLOCKED : CREDIT_UNDER_WAY;
  if (isFull) return;
  const credit = words[words[channel + TAIL]! + FROM]!;
  enter(words, memory.senders + (credit & memory.mask) * memory.list, channel);
}

function unblock(memory: MeshMemory, channel: number, now: number): void {
  const { words } = memory;
  if (words[channel + OUTPUTS]! < 0) {
    // Before a source queue stands no sender, but someone who was refused.
    words[channel + STATE] = IDLE;
    memory.freed[memory.freedCount] = channel;
    memory.freedCount += 1;
    return;
  }
  words[channel + STATE] = CREDIT_UNDER_WAY;
  const credit = now + words[channel + CREDIT_CYCLES]!;
  enter(words, memory.senders + (credit & memory.mask) * memory.list, channel);
}

function endBlocking({ blockedCycles, blockedSince }: MeshMemory, channel: number, cycle: number): void {
  const number = channelNumber(channel);
  blockedCycles[number] = blockedCycles[number]! + cycle - blockedSince[number]!;
}

/** Puts a flit into a port's source queue in a cycle whose senders have not acted yet. False where it is full. */
export function enqueue(
  memory: MeshMemory,
  port: number,
  flit: number,
  address: number,
  now: number,
): boolean {
  const { words } = memory;
  const queue = memory.queues[port]!;
  const taken = words[queue + TAKEN]!;
  if (taken === words[queue + SIZE]) {
    // Remembered, so that the place is announced when there is one.
    words[queue + STATE] = BLOCKED;
    return false;
  }
  const place = words[queue + TAIL]!;
  words[place + FROM] = now;
  words[place + FLIT] = flit;
  words[place + ADDRESS] = address;
  words[queue + TAIL] = words[place + NEXT]!;
  words[queue + TAKEN] = taken + 1;
  if (taken === 0) {
    const senders = memory.senders + (now & memory.mask) * memory.list;
    request(words, senders, -words[queue + OUTPUTS]!, words[queue + BIT]!);
  }
  return true;
}

/** The flit that has come to the front of a receiver's buffer. */
export const flitAtFront = ({ words }: MeshMemory, channel: number): number =>
  words[words[channel + FRONT]! + FLIT]!;

/** Offers the front flit of a receiver's buffer again in a cycle whose arrivals have not ended. */
export function offerAgain({ words, fronts, mask, list }: MeshMemory, channel: number, now: number): void {
  const entries = fronts + (now & mask) * list;
  if (words[entries] === list - 1) throw new Error("A port is refused and resumed without end in one cycle.");
  enter(words, entries, channel);
}

/** Places of a source queue that are free. */
export const freePlaces = ({ words }: MeshMemory, channel: number): number =>
  words[channel + SIZE]! - words[channel + TAKEN]!;
