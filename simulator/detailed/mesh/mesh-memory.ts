import { type CycleLoop, createCycleMemory, OWN_BYTES } from "./mesh-cycle.ts";
import {
  checkMeshOptions,
  type ChannelTiming,
  DIRECTIONS,
  type MeshOptions,
  requireWords,
} from "./mesh-options.ts";

/**
 * Words of a channel's record: what sends (a router's output, or nobody before a source queue) and the buffer
 * at its end. A channel is known by the index of its record.
 */
export const CHANNEL = {
  /** Oldest place of the buffer, and the next one to fill. */
  front: 0,
  tail: 1,
  /** Places filled or on their way, of `size`. */
  taken: 2,
  size: 3,
  /** The most flits that have stood in the buffer at a time. */
  largest: 4,
  cycles: 5,
  creditCycles: 6,
  /** What the sender does, one of `SENDER`. */
  state: 7,
  /** Bit for each input of the sender's router that wants this channel; the input whose turn is next. */
  requests: 8,
  turn: 9,
  /** Where the sender's inputs are listed: channels, in the order of their bits. */
  inputs: 10,
  /** Coordinates of the router at the end. */
  toX: 11,
  toY: 12,
  /** First output of the router at the end; 0 where a receiver stands there; for a source queue, its injection channel, negated. */
  outputs: 13,
  /** Which of its inputs this channel is for the router at its end; for a receiver, its port. */
  side: 14,
  /** Flits sent since times were last settled. */
  sent: 15,
  words: 16,
} as const;

/** Words of a place in a buffer. */
export const PLACE = {
  /** Low 32 bits of the cycle from which the flit stands here, or from which the empty place may be used. */
  from: 0,
  next: 1,
  flit: 2,
  /** Where the flit goes: x, y from bit 12, local port from bit 24. */
  address: 3,
  words: 4,
} as const;

export const SENDER = {
  idle: 0,
  /** Stands in the list of a cycle to come. */
  scheduled: 1,
  /** Has no place to send to. */
  blocked: 2,
  /** Has none either, but knows from when. */
  creditUnderWay: 3,
} as const;

/**
 * Everything that moves, in one array of words, where the cycle loop finds it. Times are low 32 bits and compared
 * by their difference.
 */
export interface MeshMemory {
  readonly loop: CycleLoop;
  readonly words: Int32Array;
  /** First channel of node 0. */
  readonly firstChannel: number;
  /** Channels a node: links by direction, then for its local ports ejections, source queues, injections. */
  readonly channelsPerNode: number;
  readonly channels: number;
  /**
   * Two rings of lists by cycle: channels whose front flit comes to the front, and channels whose sender acts.
   * A list is its length and then its entries; that of a cycle begins at ring + (cycle & mask) · list.
   */
  readonly fronts: number;
  readonly senders: number;
  readonly mask: number;
  readonly list: number;
  readonly firstPlace: number;
  readonly places: number;
  /** Channels of local ports. Shape [ports] each. */
  readonly ejections: Int32Array;
  readonly queues: Int32Array;
  readonly injections: Int32Array;
  /** First place of each buffer. By channel number. */
  readonly bufferStart: Int32Array;
  /** Flits sent before times were last settled. By channel number. */
  readonly sentBefore: Float64Array;
  /** Cycles in which a sender was blocked, and since when it is. By channel number. */
  readonly blockedCycles: Float64Array;
  readonly blockedSince: Float64Array;
  /** Source queues that had refused a packet and have a place since this cycle. */
  readonly freed: Int32Array;
  /** By `PROGRESS` and `PROGRESS_WORD`. */
  readonly progress: Float64Array;
  readonly progressWords: Int32Array;
}

/** What the loop keeps in float64: the present cycle, and what became of packets. */
export const PROGRESS = {
  cycle: 0,
  /** The next cycle in which anything may move; infinite where nothing does. */
  next: 1,
  /** Packets put into source queues. */
  injected: 2,
  /** Packets that receivers have taken; cycles by which these came late, in sum and at most. */
  delivered: 3,
  queueingCycles: 4,
  largestQueueingCycles: 5,
  doubles: 6,
} as const;

/** And in words after that. */
export const PROGRESS_WORD = {
  /** Low 32 bits of the present cycle. */
  now: 0,
  inFlight: 1,
  freedCount: 2,
  /** Of the packet that is offered to a receiver. */
  payload: 3,
  words: 4,
} as const;

/** Records begin at a multiple of their length, so that each lies in one line of a cache. */
const FIRST_CHANNEL = OWN_BYTES / Int32Array.BYTES_PER_ELEMENT;
/** Words of the layout that the loop is given. */
const LAYOUT_WORDS = 12;

/** Channels counted from 0, for the arrays beside the words. */
export const channelNumber = (channel: number): number => (channel - FIRST_CHANNEL) / CHANNEL.words;

/** Lays out an empty network. */
export function createMeshMemory(options: MeshOptions): MeshMemory {
  checkMeshOptions(options);
  const { width, height, localPorts, link, injection, ejection, flitCycles, sourceQueueFlits } = options;
  const nodes = width * height;
  const ports = nodes * localPorts;
  const channelsPerNode = DIRECTIONS.length + 3 * localPorts;
  const channels = nodes * channelsPerNode;
  const flitsPerPort = injection.bufferFlits + ejection.bufferFlits + sourceQueueFlits;
  const places = nodes * DIRECTIONS.length * link.bufferFlits + ports * flitsPerPort;
  const reach = Math.max(
    flitCycles,
    ...[link, injection, ejection].flatMap((c) => [c.cycles, c.creditCycles]),
  );
  const lists = 2 ** Math.ceil(Math.log2(reach + 1));
  // Its length, each channel once, and each port's once more where its receiver asks for it in the same cycle.
  const list = 1 + channels + ports;
  const inputsPerNode = DIRECTIONS.length + 2 * localPorts;

  const firstPlace = FIRST_CHANNEL + channels * CHANNEL.words;
  const fronts = firstPlace + places * PLACE.words;
  const senders = fronts + lists * list;
  const firstInput = senders + lists * list;
  const bufferStarts = firstInput + nodes * inputsPerNode;
  const freed = bufferStarts + channels;
  // Doubles begin at even words.
  const blockedCycles = 2 * Math.ceil((freed + ports) / 2);
  const blockedSince = blockedCycles + 2 * channels;
  const dueCycles = blockedSince + 2 * channels;
  const payloads = dueCycles + 2 * places;
  const numbers = payloads + places;
  const size = numbers + places;
  requireWords(size);
  const byte = (word: number) => word * Int32Array.BYTES_PER_ELEMENT;
  const { loop, buffer, ...at } = createCycleMemory(byte(size));
  new Int32Array(buffer, at.layout, LAYOUT_WORDS).set([
    fronts,
    senders,
    lists - 1,
    list,
    flitCycles,
    ...[bufferStarts, blockedCycles, blockedSince, freed, payloads, dueCycles, numbers].map(byte),
  ]);
  const memory: MeshMemory = {
    loop,
    words: new Int32Array(buffer),
    firstChannel: FIRST_CHANNEL,
    channelsPerNode,
    channels,
    fronts,
    senders,
    mask: lists - 1,
    list,
    firstPlace,
    places,
    ejections: new Int32Array(ports),
    queues: new Int32Array(ports),
    injections: new Int32Array(ports),
    bufferStart: new Int32Array(buffer, byte(bufferStarts), channels),
    sentBefore: new Float64Array(channels),
    blockedCycles: new Float64Array(buffer, byte(blockedCycles), channels),
    blockedSince: new Float64Array(buffer, byte(blockedSince), channels),
    freed: new Int32Array(buffer, byte(freed), ports),
    progress: new Float64Array(buffer, at.progress, PROGRESS.doubles),
    progressWords: new Int32Array(buffer, at.progress + 8 * PROGRESS.doubles, PROGRESS_WORD.words),
  };
  for (let number = 0; number < places; number += 1) memory.words[numbers + number] = number;
  memory.progress[PROGRESS.next] = Number.POSITIVE_INFINITY;
  connectChannels(memory, options, firstInput, inputsPerNode);
  return memory;
}

function connectChannels(
  memory: MeshMemory,
  { width, height, localPorts, link, injection, ejection, sourceQueueFlits }: MeshOptions,
  firstInput: number,
  inputsPerNode: number,
): void {
  const { words, firstChannel, channelsPerNode, ejections, queues, injections } = memory;
  const queueTiming: ChannelTiming = { cycles: 1, creditCycles: 1, bufferFlits: sourceQueueFlits };
  const channelAt = (node: number, index: number) =>
    firstChannel + (node * channelsPerNode + index) * CHANNEL.words;
  let place = memory.firstPlace;
  const lay = (channel: number, timing: ChannelTiming, inputs: number) => {
    memory.bufferStart[channelNumber(channel)] = place;
    place = layBuffer(words, channel, timing, place);
    words[channel + CHANNEL.inputs] = inputs;
  };
  const endAtRouter = (channel: number, node: number, input: number) => {
    words[channel + CHANNEL.toX] = node % width;
    words[channel + CHANNEL.toY] = Math.floor(node / width);
    words[channel + CHANNEL.outputs] = channelAt(node, 0);
    words[channel + CHANNEL.side] = input;
    words[firstInput + node * inputsPerNode + input] = channel;
  };
  for (let node = 0; node < width * height; node += 1) {
    const inputs = firstInput + node * inputsPerNode;
    DIRECTIONS.forEach(([dx, dy], direction) => {
      const x = (node % width) + dx;
      const y = Math.floor(node / width) + dy;
      if (x < 0 || x >= width || y < 0 || y >= height) return;
      lay(channelAt(node, direction), link, inputs);
      endAtRouter(channelAt(node, direction), y * width + x, direction);
    });
    for (let local = 0; local < localPorts; local += 1) {
      const port = node * localPorts + local;
      const [out, queue, into] = [0, 1, 2].map((kind) =>
        channelAt(node, DIRECTIONS.length + kind * localPorts + local),
      ) as [number, number, number];
      lay(out, ejection, inputs);
      words[out + CHANNEL.side] = port;
      lay(queue, queueTiming, 0);
      words[queue + CHANNEL.outputs] = -into;
      // The queue is the injection channel's only input; its list follows the router's inputs.
      const queueInput = DIRECTIONS.length + localPorts + local;
      words[inputs + queueInput] = queue;
      lay(into, injection, inputs + queueInput);
      endAtRouter(into, node, DIRECTIONS.length + local);
      ejections[port] = out;
      queues[port] = queue;
      injections[port] = into;
    }
  }
}

/** Writes a channel's latencies and the ring of its places; returns the word after them. */
function layBuffer(words: Int32Array, channel: number, timing: ChannelTiming, first: number): number {
  const { cycles, creditCycles, bufferFlits } = timing;
  const end = first + bufferFlits * PLACE.words;
  words[channel + CHANNEL.front] = words[channel + CHANNEL.tail] = first;
  words[channel + CHANNEL.size] = bufferFlits;
  words[channel + CHANNEL.cycles] = cycles;
  words[channel + CHANNEL.creditCycles] = creditCycles;
  for (let place = first; place < end; place += PLACE.words) {
    words[place + PLACE.next] = place + PLACE.words === end ? first : place + PLACE.words;
  }
  return end;
}

/**
 * Lets times that have passed at `cycle` pass there, so that none is ever older than 32 bits can tell.
 *
 * @param now The present cycle, to which all times are near.
 */
export function settleTimes(memory: MeshMemory, now: number, cycle: number): void {
  const { words, firstPlace, places, channels, firstChannel, sentBefore } = memory;
  for (let place = firstPlace; place < firstPlace + places * PLACE.words; place += PLACE.words) {
    const from = now - (((now | 0) - words[place + PLACE.from]!) | 0);
    if (from < cycle) words[place + PLACE.from] = cycle | 0;
  }
  for (let number = 0; number < channels; number += 1) {
    const channel = firstChannel + number * CHANNEL.words;
    sentBefore[number] = sentBefore[number]! + words[channel + CHANNEL.sent]!;
    words[channel + CHANNEL.sent] = 0;
  }
}
