import { CapacityError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type {
  Allocation,
  KeyRange,
  MemoryLayout,
  Partition,
  Placement,
  RowForms,
  Slice,
} from "../../src/core/mapping.ts";
import { dataBytesOf, type HardwareProfile } from "../../src/core/profile.ts";
import { DRAM_ADDRESS } from "../../src/core/program.ts";
import type { DecoderPlan } from "../decoder.ts";
import { sizersOf } from "../partition/partition.ts";
import { type DramRows, NO_DRAM_ROWS } from "../partition/dram-transfers.ts";
import { alignedTo4, describeSlice, type SectionSize } from "../partition/slice-bytes.ts";
import { verifyDramBytes } from "./dram-bytes.ts";
import { largestTransfers } from "./row-buffers.ts";

/**
 * Places each slice's sections in its PE's SRAM, one after the other above the code, and its rows in DRAM from the
 * start of its part on, and gives every population its keys.
 *
 * @throws CapacityError where SRAM, a chip's DRAM or keys are too few.
 */
export function allocate(
  graph: EventGraph,
  slices: Partition,
  placement: Placement,
  profile: HardwareProfile,
  rowForms: RowForms,
  decoder?: DecoderPlan,
  dramRows: DramRows = NO_DRAM_ROWS,
): Allocation {
  const sizers = new Map(
    sizersOf({ graph, profile, dram: dramRows }).map((sizer) => [sizer.population.name, sizer]),
  );
  const dram = slices.map(({ population, first, count }, index) =>
    laidOut(sizers.get(population)!.dramSections(first, count, rowForms[index]), DRAM_ADDRESS),
  );
  const rowBuffers = largestTransfers(graph, slices, rowForms, dram, dramRows);
  const helpers = new Set(decoder?.pes);
  const memory = slices.map((slice, index) => {
    const sections = sizers
      .get(slice.population)!
      .sections(slice.first, slice.count, rowForms[index])
      .map((section) =>
        section.kind === "row-buffer" ? { ...section, bytes: 2 * rowBuffers[index]! } : section,
      );
    const helps = helpers.has(placement[index]!);
    return layOutSram(slice, helps ? [...sections, decoderBuffer(decoder!)] : sections, profile);
  });
  verifyDramBytes(placement, dram, profile, decoder);
  return { memory, dram, keys: allocateKeys(graph, profile) };
}

const decoderBuffer = ({ bufferBytes }: DecoderPlan): SectionSize => ({
  kind: "decoder-buffer",
  source: "",
  delay: 0,
  part: 0,
  bytes: bufferBytes,
});

/** One section after the other, each 4-byte aligned. */
function laidOut(sections: readonly SectionSize[], start: number): MemoryLayout {
  let offset = start;
  return sections.map((section) => {
    const placed = { ...section, offset };
    offset += alignedTo4(section.bytes);
    return placed;
  });
}

function layOutSram(slice: Slice, sections: readonly SectionSize[], profile: HardwareProfile): MemoryLayout {
  const needed = sections.reduce((sum, { bytes }) => sum + alignedTo4(bytes), 0);
  const available = dataBytesOf(profile.pe.sram);
  if (needed > available) {
    throw new CapacityError(
      { resource: "SRAM bytes", where: describeSlice(slice), needed, available },
      "Partition into smaller slices.",
    );
  }
  return laidOut(sections, alignedTo4(profile.pe.sram.codeBytes));
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
