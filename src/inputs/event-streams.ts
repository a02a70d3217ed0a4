import { InputError } from "../core/errors.ts";

const EVENT_BYTES = 5;

/** Events of a camera, in the order of the file. */
export interface CameraEvents {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  /** 1 where it became brighter. */
  readonly polarity: Uint8Array;
  /** µs. */
  readonly time: Uint32Array;
}

/**
 * Reads the 5-byte events of N-MNIST and N-Caltech101 (Orchard et al., 2015): x in 8 bits, y in 8 bits, polarity in 1 bit, time in
 * 23 bits of µs, big-endian. A row of 240 marks an overflow of the time, which then goes on 2^13 µs later.
 * @throws InputError where the file is no whole number of events, or holds none.
 */
export function readNmnistEvents(bytes: Uint8Array): CameraEvents {
  const count = bytes.length / EVENT_BYTES;
  if (!Number.isInteger(count) || count === 0) {
    throw new InputError(
      { offset: Math.floor(count) * EVENT_BYTES },
      `has ${bytes.length.toLocaleString("en-US")} bytes, which is no whole number of events of 5 bytes`,
      "Use recordings of N-MNIST as they are published (.bin, .bs2).",
    );
  }
  const events = {
    x: new Uint8Array(count),
    y: new Uint8Array(count),
    polarity: new Uint8Array(count),
    time: new Uint32Array(count),
  };
  let kept = 0;
  let overflow = 0;
  for (let i = 0; i < count; i += 1) {
    const at = i * EVENT_BYTES;
    if (bytes[at + 1] === OVERFLOW_ROW) {
      overflow += OVERFLOW_MICROSECONDS;
      continue;
    }
    events.x[kept] = bytes[at]!;
    events.y[kept] = bytes[at + 1]!;
    events.polarity[kept] = bytes[at + 2]! >> 7;
    events.time[kept] = (((bytes[at + 2]! & 0x7f) << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) + overflow;
    kept += 1;
  }
  return {
    x: events.x.subarray(0, kept),
    y: events.y.subarray(0, kept),
    polarity: events.polarity.subarray(0, kept),
    time: events.time.subarray(0, kept),
  };
}

const OVERFLOW_ROW = 240;
const OVERFLOW_MICROSECONDS = 2 ** 13;

/**
 * Events counted in bins of time, a channel a polarity, log(1 + n). What comes after the last bin is left out.
 * @returns Shape [steps, 2 · width · height].
 * @throws InputError where an event lies outside the picture.
 */
export function binEvents(
  { x, y, polarity, time }: CameraEvents,
  {
    width,
    height,
    steps,
    binMicroseconds,
  }: { width: number; height: number; steps: number; binMicroseconds: number },
): Float32Array {
  const frame = 2 * width * height;
  const bins = new Float32Array(steps * frame);
  const first = time.length > 0 ? time[0]! : 0;
  for (let i = 0; i < time.length; i += 1) {
    if (x[i]! >= width || y[i]! >= height) {
      throw new InputError(
        { field: `event ${i}` },
        `lies at (${x[i]}, ${y[i]}), outside the picture of ${width} x ${height}`,
        "Set data.width and data.height to those of the camera.",
      );
    }
    const step = Math.floor((time[i]! - first) / binMicroseconds);
    if (step < 0 || step >= steps) continue;
    bins[step * frame + polarity[i]! * width * height + y[i]! * width + x[i]!]! += 1;
  }
  return bins.map((count) => Math.log1p(count));
}
