import { CapacityError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type {
  Allocation,
  KeyRange,
  MemoryLayout,
  Partition,
  Placement,
  Slice,
} from "../../src/core/mapping.ts";
import { dataBytesOf, type HardwareProfile } from "../../src/core/profile.ts";
import type { DecoderPlan } from "../decoder.ts";
import { alignedTo4, describeSlice, type SectionSize, sliceSizer } from "../partition/slice-bytes.ts";

/** Places each slice's sections in its PE's SRAM, one after the other above the code, and gives every population its keys. */
export function allocate(
  graph: EventGraph,
  slices: Partition,
  placement: Placement,
  profile: HardwareProfile,
  decoder?: DecoderPlan,
): Allocation {
  const sizers = new Map(
    graph.populations
      .filter(({ kind }) => kind === "egru")
      .map(({ name }) => [name, sliceSizer(graph, name, profile.pe.sram.packetFifoEntries)]),
  );
  return {
    memory: slices.map((slice, index) => {
      const sections = sizers.get(slice.population)!.sections(slice.first, slice.count);
      const helps = decoder?.pes.includes(placement[index]!) ?? false;
      return layOut(slice, helps ? [...sections, decoderBuffer(decoder!)] : sections, profile);
    }),
    keys: allocateKeys(graph, profile),
  };
}

const decoderBuffer = ({ bufferBytes }: DecoderPlan): SectionSize => ({
  kind: "decoder-buffer",
  source: "",
  delay: 0,
  bytes: bufferBytes,
});

function layOut(slice: Slice, sections: readonly SectionSize[], profile: HardwareProfile): MemoryLayout {
  const start = alignedTo4(profile.pe.sram.codeBytes);
  let offset = start;
  const layout = sections.map((section) => {
    const placed = { ...section, offset };
    offset += alignedTo4(section.bytes);
    return placed;
  });
  const needed = offset - start;
  const available = dataBytesOf(profile.pe.sram);
  if (needed > available) {
    throw new CapacityError(
      { resource: "SRAM bytes", where: describeSlice(slice), needed, available },
      "Partition into smaller slices.",
    );
  }
  return layout;
}

/**
 * Each population gets the smallest aligned power-of-two range that holds its neurons, largest first, so that
 * ranges pack without gaps and one key and mask cover a whole population.
 */
function allocateKeys(graph: EventGraph, profile: HardwareProfile): ReadonlyMap<string, KeyRange> {
  const { keyBits } = profile.eventRouter;
  const ranges = graph.populations
    .map(({ name, size }) => ({ name, span: 2 ** Math.ceil(Math.log2(size)) }))
    .sort((a, b) => b.span - a.span);
  const keys = new Map<string, KeyRange>();
  let base = 0;
  for (const { name, span } of ranges) {
    keys.set(name, { base, mask: (2 ** keyBits - span) >>> 0 });
    base += span;
  }
  if (base > 2 ** keyBits) {
    throw new CapacityError(
      { resource: "routing keys", where: graph.name, needed: base, available: 2 ** keyBits },
      "Choose a chip with wider keys.",
    );
  }
  return keys;
}
