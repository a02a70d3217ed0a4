import { InputError } from "../core/errors.ts";

export const PICKLE_HINT =
  "Save only the weights, as torch.save(model.state_dict(), path), and copy the file whole.";

/** A reading position in a pickle; every read is held against the end. Numbers are little-endian. */
export interface PickleCursor {
  /** Of the opcode that is being read, for messages. */
  offset(): number;
  byte(): number;
  uint16(): number;
  uint32(): number;
  int32(): number;
  /** A length of eight bytes. */
  length8(): number;
  /** Big-endian, as pickles hold floats. */
  float64(): number;
  bytes(count: number): Uint8Array;
  utf8(count: number): string;
  /** Up to a newline, which is taken too. */
  line(): string;
}

export function pickleCursor(bytes: Uint8Array): PickleCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count: number): number => {
    if (count > bytes.length - at)
      throw new InputError({ offset: at }, "the pickle is cut off here", PICKLE_HINT);
    at += count;
    return at - count;
  };
  const text = (raw: Uint8Array): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    } catch {
      throw new InputError({ offset: at - raw.length }, "the text is not valid UTF-8", PICKLE_HINT);
    }
  };
  const take8 = (): number => Number(view.getBigUint64(take(8), true));
  const slice = (count: number): Uint8Array => {
    const start = take(count);
    return bytes.subarray(start, start + count);
  };
  return {
    offset: () => at,
    byte: () => bytes[take(1)]!,
    uint16: () => view.getUint16(take(2), true),
    uint32: () => view.getUint32(take(4), true),
    int32: () => view.getInt32(take(4), true),
    length8: take8,
    float64: () => view.getFloat64(take(8), false),
    bytes: slice,
    utf8: (count) => text(slice(count)),
    line() {
      const end = bytes.indexOf(0x0a, at);
      const raw = slice((end < 0 ? bytes.length : end) - at);
      take(1);
      return text(raw);
    },
  };
}
