import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { worstTransfer } from "../../../../compiler/partition/dram-transfers.ts";
import { alignedTo4, type SectionSize, sliceSizer } from "../../../../compiler/partition/slice-bytes.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const SIZE = 40;
const model = tinyModel({ inputs: 30, layers: [SIZE], density: 0.6 });
const total = (sections: readonly SectionSize[]) =>
  sections.reduce((sum, { bytes }) => sum + alignedTo4(bytes), 0);

describe.each(["float32", "int16", "int8"] as const)("sliceSizer, %s", (format) => {
  const { graph } = compile(model, tinyChip(), { format });
  const [input, recurrent] = graph.projections;
  const choices = [new Set<never>(), new Set([recurrent!]), new Set([input!, recurrent!])];
  const ranges = fc
    .tuple(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: 0, max: SIZE }))
    .map(([a, b]) => ({ first: Math.min(a, b), count: Math.abs(a - b) }));

  it("adds up to its sections, and never falls when a range grows", () => {
    fc.assert(
      fc.property(
        ranges,
        fc.constantFrom(...choices),
        fc.constantFrom(1, 16, 64),
        (range, blocks, burstBytes) => {
          const sizer = sliceSizer(graph, "egru0", { packetFifoEntries: 5, dram: { blocks, burstBytes } });
          const { first, count } = range;
          const sram = total(sizer.sections(first, count));
          expect(sizer.bytes(first, count)).toBe(sram);
          expect(sizer.load(first, count)).toBe(sram + total(sizer.dramSections(first, count)));
          if (first + count === SIZE) return;
          expect(sizer.bytes(first, count + 1)).toBeGreaterThanOrEqual(sram);
          expect(sizer.load(first, count + 1)).toBeGreaterThanOrEqual(sizer.load(first, count));
        },
      ),
    );
  });
});

describe("worstTransfer", () => {
  it.each([
    [0, 16, 0],
    [1, 16, 16],
    [2, 16, 32],
    [17, 16, 32],
    [18, 16, 48],
    [7, 1, 7],
  ])("%i bytes in bursts of %i take %i at most", (bytes, burst, most) => {
    expect(worstTransfer([bytes], burst)).toBe(most);
  });
});
