import type { Batch } from "./network.ts";

/** A text as equally long streams, read side by side; what is left at its end is dropped. */
export interface TokenStreams {
  /** Step by step: [steps + 1, streams]. */
  readonly tokens: Int32Array;
  readonly streams: number;
  /** Steps with a token to predict. */
  readonly steps: number;
}

/** Of L tokens each stream gets ⌊L / streams⌋, the last of them only to be predicted. */
export function streamsOf(ids: ArrayLike<number>, streams: number): TokenStreams {
  const length = Math.floor(ids.length / streams);
  const tokens = new Int32Array(length * streams);
  for (let stream = 0; stream < streams; stream += 1)
    for (let t = 0; t < length; t += 1) tokens[t * streams + stream] = ids[stream * length + t]!;
  return { tokens, streams, steps: Math.max(0, length - 1) };
}

export function windowAt({ tokens, streams }: TokenStreams, begin: number, steps: number): Batch {
  return {
    steps,
    batch: streams,
    input: tokens.subarray(begin * streams, (begin + steps) * streams),
    targets: tokens.subarray((begin + 1) * streams, (begin + steps + 1) * streams),
  };
}
