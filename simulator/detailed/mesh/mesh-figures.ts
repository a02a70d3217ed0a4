import { CHANNEL, channelNumber, type MeshMemory, PROGRESS, PROGRESS_WORD, SENDER } from "./mesh-memory.ts";
import { DIRECTIONS } from "./mesh-options.ts";

/** What a channel and the buffer at its end have seen. */
export interface ChannelFigures {
  readonly flits: number;
  /** Cycles in which a flit wanted the free channel and the buffer had no place. */
  readonly blockedCycles: number;
  /** The most flits that have stood in the buffer at a time. */
  readonly largestOccupancy: number;
}

/** A directed link between neighbours; nodes are y · width + x. */
export interface LinkFigures extends ChannelFigures {
  readonly from: number;
  readonly to: number;
}

export interface PortFigures {
  /** From the source queue into the router. */
  readonly injection: ChannelFigures;
  /** From the router to the receiver's buffer. */
  readonly ejection: ChannelFigures;
  readonly largestQueue: number;
}

export interface PacketFigures {
  /** Packets put into source queues. */
  readonly injected: number;
  /** Packets that receivers have taken. */
  readonly delivered: number;
  /** Cycles by which delivered packets came later than without contention: in sum, and at most. */
  readonly queueingCycles: number;
  readonly largestQueueingCycles: number;
}

export interface MeshFigures extends PacketFigures {
  /** Packets in source queues, in buffers and on their way. */
  readonly inFlight: number;
  /** Flits over all links. */
  readonly flitHops: number;
  /** By node, then +x, −x, +y, −y. */
  readonly links: readonly LinkFigures[];
  readonly ports: readonly PortFigures[];
}

/** Reads the counters before `cycle` is simulated. */
export function readFigures(memory: MeshMemory, width: number, cycle: number): MeshFigures {
  const { words, firstChannel, channelsPerNode, channels, progress } = memory;
  const links: LinkFigures[] = [];
  for (let node = 0; node * channelsPerNode < channels; node += 1) {
    DIRECTIONS.forEach(([dx, dy], direction) => {
      const channel = firstChannel + (node * channelsPerNode + direction) * CHANNEL.words;
      if (words[channel + CHANNEL.size] === 0) return;
      links.push({ from: node, to: node + dx + dy * width, ...readChannel(memory, channel, cycle) });
    });
  }
  const ports = Array.from(memory.queues, (queue, port): PortFigures => {
    const injection = readChannel(memory, memory.injections[port]!, cycle);
    return {
      injection,
      ejection: readChannel(memory, memory.ejections[port]!, cycle),
      largestQueue: largestOccupancy(memory, queue, injection.flits > 0),
    };
  });
  return {
    injected: progress[PROGRESS.injected]!,
    delivered: progress[PROGRESS.delivered]!,
    queueingCycles: progress[PROGRESS.queueingCycles]!,
    largestQueueingCycles: progress[PROGRESS.largestQueueingCycles]!,
    inFlight: memory.progressWords[PROGRESS_WORD.inFlight]!,
    flitHops: links.reduce((sum, { flits }) => sum + flits, 0),
    links,
    ports,
  };
}

function readChannel(memory: MeshMemory, channel: number, cycle: number): ChannelFigures {
  const { words, sentBefore, blockedCycles, blockedSince } = memory;
  const number = channelNumber(channel);
  const flits = sentBefore[number]! + words[channel + CHANNEL.sent]!;
  const isBlocked =
    words[channel + CHANNEL.state]! >= SENDER.blocked && words[channel + CHANNEL.requests] !== 0;
  return {
    flits,
    blockedCycles: blockedCycles[number]! + (isBlocked ? cycle - blockedSince[number]! : 0),
    largestOccupancy: largestOccupancy(memory, channel, flits > words[channel + CHANNEL.taken]!),
  };
}

function largestOccupancy(memory: MeshMemory, channel: number, hasPassed: boolean): number {
  memory.loop.noteOccupancy(channel);
  return Math.max(memory.words[channel + CHANNEL.largest]!, hasPassed ? 1 : 0);
}
