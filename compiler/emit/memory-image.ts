import type { MemoryLayout, MemorySection, SectionKind } from "../../src/core/mapping.ts";

/** The source block that a section belongs to. */
export type SectionOwner = Pick<MemorySection, "source" | "delay" | "part">;

const THE_SLICE: SectionOwner = { source: "", delay: 0, part: 0 };

/** Memory as it is loaded, from address `base` on. */
export interface MemoryImage {
  readonly base: number;
  readonly bytes: Uint8Array;
  /** Writes a section's content if the layout has the section; returns its address, or 0. */
  write(kind: SectionKind, content: ArrayBufferView, block?: SectionOwner): number;
}

/** An image that reaches to the end of the last section that `isLoaded` accepts. */
export function memoryImage(
  layout: MemoryLayout,
  base: number,
  isLoaded: (section: MemorySection) => boolean,
): MemoryImage {
  const end = layout.reduce(
    (last, section) => (isLoaded(section) ? section.offset + section.bytes : last),
    base,
  );
  const bytes = new Uint8Array(end - base);
  return {
    base,
    bytes,
    write(kind, content, { source, delay, part } = THE_SLICE) {
      const section = layout.find(
        (candidate) =>
          candidate.kind === kind &&
          candidate.source === source &&
          candidate.delay === delay &&
          candidate.part === part,
      );
      if (section === undefined) return 0;
      if (content.byteLength !== section.bytes)
        throw new Error(`${kind} of ${source}: ${content.byteLength} bytes for ${section.bytes}`);
      bytes.set(
        new Uint8Array(content.buffer, content.byteOffset, content.byteLength),
        section.offset - base,
      );
      return section.offset;
    },
  };
}
