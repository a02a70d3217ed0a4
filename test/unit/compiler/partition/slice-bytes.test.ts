import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { worstTransfer } from "../../../../compiler/partition/dram-transfers.ts";
import { alignedTo4, type SectionSize, sliceSizer } from "../../../../compiler/partition/slice-bytes.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import { ROW_FORMS } from "../../../../src/core/row-form.ts";
import { tinyChip, withForms } from "../../../support/tiny-chip.ts";
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
          if (first + count === SIZE) return;
          expect(sizer.bytes(first, count + 1)).toBeGreaterThanOrEqual(sram);
        },
      ),
    );
  });
});

describe("sliceSizer with several forms of rows", () => {
  const chip = withForms(tinyChip({ sramBytes: 2 ** 20 }));
  const variants = fc.subarray([...ROW_FORMS], { minLength: 1 });
  const sizes = fc.record({ density: fc.constantFrom(0.05, 0.3, 0.9), size: fc.constantFrom(12, 40, 150) });

  it("never falls when a range grows, and promises no less than what is stored", () => {
    fc.assert(
      fc.property(variants, sizes, fc.boolean(), fc.nat(99), (forms, { density, size }, inDram, seed) => {
        const own = withForms(chip, ...forms);
        const rows = inDram ? "dram" : "sram";
        const made = compile(tinyModel({ inputs: 7, layers: [size], density, seed }), own, { pes: 3, rows });
        const { graph, mapping, program } = made;
        const dram = { blocks: new Set(inDram ? graph.projections : []), burstBytes: own.dram!.burstBytes };
        const options = { packetFifoEntries: own.pe.sram.packetFifoEntries, rowForms: own.pe.rowForms, dram };
        const sizer = sliceSizer(graph, "egru0", options);
        for (let count = 1; count <= size; count += 1)
          expect(sizer.bytes(0, count)).toBeGreaterThanOrEqual(sizer.bytes(0, count - 1));
        const onlyOne = forms.length === 1;
        for (const [slice, { first, count }] of mapping.partition.entries()) {
          const pe = program.pes.find((one) => one.pe === mapping.placement[slice])!;
          expect(total(sizer.sections(first, count))).toBe(sizer.bytes(first, count));
          // With several the fastest is stored, which may take more.
          if (onlyOne) expect(total(pe.sections)).toBeLessThanOrEqual(sizer.bytes(first, count));
        }
      }),
      { numRuns: 40 },
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
