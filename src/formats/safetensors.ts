import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";
import {
  DTYPE_BYTES,
  type Dtype,
  decodeElements,
  elementsOf,
  formatShape,
  type NamedTensors,
  type Tensor,
  type TensorData,
} from "./tensors.ts";

/** The format's own limit on its header. */
const MAX_HEADER_BYTES = 100_000_000;
const HINT = "Save the file again, for example with safetensors.torch.save_file.";

const DTYPES: ReadonlyMap<unknown, Dtype> = new Map([
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["U16", "uint16"],
  ["I16", "int16"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["U32", "uint32"],
  ["I32", "int32"],
  ["F32", "float32"],
  ["U64", "uint64"],
  ["I64", "int64"],
  ["F64", "float64"],
]);

export interface SafetensorsFile {
  /** In the order of the header. */
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Placed {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range in the data section. */
  readonly begin: number;
  readonly end: number;
}

/** Whether the bytes look like safetensors: a plausible header length, then a JSON object. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 9 || bytes[8] !== 0x7b) return false;
  return headerLength(bytes) <= MAX_HEADER_BYTES;
}

const headerLength = (bytes: Uint8Array): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));

/**
 * Reads a safetensors file. Every dtype, shape and offset is checked; as the format demands, the tensors
 * cover the data section without holes or overlaps.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = parseHeader(bytes);
  const data = bytes.subarray(dataStart);
  const placed: Placed[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = checkedMetadata(entry);
    else placed.push(checkedEntry(name, entry, data.length));
  }
  checkCoverage(placed, data.length);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of placed) {
    tensors.set(name, { name, dtype, shape, data: decodeElements(data.subarray(begin, end), dtype) });
  }
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): { header: object; dataStart: number } {
  if (bytes.length < 8) {
    throw new InputError({ offset: bytes.length }, "the file ends before the header's length", HINT);
  }
  const length = headerLength(bytes);
  if (length > MAX_HEADER_BYTES) {
    throw new InputError({ offset: 0 }, `the header claims ${length} bytes; 100,000,000 is the limit`, HINT);
  }
  if (8 + length > bytes.length) {
    throw new InputError(
      { offset: 0 },
      `the header claims ${counted(length, "byte")}, but only ${bytes.length - 8} follow; the file may be truncated`,
      HINT,
    );
  }
  const header = parseJson(bytes.subarray(8, 8 + length));
  if (header === null || typeof header !== "object" || Array.isArray(header)) {
    throw new InputError({ offset: 8 }, "the header is not a JSON object", HINT);
  }
  return { header, dataStart: 8 + length };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new InputError({ offset: 8 }, "the header is not valid JSON in UTF-8", HINT);
  }
}

function checkedMetadata(entry: unknown): Readonly<Record<string, string>> {
  const isText =
    entry !== null &&
    typeof entry === "object" &&
    !Array.isArray(entry) &&
    Object.values(entry).every((value) => typeof value === "string");
  if (!isText) throw new InputError({ field: "__metadata__" }, "is not an object of strings", HINT);
  return entry as Readonly<Record<string, string>>;
}

function checkedEntry(name: string, entry: unknown, dataBytes: number): Placed {
  const fail = (problem: string): never => {
    throw new InputError({ field: name }, problem, HINT);
  };
  if (entry === null || typeof entry !== "object") return fail("has no description");
  const { dtype: code, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const dtype = DTYPES.get(code) ?? fail(`has the element type ${JSON.stringify(code)}, which is not read`);
  const elements = Array.isArray(shape) ? elementsOf(shape) : undefined;
  if (elements === undefined) return fail(`has the impossible shape ${JSON.stringify(shape)}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!isOffset(begin) || !isOffset(end) || begin > end) {
    return fail(`has the impossible data_offsets ${JSON.stringify(offsets)}`);
  }
  if (end > dataBytes) {
    return fail(`ends at byte ${end} of the data, which has ${dataBytes}; the file may be truncated`);
  }
  const needed = elements * DTYPE_BYTES[dtype];
  if (end - begin !== needed) {
    return fail(
      `occupies ${counted(end - begin, "byte")}, but ${dtype} ${formatShape(shape as number[])} needs ${needed}`,
    );
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkCoverage(placed: readonly Placed[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...placed].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw new InputError({ field: name }, "overlaps another tensor", HINT);
    if (begin > covered) {
      throw new InputError(
        { field: name },
        `leaves ${counted(begin - covered, "unused byte")} before it`,
        HINT,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new InputError({}, `${counted(dataBytes - covered, "byte")} after the last tensor`, HINT);
  }
}

/**
 * Writes tensors as safetensors, listed in the map's order. Wider elements are placed first, so that
 * each tensor is aligned. Half-precision tensors, which are held as float32, are written as float32.
 */
export function writeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const begins = new Map<string, number>();
  let end = 0;
  const bySize = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  for (const [name, { data }] of bySize) {
    begins.set(name, end);
    end += data.byteLength;
  }
  const entries: [string, unknown][] = [...tensors].map(([name, { dtype, shape, data }]) => {
    const begin = begins.get(name)!;
    return [name, { dtype: codeOf(dtype, data), shape, data_offsets: [begin, begin + data.byteLength] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(["__metadata__", metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + end).fill(0x20, 8, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  for (const [name, { data }] of bySize) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 8 + padded + begins.get(name)!);
  }
  return bytes;
}

function codeOf(dtype: Dtype, data: TensorData): string {
  const held = data instanceof Float32Array ? "float32" : dtype;
  for (const [code, known] of DTYPES) if (known === held) return code as string;
  throw new Error(`no safetensors code for ${dtype}`);
}
