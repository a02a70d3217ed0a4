import type { MeshOptions } from "../../../../../simulator/detailed/mesh/mesh-options.ts";

/** A mesh network written for clarity alone: every cycle looks at every buffer and every channel. An oracle. */
export interface NaiveMesh {
  inject(port: number, to: number, payload: number): boolean;
  /** Simulates one cycle. */
  step(): void;
  inFlight(): number;
}

interface Flit {
  readonly to: number;
  readonly payload: number;
  /** Cycle from which it may be looked at. */
  from: number;
}

interface Buffer {
  readonly size: number;
  flits: Flit[];
  /** Cycles from which freed places may be used again. */
  credits: number[];
  /** Cycle from which the front flit counts as being at the front. */
  frontFrom: number;
}

interface ChannelOf {
  readonly cycles: number;
  readonly buffer: Buffer;
  readonly inputs: (Buffer | undefined)[];
  /** Whether a flit at the front of an input wants this channel. */
  readonly wanted: (flit: Flit) => boolean;
  turn: number;
  freeFrom: number;
}

export function createNaiveMesh(
  options: MeshOptions,
  receive: (port: number, payload: number, cycle: number) => boolean,
): NaiveMesh {
  const { width, height, localPorts, link, injection, ejection, flitCycles, sourceQueueFlits } = options;
  const nodes = width * height;
  const newBuffer = (size: number): Buffer => ({ size, flits: [], credits: [], frontFrom: 0 });
  const queues = Array.from({ length: nodes * localPorts }, () => newBuffer(sourceQueueFlits));
  const entries = queues.map(() => newBuffer(injection.bufferFlits));
  const exits = queues.map(() => newBuffer(ejection.bufferFlits));
  /** Buffers at the end of links, by the node they stand in and the direction they came in. */
  const inputs = Array.from({ length: nodes }, () =>
    new Array<Buffer | undefined>(4 + localPorts).fill(undefined),
  );
  const creditOf = new Map<Buffer, number>();
  const channels: ChannelOf[] = [];
  const add = (
    timing: { cycles: number; creditCycles: number },
    buffer: Buffer,
    sources: (Buffer | undefined)[],
    wanted: (flit: Flit) => boolean,
  ) => {
    creditOf.set(buffer, timing.creditCycles);
    channels.push({ cycles: timing.cycles, buffer, inputs: sources, wanted, turn: 0, freeFrom: 0 });
  };
  const steps = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const;
  for (let node = 0; node < nodes; node += 1) {
    const [x, y] = [node % width, Math.floor(node / width)];
    const wayTo = (flit: Flit): number => {
      const to = Math.floor(flit.to / localPorts);
      const [toX, toY] = [to % width, Math.floor(to / width)];
      if (toX !== x) return toX > x ? 0 : 1;
      if (toY !== y) return toY > y ? 2 : 3;
      return 4 + (flit.to % localPorts);
    };
    steps.forEach(([dx, dy], direction) => {
      const [nextX, nextY] = [x + dx, y + dy];
      if (nextX < 0 || nextX >= width || nextY < 0 || nextY >= height) return;
      const buffer = newBuffer(link.bufferFlits);
      inputs[nextY * width + nextX]![direction] = buffer;
      add(link, buffer, inputs[node]!, (flit) => wayTo(flit) === direction);
    });
    for (let local = 0; local < localPorts; local += 1) {
      const port = node * localPorts + local;
      inputs[node]![4 + local] = entries[port]!;
      creditOf.set(queues[port]!, 1);
      add(injection, entries[port]!, [queues[port]!], () => true);
      add(ejection, exits[port]!, inputs[node]!, (flit) => wayTo(flit) === 4 + local);
    }
  }

  let now = 0;
  const frontOf = (buffer: Buffer | undefined): Flit | undefined => {
    const flit = buffer?.flits[0];
    return flit !== undefined && flit.from <= now && buffer!.frontFrom <= now ? flit : undefined;
  };
  const pop = (buffer: Buffer): Flit => {
    buffer.credits.push(now + creditOf.get(buffer)!);
    buffer.frontFrom = now + 1;
    return buffer.flits.shift()!;
  };

  return {
    inject(port, to, payload) {
      const queue = queues[port]!;
      if (queue.flits.length === queue.size) return false;
      queue.flits.push({ to, payload, from: now });
      return true;
    },
    step() {
      exits.forEach((exit, port) => {
        const flit = frontOf(exit);
        if (flit !== undefined && receive(port, flit.payload, now)) pop(exit);
      });
      const wishes = channels.map((channel) =>
        channel.inputs.map((input) => {
          const flit = frontOf(input);
          return flit !== undefined && channel.wanted(flit);
        }),
      );
      channels.forEach((channel, index) => {
        const { buffer } = channel;
        buffer.credits = buffer.credits.filter((from) => from > now);
        if (channel.freeFrom > now || buffer.flits.length + buffer.credits.length === buffer.size) return;
        const sides = channel.inputs.map((_, side) => (channel.turn + side) % channel.inputs.length);
        const side = sides.find((candidate) => wishes[index]![candidate]);
        if (side === undefined) return;
        buffer.flits.push({ ...pop(channel.inputs[side]!), from: now + channel.cycles });
        channel.turn = (side + 1) % channel.inputs.length;
        channel.freeFrom = now + flitCycles;
      });
      now += 1;
    },
    inFlight: () =>
      [...queues, ...channels.map(({ buffer }) => buffer)].reduce((sum, b) => sum + b.flits.length, 0),
  };
}
