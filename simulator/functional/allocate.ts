export type Numbers =
  Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** A kind of typed array: Float32Array, Uint16Array, … */
export interface NumberType<Values extends Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Values;
}

/** Makes a typed array of so many zeros, in a place of the maker's choice. */
export type Allocate = <Values extends Numbers>(type: NumberType<Values>, length: number) => Values;

/** Each array in a buffer of its own. */
export const allocateAlone: Allocate = (type, length) =>
  new type(new ArrayBuffer(length * type.BYTES_PER_ELEMENT), 0, length);

/** The same values in another place. */
export function copyTo<Values extends Numbers>(allocate: Allocate, values: Values): Values {
  const copy = allocate(values.constructor as unknown as NumberType<Values>, values.length);
  copy.set(values);
  return copy;
}

/** Where one array ends, the next begins a multiple of this later, so that all are aligned. */
export const ARRAY_ALIGNMENT = 16;

/** Bytes that arrays of these sizes take in one memory, each aligned. */
export const bytesOfArrays = (sizes: readonly number[]): number =>
  sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / ARRAY_ALIGNMENT) * ARRAY_ALIGNMENT, 0);
