import { InputError } from "../../src/core/errors.ts";
import type { MemorySection, SectionKind } from "../../src/core/mapping.ts";
import { type NumberFormat, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import type { PeProgram } from "../../src/core/program.ts";
import type { WeightArray } from "./load-image.ts";

export const RECOMPILE = "Compile the model again; the program file may be damaged.";

/** Bounded little-endian access to one PE's image. Offsets are byte addresses in the PE's SRAM. */
export interface ImageReader {
  /** The section of that kind and source, at `offset` where one is given; it must hold `bytes` bytes. */
  section(kind: SectionKind, source: string, delay: 0 | 1, bytes: number, offset?: number): MemorySection;
  words(offset: number, count: number): Uint32Array;
  /** Unsigned integers of `size` bytes each, as uint16 (sizes 1 and 2) or uint32. */
  integers(size: 2, offset: number, count: number): Uint16Array;
  integers(size: number, offset: number, count: number): Uint16Array | Uint32Array;
  /** float32 in a float32 program, else int32. */
  numbers(format: NumberFormat, offset: number, count: number): Float32Array | Int32Array;
  weights(format: NumberFormat, offset: number, count: number): WeightArray;
  refuse(problem: string): never;
}

export function createImageReader(pe: PeProgram): ImageReader {
  const view = new DataView(pe.image.buffer, pe.image.byteOffset, pe.image.byteLength);
  const refuse = (problem: string, offset?: number): never => {
    throw new InputError({ field: `PE ${pe.pe}`, offset }, problem, RECOMPILE);
  };
  const at = (offset: number, bytes: number): number => {
    const start = offset - pe.imageOffset;
    if (start < 0 || start + bytes > view.byteLength) {
      const end = pe.imageOffset + view.byteLength;
      refuse(`a pointer leads to ${bytes} bytes outside the image (${pe.imageOffset} to ${end})`, offset);
    }
    return start;
  };
  const fill = <Numbers extends { [index: number]: number; length: number }>(
    into: (count: number) => Numbers,
    size: number,
    offset: number,
    count: number,
    read: (position: number) => number,
  ): Numbers => {
    const start = at(offset, size * count);
    const values = into(count);
    for (let i = 0; i < count; i += 1) values[i] = read(start + size * i);
    return values;
  };
  const finite = (values: Float32Array, offset: number): Float32Array => {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) refuse(`a number is ${values[bad]}`, offset + 4 * bad);
    return values;
  };

  const uint8 = (p: number) => view.getUint8(p);
  const uint16 = (p: number) => view.getUint16(p, true);
  const uint32 = (p: number) => view.getUint32(p, true);
  const words = (offset: number, count: number) => fill((n) => new Uint32Array(n), 4, offset, count, uint32);
  function integers(size: 2, offset: number, count: number): Uint16Array;
  function integers(size: number, offset: number, count: number): Uint16Array | Uint32Array;
  function integers(size: number, offset: number, count: number): Uint16Array | Uint32Array {
    if (size === 4) return words(offset, count);
    return fill((n) => new Uint16Array(n), size, offset, count, size === 1 ? uint8 : uint16);
  }
  const float32s = (offset: number, count: number) =>
    finite(
      fill(
        (n) => new Float32Array(n),
        4,
        offset,
        count,
        (p) => view.getFloat32(p, true),
      ),
      offset,
    );
  return {
    section: (kind, source, delay, bytes, offset) =>
      findSection(pe, refuse, kind, source, delay, bytes, offset),
    words,
    integers,
    numbers: (format, offset, count) =>
      format === "float32"
        ? float32s(offset, count)
        : fill(
            (n) => new Int32Array(n),
            4,
            offset,
            count,
            (p) => view.getInt32(p, true),
          ),
    weights: (format, offset, count) => {
      const size = WEIGHT_BYTES[format];
      if (format === "float32") return float32s(offset, count);
      if (format === "int16") {
        return fill(
          (n) => new Int16Array(n),
          size,
          offset,
          count,
          (p) => view.getInt16(p, true),
        );
      }
      return fill(
        (n) => new Int8Array(n),
        size,
        offset,
        count,
        (p) => view.getInt8(p),
      );
    },
    refuse,
  };
}

function findSection(
  pe: PeProgram,
  refuse: (problem: string, offset?: number) => never,
  kind: SectionKind,
  source: string,
  delay: 0 | 1,
  bytes: number,
  offset: number | undefined,
): MemorySection {
  const matching = pe.sections.filter(
    (section) => section.kind === kind && section.source === source && section.delay === delay,
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
