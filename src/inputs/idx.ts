import { InputError } from "../core/errors.ts";

const HINT = "Use the files of MNIST as they are published, unpacked or as .gz.";
const UNSIGNED_BYTE = 0x08;

/** An array of unsigned bytes in the IDX format of MNIST. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/**
 * Reads an IDX file: two zero bytes, the element type, the number of dimensions, each as a big-endian 32-bit number, then
 * the elements. Only unsigned bytes are read, which is what MNIST has.
 * @throws InputError with the offset of what is wrong.
 */
export function readIdx(bytes: Uint8Array): IdxArray {
  const fail = (offset: number, problem: string): never => {
    throw new InputError({ offset }, problem, HINT);
  };
  if (bytes.length < 4) fail(bytes.length, "the file ends before its header");
  if (bytes[0] !== 0 || bytes[1] !== 0) fail(0, "not an IDX file: it does not begin with two zero bytes");
  if (bytes[2] !== UNSIGNED_BYTE)
    fail(2, `holds elements of type ${bytes[2]}; only unsigned bytes (8) are read`);
  const rank = bytes[3]!;
  if (rank < 1 || rank > 4) fail(3, `has ${rank} dimensions; 1 to 4 are read`);
  const begin = 4 + 4 * rank;
  if (bytes.length < begin) fail(bytes.length, "the file ends within its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== bytes.length - begin) {
    fail(begin, `has ${bytes.length - begin} elements, but its header says ${shape.join(" x ")}`);
  }
  return { shape, values: bytes.subarray(begin) };
}
