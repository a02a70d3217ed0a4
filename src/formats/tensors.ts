import { InputError } from "../core/errors.ts";

/** Element types as the file holds them. */
export type Dtype =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

export type TensorData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** A named array out of a file. */
export interface Tensor {
  readonly name: string;
  readonly dtype: Dtype;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /**
   * Elements in C order (last index fastest). float16 and bfloat16 are widened to a Float32Array, bool is a
   * Uint8Array. May be a view into the file's bytes. Tensors that share a storage share this object.
   */
  readonly data: TensorData;
}

/** In the order of the file. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

export const DTYPE_BYTES: Readonly<Record<Dtype, 1 | 2 | 4 | 8>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  float16: 2,
  bfloat16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** Number of elements of a shape; undefined where it is not made of whole numbers or exceeds 2^53. */
export function elementsOf(shape: readonly unknown[]): number | undefined {
  let elements = 1;
  for (const size of shape) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
    elements *= size;
    if (!Number.isSafeInteger(elements)) return undefined;
  }
  return elements;
}

/** For messages: `[40, 12]`. */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Elements from raw bytes. A view where alignment and byte order permit, else a copy.
 * @param bytes Exactly the elements' bytes; the length is a multiple of the element's size.
 */
export function decodeElements(bytes: Uint8Array, dtype: Dtype, littleEndian = true): TensorData {
  const width = DTYPE_BYTES[dtype];
  const swap = width > 1 && littleEndian !== HOST_IS_LITTLE_ENDIAN;
  const source = swap || bytes.byteOffset % width !== 0 ? new Uint8Array(bytes) : bytes;
  if (swap) swapBytes(source, width);
  const at = [source.buffer, source.byteOffset, source.byteLength / width] as const;
  switch (dtype) {
    case "bool":
    case "uint8":
      return new Uint8Array(...at);
    case "int8":
      return new Int8Array(...at);
    case "uint16":
      return new Uint16Array(...at);
    case "int16":
      return new Int16Array(...at);
    case "uint32":
      return new Uint32Array(...at);
    case "int32":
      return new Int32Array(...at);
    case "uint64":
      return new BigUint64Array(...at);
    case "int64":
      return new BigInt64Array(...at);
    case "float16":
      return Float32Array.from(new Uint16Array(...at), float16Value);
    case "bfloat16":
      return widenBfloat16(new Uint16Array(...at));
    case "float32":
      return new Float32Array(...at);
    case "float64":
      return new Float64Array(...at);
  }
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width) {
    bytes.subarray(start, start + width).reverse();
  }
}

/** IEEE 754 binary16 from its bits. */
function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i += 1) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

/** The elements as float32: the same object where they are float32 already, else rounded. */
export function float32Of({ data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  return new Float32Array(data);
}

/** The elements as float64: the same object where they are float64 already. Integers above 2^53 are rounded. */
export function float64Of({ data }: Tensor): Float64Array {
  if (data instanceof Float64Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return new Float64Array(data);
}

/** The named tensor. @throws InputError that lists what there is. */
export function tensorNamed(tensors: NamedTensors, name: string): Tensor {
  const found = tensors.get(name);
  if (found !== undefined) return found;
  const names = [...tensors.keys()].slice(0, 12).join(", ");
  throw new InputError(
    { field: name },
    `there is no such tensor; the file holds ${names || "none"}`,
    "Name one of the tensors in the file.",
  );
}
