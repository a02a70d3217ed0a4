import type * as H5wasm from "h5wasm";
import type { Dataset, Entity, Group, Metadata } from "h5wasm";
import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";
import { DTYPE_BYTES, type Dtype, decodeElements, elementsOf, formatShape, type Tensor } from "./tensors.ts";

/** What a file holds, read as a whole: groups within groups, arrays and texts. */
export interface Hdf5Group {
  readonly kind: "group";
  /** From the root: `/node/nodes`; empty for the root. */
  readonly path: string;
  readonly entries: ReadonlyMap<string, Hdf5Entry>;
  /** Attributes that are text, or lists of it. */
  readonly attributes: ReadonlyMap<string, string | readonly string[]>;
}

export type Hdf5Entry =
  | Hdf5Group
  | { readonly kind: "array"; readonly path: string; readonly tensor: Tensor }
  | {
      readonly kind: "text";
      readonly path: string;
      readonly shape: readonly number[];
      readonly texts: readonly string[];
    }
  /** A link, a reference or a compound: of no use to a model. */
  | { readonly kind: "other"; readonly path: string; readonly what: string };

/** Contents of a file that is to be written. */
export interface Hdf5Tree {
  readonly [name: string]: Hdf5Tree | Tensor | string | readonly (readonly string[])[];
}

/**
 * Reads and writes HDF5 in memory; made by `loadHdf5`. What is read is held against limits, but a file that was damaged with
 * care can keep the library busy for ever: files of unknown origin are read in a thread that can be ended (hdf5-worker.ts).
 */
export interface Hdf5 {
  read(bytes: Uint8Array): Hdf5Group;
  write(tree: Hdf5Tree): Uint8Array;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
export const isHdf5 = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

const HINT = "The file is damaged or was not copied whole: save it again.";
const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 64;
/** Arrays may hold this much, and more only as far as the file's size bears it out. */
const ALWAYS_ALLOWED_BYTES = 16 * 2 ** 20;
const MAX_EXPANSION = 100;
const MAX_TOTAL_BYTES = 2 ** 31;
/** Filters that are built in: deflate, shuffle, fletcher32, n-bit, scale-offset. */
const FILTERS = new Set([1, 2, 3, 5, 6]);

let loaded: Promise<Hdf5> | undefined;

/** The HDF5 library, compiled to WebAssembly: loaded where a file needs it, once, in a fraction of a second. */
export const loadHdf5 = (): Promise<Hdf5> => (loaded ??= load());

type Library = typeof H5wasm;

async function load(): Promise<Hdf5> {
  const library = await import("h5wasm");
  const module = await library.ready;
  // Without it, an array that could not be read would come back as whatever the memory held.
  module.activate_throwing_error_handler();
  return {
    read: (bytes) => withFile(library, bytes, (file) => new Reader(library, bytes.length).group(file, "", 0)),
    write: (tree) => withoutClock(() => written(library, tree)),
  };
}

let files = 0;

function withFile<Result>(library: Library, bytes: Uint8Array, read: (file: Group) => Result): Result {
  const { FS } = library;
  files += 1;
  const path = `/model${files}.h5`;
  try {
    FS!.writeFile(path, bytes);
    const file = new library.File(path, "r");
    try {
      return read(file);
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError({}, `not a sound HDF5 file: ${reasonOf(error)}`, HINT);
  } finally {
    if (FS!.analyzePath(path).exists) FS!.unlink(path);
  }
}

/** The library throws errors, and traces of its calls as text: of these the innermost says what is wrong. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const innermost = [...text.matchAll(/^ *#\d+: .* in \w+\(\): (.+)$/gm)].at(-1)?.[1];
  return (innermost ?? text.split("\n", 1)[0]!).slice(0, 200) || "it cannot be opened";
}

class Reader {
  private entries = 0;
  private readonly allowed: number;
  private total = 0;

  constructor(
    private readonly library: Library,
    fileBytes: number,
  ) {
    this.allowed = Math.min(MAX_TOTAL_BYTES, Math.max(ALWAYS_ALLOWED_BYTES, MAX_EXPANSION * fileBytes));
  }

  group(group: Group, path: string, depth: number): Hdf5Group {
    if (depth > MAX_DEPTH)
      throw new InputError(
        { field: path.slice(0, 80) },
        `groups nest deeper than ${MAX_DEPTH} levels, or in a circle`,
        HINT,
      );
    const names = group.keys();
    this.entries += names.length;
    if (this.entries > MAX_ENTRIES)
      throw new InputError({}, `more than ${MAX_ENTRIES.toLocaleString("en-US")} groups and arrays`, HINT);
    const entries = names.map((name): [string, Hdf5Entry] => {
      const inner = `${path}/${name}`;
      return [name, this.at(inner, () => this.entry(group.get(name), inner, depth))];
    });
    return {
      kind: "group",
      path,
      entries: new Map(entries),
      attributes: this.at(path, () => this.attributes(group)),
    };
  }

  /** Faults of the library, with their place. */
  private at<Result>(path: string, read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError({ field: path }, `cannot be read: ${reasonOf(error)}`, HINT);
    }
  }

  private entry(entity: Entity | null, path: string, depth: number): Hdf5Entry {
    if (entity instanceof this.library.Group) return this.group(entity, path, depth + 1);
    if (entity instanceof this.library.Dataset) return this.dataset(entity, path);
    return { kind: "other", path, what: entity === null ? "a link to nothing" : entity.constructor.name };
  }

  private dataset(dataset: Dataset, path: string): Hdf5Entry {
    const { metadata } = dataset;
    const { shape, size } = metadata;
    if (shape === null) return { kind: "other", path, what: "an array without a shape" };
    const elements = elementsOf(shape);
    if (elements === undefined)
      throw new InputError({ field: path }, `has the impossible shape ${formatShape(shape)}`, HINT);
    this.charge(elements * size, path);
    const unknown = dataset.filters.find(({ id }) => !FILTERS.has(id));
    if (unknown !== undefined)
      throw new InputError(
        { field: path },
        `is compressed with ${unknown.name || `filter ${unknown.id}`}, which is not read`,
        "Save the file with gzip compression, or with none.",
      );
    if (metadata.type === STRING) return { kind: "text", path, shape, texts: textsOf(dataset.value) };
    const dtype = dtypeOf(metadata);
    if (dtype === undefined)
      return { kind: "other", path, what: `an array of ${JSON.stringify(dataset.dtype).slice(0, 80)}` };
    const data = decodeElements(this.bytes(dataset, elements * size), dtype, metadata.littleEndian);
    return { kind: "array", path, tensor: { name: path, dtype, shape, data } };
  }

  private charge(bytes: number, path: string): void {
    this.total += bytes;
    if (this.total <= this.allowed) return;
    throw new InputError(
      { field: path },
      `with this array the file would expand to ${counted(this.total, "byte")}; ${this.allowed} is the limit`,
      HINT,
    );
  }

  private bytes({ file_id: file, path }: Dataset, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    const { Module } = this.library;
    const memory = Module as unknown as {
      _malloc(bytes: number): number;
      _free(at: number): void;
      HEAPU8: Uint8Array;
    };
    const at = memory._malloc(length);
    if (at === 0) throw new Error(`no memory for ${length} bytes`);
    try {
      Module.get_dataset_data(file, path, null, null, null, BigInt(at));
      return memory.HEAPU8.slice(at, at + length);
    } finally {
      memory._free(at);
    }
  }

  private attributes(group: Group): ReadonlyMap<string, string | readonly string[]> {
    const found = new Map<string, string | readonly string[]>();
    for (const [name, attribute] of Object.entries(group.attrs)) {
      if (attribute.metadata.type !== STRING || attribute.shape === null) continue;
      this.charge(
        (elementsOf(attribute.shape) ?? Number.POSITIVE_INFINITY) * attribute.metadata.size,
        group.path,
      );
      const { value } = attribute;
      found.set(name, typeof value === "string" ? value : textsOf(value));
    }
    return found;
  }
}

/** H5T classes. */
const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const ENUM = 8;

function dtypeOf({ type, size, signed }: Metadata): Dtype | undefined {
  const name =
    type === FLOAT
      ? `float${8 * size}`
      : type === INTEGER || type === ENUM
        ? `${signed ? "int" : "uint"}${8 * size}`
        : "";
  return name in DTYPE_BYTES ? (name as Dtype) : undefined;
}

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).map((text) => (typeof text === "string" ? text : ""));

/**
 * HDF5 keeps the time at which each array was made, and the library offers no way to leave it out. Equal models shall give equal
 * bytes: while it writes, which takes no turn of the event loop, its clock stands still.
 */
function withoutClock<Result>(write: () => Result): Result {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return write();
  } finally {
    Date.now = now;
  }
}

function written(library: Library, tree: Hdf5Tree): Uint8Array {
  const { FS } = library;
  files += 1;
  const path = `/model${files}.h5`;
  try {
    const file = new library.File(path, "w");
    try {
      writeInto(file, tree);
    } finally {
      file.close();
    }
    return FS!.readFile(path);
  } finally {
    if (FS!.analyzePath(path).exists) FS!.unlink(path);
  }
}

const H5_TYPES: Readonly<Partial<Record<Dtype, string>>> = {
  float32: "<f",
  float64: "<d",
  int64: "<q",
  int32: "<i",
};

function writeInto(group: Group, tree: Hdf5Tree): void {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === "string") group.create_dataset({ name, data: value });
    else if (Array.isArray(value)) {
      const rows = value as readonly (readonly string[])[];
      group.create_dataset({
        name,
        data: rows.flat(),
        shape: [rows.length, rows[0]?.length ?? 2],
        dtype: "S",
      });
    } else if (isTensor(value)) {
      const { dtype, shape, data } = value;
      group.create_dataset({ name, data: data as Float32Array, shape: [...shape], dtype: H5_TYPES[dtype]! });
    } else writeInto(group.create_group(name), value as Hdf5Tree);
  }
}

const isTensor = (value: object): value is Tensor =>
  "dtype" in value && "data" in value && ArrayBuffer.isView(value.data);
