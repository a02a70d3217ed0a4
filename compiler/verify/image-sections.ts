import type { MemorySection, SectionKind } from "../../src/core/mapping.ts";
import { DRAM_ADDRESS, type PeProgram, type SourceBlock } from "../../src/core/program.ts";

/** A PE's own section of a kind, or that of a source block. */
export function sectionOf(
  { sections, dramSections }: PeProgram,
  kind: SectionKind,
  block?: Pick<SourceBlock, "population" | "delay" | "part">,
): MemorySection | undefined {
  const { population = "", delay = 0, part = 0 } = block ?? {};
  const isIt = (section: MemorySection) =>
    section.kind === kind &&
    section.source === population &&
    section.delay === delay &&
    section.part === part;
  return sections.find(isIt) ?? dramSections.find(isIt);
}

/** What an initialised section holds; copied only where its bytes do not begin at a multiple of four. */
export function bytesOf(
  { image, imageOffset, dramImage }: PeProgram,
  section: MemorySection | undefined,
): Uint8Array {
  if (section === undefined) return new Uint8Array(0);
  const [from, base] = section.offset < DRAM_ADDRESS ? [image, imageOffset] : [dramImage, DRAM_ADDRESS];
  const bytes = from.subarray(section.offset - base, section.offset - base + section.bytes);
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}

/** A section as numbers of some type; `emit` writes them in the same way. */
export function valuesOf<T>(
  type: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
  width: number,
  bytes: Uint8Array,
): T {
  return new type(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / width));
}

export const wordsOf = (pe: PeProgram, section: MemorySection | undefined): Uint32Array =>
  valuesOf(Uint32Array, 4, bytesOf(pe, section));
