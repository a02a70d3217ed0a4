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
  /** This channel's bit in the requests of the router at its end; for a receiver, its port. */
  bit: 14,
  /** Flits sent since times were last settled. */
  sent: 15,
  words: 16,
} as const;

/** Words of a place in a buffer. */
export const PLACE = {
  /** Low 32 bits of the cycle from which the flit stands here, or from which the empty place may be used. */
  from: 0,
  flit: 1,
  /** Where the flit goes: x, y from bit 12, local port from bit 24. */
  address: 2,
  next: 3,
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
 * Everything that moves, in one array of words: all records lie side by side, and the inner loops keep one base
 * and one bound. Times are low 32 bits and compared by their difference.
 */
export interface MeshMemory {
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
  readonly flitCycles: number;
  /** First place of each buffer. By channel number. */
  readonly bufferStart: Int32Array;
  /** Flits sent before times were last settled. By channel number. */
  readonly sentBefore: Float64Array;
  /** Cycles in which a sender was blocked, and since when it is. By channel number. */
  readonly blockedCycles: Float64Array;
  readonly blockedSince: Float64Array;
  /** Source queues that had refused a packet and have a place since this cycle. */
  readonly freed: Int32Array;
  freedCount: number;
}

/** Channels counted from 0, for the arrays beside the words. */
export const channelNumber = (channel: number): number => channel / CHANNEL.words - 1;

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
  // Each channel once, and each port's once more where its receiver asks for it in the same cycle.
  const list = 1 + channels + ports;
  const inputsPerNode = DIRECTIONS.length + 2 * localPorts;

  // Record 0 stays unused: 0 means a receiver.
  const firstChannel = CHANNEL.words;
  const fronts = firstChannel + channels * CHANNEL.words;
  const senders = fronts + lists * list;
  const firstPlace = senders + lists * list;
  const firstInput = firstPlace + places * PLACE.words;
  const size = firstInput + nodes * inputsPerNode;
  requireWords(size);
  const memory: MeshMemory = {
    words: new Int32Array(size),
    firstChannel,
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
    flitCycles,
    bufferStart: new Int32Array(channels),
    sentBefore: new Float64Array(channels),
    blockedCycles: new Float64Array(channels),
    blockedSince: new Float64Array(channels),
    freed: new Int32Array(ports),
    freedCount: 0,
  };
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
    words[channel + CHANNEL.bit] = 1 << input;
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
      words[out + CHANNEL.bit] = port;
      lay(queue, queueTiming, 0);
      words[queue + CHANNEL.outputs] = -into;
      words[queue + CHANNEL.bit] = 1;
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
