import { Inflate } from "fflate";
import { InputError } from "../core/errors.ts";

/**
 * Bounded reading of zip archives as torch.save and np.savez write them: entries stored or deflated, below
 * 4 GiB. Names serve as keys only, never as paths. What would expand beyond the limits is refused before
 * a byte of it is expanded, and an entry that lies about its size is stopped at the size that it declared.
 */
export interface ZipLimits {
  readonly entries: number;
  /** All entries' uncompressed bytes together. */
  readonly totalBytes: number;
  /** Uncompressed bytes per byte of archive; holds above `alwaysAllowedBytes`. */
  readonly expansion: number;
  readonly alwaysAllowedBytes: number;
}

export const ZIP_LIMITS: ZipLimits = {
  entries: 20_000,
  totalBytes: 4 * 2 ** 30,
  expansion: 100,
  alwaysAllowedBytes: 16 * 2 ** 20,
};

export interface ZipEntry {
  readonly name: string;
  /** Uncompressed bytes, as declared. */
  readonly size: number;
  readonly compressedSize: number;
  readonly deflated: boolean;
  readonly crc32: number;
  /** Of its local header in the archive. */
  readonly offset: number;
}

export interface ZipArchive {
  readonly bytes: Uint8Array;
  /** In the order of the central directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** torch can be told to leave checksums out; every entry's is 0 then. */
  readonly hasChecksums: boolean;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const HINT = "The file is damaged or was not copied whole: copy or save it again.";

export const isZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL_HEADER;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads the directory of an archive and holds it against the limits. Nothing is expanded. */
export function openZip(bytes: Uint8Array, limits: ZipLimits = ZIP_LIMITS): ZipArchive {
  const view = viewOf(bytes);
  const end = findEndRecord(view);
  const count = view.getUint16(end + 10, true);
  const directoryBytes = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw new InputError(
      { offset: end },
      "archives above 4 GiB (Zip64) are not read",
      "Save less in one file.",
    );
  }
  if (count > limits.entries) {
    throw new InputError(
      { offset: end },
      `${count} entries; ${limits.entries} is the limit`,
      "Save fewer tensors.",
    );
  }
  if (at + directoryBytes > end)
    throw new InputError({ offset: end }, "the archive's directory lies outside it", HINT);
  const entries = new Map<string, ZipEntry>();
  for (let i = 0; i < count; i += 1) {
    const { entry, next } = directoryEntry(bytes, view, at, end);
    if (entries.has(entry.name))
      throw new InputError({ offset: at }, `two entries are named ${entry.name}`, HINT);
    entries.set(entry.name, entry);
    at = next;
  }
  checkExpansion([...entries.values()], bytes.length, limits);
  return { bytes, entries, hasChecksums: [...entries.values()].some(({ crc32 }) => crc32 !== 0) };
}

/** The end record closes the file; a comment of up to 65,535 bytes may follow it. */
function findEndRecord(view: DataView): number {
  for (let at = view.byteLength - 22; at >= 0 && at >= view.byteLength - 22 - 0xffff; at -= 1) {
    if (
      view.getUint32(at, true) === END_RECORD &&
      at + 22 + view.getUint16(at + 20, true) === view.byteLength
    ) {
      return at;
    }
  }
  throw new InputError(
    { offset: view.byteLength },
    "the archive's end record is missing: the file is truncated",
    HINT,
  );
}

function directoryEntry(bytes: Uint8Array, view: DataView, at: number, limit: number) {
  if (at + 46 > limit || view.getUint32(at, true) !== CENTRAL_HEADER) {
    throw new InputError({ offset: at }, "an entry of the archive's directory is damaged", HINT);
  }
  const nameBytes = view.getUint16(at + 28, true);
  const next = at + 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > limit)
    throw new InputError({ offset: at }, "an entry of the archive's directory is cut off", HINT);
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
  const method = view.getUint16(at + 10, true);
  const fail = (problem: string): never => {
    throw new InputError(
      { field: name, offset: at },
      problem,
      "Write the archive stored or deflated, below 4 GiB.",
    );
  };
  if (view.getUint16(at + 8, true) & 1) fail("the entry is encrypted");
  if (method !== 0 && method !== 8) fail(`the compression method ${method} is not read`);
  const entry: ZipEntry = {
    name,
    size: view.getUint32(at + 24, true),
    compressedSize: view.getUint32(at + 20, true),
    deflated: method === 8,
    crc32: view.getUint32(at + 16, true),
    offset: view.getUint32(at + 42, true),
  };
  if ([entry.size, entry.compressedSize, entry.offset].includes(0xffffffff))
    fail("Zip64 entries are not read");
  if (!entry.deflated && entry.size !== entry.compressedSize) fail("a stored entry states two sizes");
  return { entry, next };
}

function checkExpansion(entries: readonly ZipEntry[], archiveBytes: number, limits: ZipLimits): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const allowed = Math.min(
    limits.totalBytes,
    Math.max(limits.alwaysAllowedBytes, limits.expansion * archiveBytes),
  );
  if (total <= allowed) return;
  throw new InputError(
    {},
    `the archive would expand from ${archiveBytes} to ${total} bytes; ${allowed} is the limit (a zip bomb?)`,
    "Save the file without compression.",
  );
}

/**
 * The content of one entry: a view where it is stored, else expanded. Size and checksum must be as declared.
 */
export function readZipEntry({ bytes, hasChecksums }: ZipArchive, entry: ZipEntry): Uint8Array {
  const view = viewOf(bytes);
  const { name, offset } = entry;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL_HEADER) {
    throw new InputError({ field: name, offset }, "the entry's header is damaged", HINT);
  }
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + entry.compressedSize > bytes.length) {
    throw new InputError({ field: name, offset: start }, "the entry reaches past the end of the file", HINT);
  }
  const raw = bytes.subarray(start, start + entry.compressedSize);
  const content = entry.deflated ? inflateTo(entry, raw, start) : raw;
  if (hasChecksums && crc32Of(content) !== entry.crc32) {
    throw new InputError({ field: name, offset: start }, "the entry's checksum (CRC-32) is wrong", HINT);
  }
  return content;
}

/** Input is fed in pieces, so that a stream that runs past its declared size is stopped early. */
const PIECE_BYTES = 4096;

function inflateTo(entry: ZipEntry, raw: Uint8Array, start: number): Uint8Array {
  const fail = (problem: string): never => {
    throw new InputError({ field: entry.name, offset: start }, problem, HINT);
  };
  const content = new Uint8Array(entry.size);
  let filled = 0;
  const inflate = new Inflate((chunk) => {
    if (filled + chunk.length > entry.size) {
      fail(`expands to more than the ${entry.size} bytes that it declares`);
    }
    content.set(chunk, filled);
    filled += chunk.length;
  });
  try {
    for (let at = 0; at < raw.length; at += PIECE_BYTES) {
      inflate.push(raw.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= raw.length);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    fail(`the compressed data is damaged (${error instanceof Error ? error.message : error})`);
  }
  if (filled !== entry.size) fail(`expands to ${filled} bytes instead of the ${entry.size} that it declares`);
  return content;
}

let crcTables: Uint32Array[] | undefined;

/** Four tables, so that four bytes are taken at a time (slicing-by-4). */
function makeCrcTables(): Uint32Array[] {
  const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n += 1) {
    let c = n;
    for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[0]![n] = c;
  }
  for (let k = 1; k < 4; k += 1) {
    for (let n = 0; n < 256; n += 1) {
      const previous = tables[k - 1]![n]!;
      tables[k]![n] = (previous >>> 8) ^ tables[0]![previous & 0xff]!;
    }
  }
  return tables;
}

/** CRC-32 as zip uses it. */
export function crc32Of(bytes: Uint8Array): number {
  crcTables ??= makeCrcTables();
  const [t0, t1, t2, t3] = crcTables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let crc = 0xffffffff;
  let i = 0;
  for (const whole = bytes.length - 3; i < whole; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!;
  }
  for (; i < bytes.length; i += 1) crc = t0[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
