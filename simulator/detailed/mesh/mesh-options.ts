import { UnsupportedError } from "../../../src/core/errors.ts";

/** One kind of channel: a wire, the pipeline before it and the buffer at its end. */
export interface ChannelTiming {
  /** NoC cycles from the sender's decision until the flit stands in the buffer; at least 1. */
  readonly cycles: number;
  /** NoC cycles from leaving the buffer until the sender may use the place again; at least 1. */
  readonly creditCycles: number;
  /** Places of the buffer. A sender that never has to pause needs `cycles` + `creditCycles` of them. */
  readonly bufferFlits: number;
}

/**
 * A mesh of routers, all places of the rectangle: node (x, y) is y · width + x. Every node has the same number
 * of local ports, each one way in and one way out, shared by the endpoints behind it: port p of node n is
 * n · localPorts + p.
 */
export interface MeshOptions {
  readonly width: number;
  readonly height: number;
  readonly localPorts: number;
  /** From a router to the next: `cycles` is the latency of a hop. */
  readonly link: ChannelTiming;
  /** From a source queue into its router. */
  readonly injection: ChannelTiming;
  /** From the last router to the receiver. */
  readonly ejection: ChannelTiming;
  /** NoC cycles for which a flit occupies any channel. */
  readonly flitCycles: number;
  /** Places of the queue before each local port. */
  readonly sourceQueueFlits: number;
}

/** Steps along x and y, in the order of a router's first four outputs; its local ports follow. */
export const DIRECTIONS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/** Coordinates have 12 bits in a flit's address. */
const MAX_SIDE = 2 ** 12;
/** One bit an input in a positive mask. */
const MAX_LOCAL_PORTS = 30 - DIRECTIONS.length;
const MAX_CYCLES = 2 ** 12;
const MAX_FLITS = 2 ** 20;
/** Half a gigabyte; far above any board, it keeps a mistyped size from filling the memory. */
const MAX_WORDS = 2 ** 27;

/** Refuses what the network cannot represent. */
export function checkMeshOptions(options: MeshOptions): void {
  const { width, height, localPorts, link, injection, ejection, flitCycles, sourceQueueFlits } = options;
  requireWithin("width", width, MAX_SIDE);
  requireWithin("height", height, MAX_SIDE);
  requireWithin("number of local ports", localPorts, MAX_LOCAL_PORTS);
  requireWithin("link occupancy in cycles", flitCycles, MAX_CYCLES);
  requireWithin("source queue in flits", sourceQueueFlits, MAX_FLITS);
  for (const [name, timing] of Object.entries({ link, injection, ejection })) {
    requireWithin(`${name} latency in cycles`, timing.cycles, MAX_CYCLES);
    requireWithin(`${name} credit latency in cycles`, timing.creditCycles, MAX_CYCLES);
    requireWithin(`${name} buffer in flits`, timing.bufferFlits, MAX_FLITS);
  }
}

export function requireWords(words: number): void {
  if (words <= MAX_WORDS) return;
  throw new UnsupportedError(
    `The mesh network needs ${words.toLocaleString("en-US")} words of memory; ${MAX_WORDS.toLocaleString("en-US")} are the most.`,
    "Check the size of the mesh, its buffers and its latencies in the profile.",
  );
}

function requireWithin(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new UnsupportedError(
    `The mesh network's ${name} is ${value}; it must be a whole number from 1 to ${most.toLocaleString("en-US")}.`,
    "Check the NoC of the profile.",
  );
}
