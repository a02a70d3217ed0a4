import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";
import type { ReadBeside } from "./read-beside.ts";
import { DTYPE_BYTES, type Dtype, decodeElements, elementsOf, formatShape, type Tensor } from "./tensors.ts";

/** A TensorProto as protobufjs decodes it. */
export interface WireTensor {
  readonly name: string;
  readonly dims: readonly (number | { toNumber(): number })[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
  readonly floatData: readonly Uint8Array[];
  readonly int32Data: readonly Uint8Array[];
  readonly int64Data: readonly Uint8Array[];
  readonly doubleData: readonly Uint8Array[];
  readonly uint64Data: readonly Uint8Array[];
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation: number;
}

/** TensorProto.DataType. */
const DTYPES: ReadonlyMap<number, Dtype> = new Map([
  [1, "float32"],
  [2, "uint8"],
  [3, "int8"],
  [4, "uint16"],
  [5, "int16"],
  [6, "int32"],
  [7, "int64"],
  [9, "bool"],
  [10, "float16"],
  [11, "float64"],
  [12, "uint32"],
  [13, "uint64"],
  [16, "bfloat16"],
]);
const EXTERNAL = 1;
const MAX_RANK = 32;
const HINT = "The file is damaged or was not copied whole: export it again.";

export const numberOf = (value: number | { toNumber(): number }): number =>
  typeof value === "number" ? value : value.toNumber();

/** A varint of one byte is read as an int64 of eight. */
const MAX_EXPANSION = 8;
/** Tensors may share what lies in a file beside the model, but not all of it all the time. */
const MAX_SHARING = 4;

/**
 * Reads the tensors of a file of `fileBytes`. Entries of a few bytes can each name the whole of another file: together they hold no
 * more than a few times what the files do.
 */
export function onnxTensorReader(fileBytes: number, readBeside: ReadBeside): (wire: WireTensor) => Tensor {
  const besides = new Set<string>();
  let allowed = MAX_EXPANSION * fileBytes;
  let total = 0;
  const counting: ReadBeside = (path) => {
    const bytes = readBeside(path);
    if (!besides.has(path)) allowed += MAX_SHARING * bytes.length;
    besides.add(path);
    return bytes;
  };
  return (wire) => {
    const tensor = onnxTensor(wire, counting);
    total += tensor.data.byteLength;
    if (total <= allowed) return tensor;
    throw new InputError(
      { field: tensor.name },
      `with this tensor the weights come to ${counted(total, "byte")}; ${allowed} is the limit for files of this size`,
      HINT,
    );
  };
}

/** @throws InputError naming the tensor where type, shape and data do not fit one another. */
function onnxTensor(wire: WireTensor, readBeside: ReadBeside): Tensor {
  const { name } = wire;
  const fail = (problem: string): never => {
    throw new InputError({ field: name || "a tensor without name" }, problem, HINT);
  };
  const dtype = DTYPES.get(wire.dataType) ?? fail(`has the element type ${wire.dataType}, which is not read`);
  const shape = wire.dims.map(numberOf);
  const elements = elementsOf(shape);
  if (elements === undefined || shape.length > MAX_RANK)
    return fail(`has the impossible shape [${shape.slice(0, 9).join(", ")}]`);
  const bytes = bytesOf(wire, dtype, elements, readBeside, fail);
  const needed = elements * DTYPE_BYTES[dtype];
  if (bytes.length !== needed)
    return fail(`holds ${counted(bytes.length, "byte")}, but ${dtype} ${formatShape(shape)} needs ${needed}`);
  return { name, dtype, shape, data: decodeElements(bytes, dtype) };
}

function bytesOf(
  wire: WireTensor,
  dtype: Dtype,
  elements: number,
  readBeside: ReadBeside,
  fail: (problem: string) => never,
): Uint8Array {
  if (wire.dataLocation === EXTERNAL) return externalBytes(wire, readBeside, fail);
  if (wire.rawData.length > 0) return wire.rawData;
  switch (dtype) {
    case "float32":
      return joined(wire.floatData);
    case "float64":
      return joined(wire.doubleData);
    case "int64":
      return varints(joined(wire.int64Data), 8, elements, fail);
    case "uint64":
    case "uint32":
      return varints(joined(wire.uint64Data), DTYPE_BYTES[dtype], elements, fail);
    default:
      // Narrow types, half-precision floats by their bits among them, stand one in each int32.
      return varints(joined(wire.int32Data), DTYPE_BYTES[dtype], elements, fail);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Packed varints as little-endian integers of `width` bytes; a varint takes at least one byte of the file. */
function varints(
  packed: Uint8Array,
  width: number,
  elements: number,
  fail: (problem: string) => never,
): Uint8Array {
  if (elements > packed.length) fail(`holds fewer than ${elements} values`);
  const bytes = new Uint8Array(elements * width);
  let at = 0;
  for (let element = 0; element < elements; element += 1) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = packed[at];
      if (byte === undefined || shift > 63n) return fail(`value ${element} is cut off`);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    for (let i = 0; i < width; i += 1) bytes[element * width + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  if (at !== packed.length) fail(`holds more than ${elements} values`);
  return bytes;
}

function externalBytes(
  { externalData }: WireTensor,
  readBeside: ReadBeside,
  fail: (problem: string) => never,
): Uint8Array {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? fail("lies in another file, which it does not name");
  const whole = readBeside(location);
  const [offset = 0, length = whole.length - offset] = ["offset", "length"].map((key) => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    return /^\d{1,15}$/.test(text)
      ? Number(text)
      : fail(`has the impossible ${key} ${text.slice(0, 40)} in ${location}`);
  });
  if (offset + length > whole.length || length < 0)
    fail(`ends at byte ${offset + length} of ${location}, which has ${whole.length}`);
  return whole.subarray(offset, offset + length);
}
