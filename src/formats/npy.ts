import { InputError, UnsupportedError } from "../core/errors.ts";
import { parseNpyHeader } from "./npy-header.ts";
import {
  DTYPE_BYTES,
  decodeElements,
  elementsOf,
  formatShape,
  type NamedTensors,
  type Tensor,
  type TensorData,
} from "./tensors.ts";
import { openZip, readZipEntry } from "./zip.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HINT = "Write the array again with numpy.save.";

export const isNpy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Reads one array as numpy.save writes it. The header is parsed, never evaluated; Fortran order is turned into C order. */
export function readNpy(bytes: Uint8Array, name = "array"): Tensor {
  if (!isNpy(bytes))
    throw new InputError({ offset: 0 }, "not an .npy array: the magic bytes are missing", HINT);
  const { text, dataStart } = headerText(bytes);
  const { dtype, littleEndian, fortranOrder, shape } = parseNpyHeader(text);
  const elements = elementsOf(shape);
  if (elements === undefined) {
    throw new InputError({ offset: 10 }, `the shape ${formatShape(shape)} is impossible`, HINT);
  }
  const needed = elements * DTYPE_BYTES[dtype];
  const present = bytes.length - dataStart;
  if (present !== needed) {
    throw new InputError(
      { offset: dataStart },
      `${dtype} ${formatShape(shape)} needs ${needed} bytes, but ${present} follow`,
      "The file is truncated or damaged: copy or write it again.",
    );
  }
  const data = decodeElements(bytes.subarray(dataStart), dtype, littleEndian);
  return { name, dtype, shape, data: fortranOrder && shape.length > 1 ? toCOrder(data, shape) : data };
}

function headerText(bytes: Uint8Array): { text: string; dataStart: number } {
  const version = bytes[6];
  if (version !== undefined && (version < 1 || version > 3)) {
    throw new UnsupportedError(`version ${version} of the .npy format is not read`, HINT);
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start)
    throw new InputError({ offset: bytes.length }, "the file ends within its header", HINT);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length)
    throw new InputError({ offset: 8 }, "the file ends within its header", HINT);
  if (length > 65_536) throw new InputError({ offset: 8 }, `a header of ${length} bytes is not read`, HINT);
  return { text: new TextDecoder().decode(bytes.subarray(start, start + length)), dataStart: start + length };
}

/** From first index fastest to last index fastest. */
function toCOrder(data: TensorData, shape: readonly number[]): TensorData {
  const ordered = data.slice();
  const strides: number[] = [];
  let step = 1;
  for (const size of shape) {
    strides.push(step);
    step *= size;
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to += 1) {
    ordered[to] = data[from]!;
    for (let d = shape.length - 1; d >= 0; d -= 1) {
      index[d]! += 1;
      from += strides[d]!;
      if (index[d]! < shape[d]!) break;
      from -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return ordered;
}

/** Reads the arrays of an archive as numpy.savez and savez_compressed write it. */
export function readNpz(bytes: Uint8Array): NamedTensors {
  const archive = openZip(bytes);
  const tensors = new Map<string, Tensor>();
  for (const entry of archive.entries.values()) {
    const name = entry.name.replace(/\.npy$/, "");
    try {
      tensors.set(name, readNpy(readZipEntry(archive, entry), name));
    } catch (error) {
      if (error instanceof UnsupportedError)
        throw new UnsupportedError(`${entry.name}: ${error.message}`, error.hint);
      if (!(error instanceof InputError) || error.place.field !== undefined) throw error;
      throw new InputError({ ...error.place, field: entry.name }, error.problem, error.hint);
    }
  }
  return tensors;
}
