import { InputError } from "../../src/core/errors.ts";
import type { MemorySection, SectionKind } from "../../src/core/mapping.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import { DRAM_ADDRESS, type PeProgram } from "../../src/core/program.ts";
import type { IndexBits } from "../../src/core/row-form.ts";
import type { Numbers, NumberType } from "./allocate.ts";
import type { WeightArray } from "./load-image.ts";

export const RECOMPILE = "Compile the model again; the program file may be damaged.";

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The source block that a section belongs to; no source for the slice's own. */
export type SectionOwner = Pick<MemorySection, "source" | "delay" | "part">;

/** Bounded little-endian access to one PE's image. Offsets are byte addresses as the PE sees them. */
export interface ImageReader {
  /** The section of that kind and source, at `offset` where one is given; it must hold `bytes` bytes. */
  section(kind: SectionKind, block: SectionOwner, bytes: number, offset?: number): MemorySection;
  words(offset: number, count: number): Uint32Array;
  /** Unsigned integers of `size` bytes each, as uint16 (sizes 1 and 2) or uint32. */
  integers(size: 2, offset: number, count: number): Uint16Array;
  integers(size: number, offset: number, count: number): Uint16Array | Uint32Array;
  /** All the indices of so many bits that so many bytes hold; of 4 bits two a byte, the first in its low half. */
  indices(bits: IndexBits | 32, offset: number, bytes: number): Uint16Array | Uint32Array;
  /** float32 in a float32 program, else int32. */
  numbers(format: NumberFormat, offset: number, count: number): Float32Array | Int32Array;
  weights(format: NumberFormat, offset: number, count: number): WeightArray;
  refuse(problem: string): never;
}

export function createImageReader(pe: PeProgram): ImageReader {
  const refuse = (problem: string, offset?: number): never => {
    throw new InputError({ field: `PE ${pe.pe}`, offset }, problem, RECOMPILE);
  };
  /** The bytes at an address, in whichever memory they are. */
  const bytesAt = (offset: number, bytes: number): Uint8Array => {
    if (bytes === 0) return new Uint8Array(0);
    const [image, base] = offset < DRAM_ADDRESS ? [pe.image, pe.imageOffset] : [pe.dramImage, DRAM_ADDRESS];
    const start = offset - base;
    if (start < 0 || start + bytes > image.length) {
      const range = `(${base} to ${base + image.length})`;
      refuse(`a pointer leads to ${bytes} bytes outside the image ${range}`, offset);
    }
    return image.subarray(start, start + bytes);
  };
  const read = <Values extends Numbers>(type: NumberType<Values>, offset: number, count: number): Values => {
    const size = type.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(bytesAt(offset, size * count));
    if (!IS_LITTLE_ENDIAN)
      for (let i = 0; i < count; i += 1) bytes.subarray(size * i, size * (i + 1)).reverse();
    return new type(bytes.buffer, 0, count);
  };
  const finite = (values: Float32Array, offset: number): Float32Array => {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) refuse(`a number is ${values[bad]}`, offset + 4 * bad);
    return values;
  };
  const words = (offset: number, count: number) => read(Uint32Array, offset, count);
  const float32s = (offset: number, count: number) => finite(read(Float32Array, offset, count), offset);
  function integers(size: 2, offset: number, count: number): Uint16Array;
  function integers(size: number, offset: number, count: number): Uint16Array | Uint32Array;
  function integers(size: number, offset: number, count: number): Uint16Array | Uint32Array {
    if (size === 4) return words(offset, count);
    return size === 2 ? read(Uint16Array, offset, count) : new Uint16Array(read(Uint8Array, offset, count));
  }
  return {
    section: (kind, block, bytes, offset) => findSection(pe, refuse, kind, block, bytes, offset),
    words,
    integers,
    indices(bits, offset, bytes) {
      if (bits === 4) {
        const pairs = integers(1, offset, bytes);
        return Uint16Array.from(
          { length: 2 * bytes },
          (_, slot) => (pairs[slot >> 1]! >> (4 * (slot & 1))) & 15,
        );
      }
      return bits === 0 ? new Uint16Array(0) : integers(bits / 8, offset, (8 * bytes) / bits);
    },
    numbers: (format, offset, count) =>
      format === "float32" ? float32s(offset, count) : read(Int32Array, offset, count),
    weights: (format, offset, count) => {
      if (format === "float32") return float32s(offset, count);
      return format === "int16" ? read(Int16Array, offset, count) : read(Int8Array, offset, count);
    },
    refuse,
  };
}

function findSection(
  pe: PeProgram,
  refuse: (problem: string, offset?: number) => never,
  kind: SectionKind,
  { source, delay, part }: SectionOwner,
  bytes: number,
  offset: number | undefined,
): MemorySection {
  const matching = [...pe.sections, ...pe.dramSections].filter(
    (section) =>
      section.kind === kind && section.source === source && section.delay === delay && section.part === part,
  );
  const name = source === "" ? kind : `${kind} of ${source} (delay ${delay})`;
  if (matching.length === 0) refuse(`there is no section ${name}`);
  const found = matching.find((section) => offset === undefined || section.offset === offset);
  if (found === undefined) {
    return refuse(`the population table looks for ${name} where no such section lies`, offset);
  }
  if (found.bytes < bytes)
    refuse(`the section ${name} has ${found.bytes} bytes, but needs ${bytes}`, found.offset);
  return found;
}
