import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../../compiler/pipeline.ts";
import { CapacityError, UnsupportedError } from "../../../../src/core/errors.ts";
import { dataBytesOf } from "../../../../src/core/profile.ts";
import { dataBytesOfPe, type Program } from "../../../../src/core/program.ts";
import { encodeProgram } from "../../../../src/core/program-codec.ts";
import { ROW_FORMS } from "../../../../src/core/row-form.ts";
import { tinyChip, withForms } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const formsIn = ({ pes }: Program) => new Set(pes.flatMap(({ sources }) => sources.map(({ form }) => form)));

const outcome = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe("row forms: auto", () => {
  it("takes dense rows of a full matrix and csr rows of a sparse one, where there is room", () => {
    const chip = withForms(tinyChip({ sramBytes: 2 ** 20 }), "csr", "dense");
    const full = tinyModel({ inputs: 5, layers: [20], density: 1 });
    // One PE: 60 columns. Dense: 12 + 6 · 60; csr: 15 + 13 · 60.
    expect(formsIn(compile(full, chip, { pes: 1 }).program)).toEqual(new Set(["dense"]));
    const sparse = tinyModel({ inputs: 5, layers: [20], density: 0.1 });
    // Dense: 12 + 3 · 60 + 3 a synapse; csr: 15 + 13 a synapse. Up to 17 synapses csr is faster.
    expect(formsIn(compile(sparse, chip, { pes: 1 }).program)).toEqual(new Set(["csr"]));
  });

  it("weighs rows by the events of their sources", () => {
    const chip = withForms(tinyChip({ sramBytes: 2 ** 20 }), "csr", "dense");
    const model = tinyModel({ inputs: 2, layers: [20], density: 0.4, seed: 3 });
    const { graph } = compile(model, chip, { pes: 1 });
    const [input] = graph.projections;
    const lengths = [0, 1].map((row) => input!.synapses.rowStart[row + 1]! - input!.synapses.rowStart[row]!);
    const gain = lengths.map((synapses) => 15 + 13 * synapses - (12 + 3 * 60 + 3 * synapses));
    for (const loud of [0, 1]) {
      const events = Float64Array.of(loud === 0 ? 1 : 0, loud === 0 ? 0 : 1);
      const activity = new Map([["input", events]]);
      const { program } = compile(model, chip, { pes: 1, activity, order: "model" });
      expect(program.pes[0]!.sources[0]!.form).toBe(gain[loud]! > 0 ? "dense" : "csr");
    }
  });

  it("keeps more rows in SRAM than csr alone, before any goes to DRAM", () => {
    const chip = tinyChip({ pesPerNode: 1, sramBytes: 5_700 });
    const model = tinyModel({ inputs: 20, layers: [60], density: 0.4 });
    const options: CompileOptions = { format: "int8", scales: "matrix" };
    const inDram = ({ pes }: Program) => pes.some(({ sources }) => sources.some((source) => source.inDram));
    expect(inDram(compile(model, withForms(chip, "csr"), options).program)).toBe(true);
    const { program } = compile(model, withForms(chip), options);
    expect(inDram(program)).toBe(false);
    expect(formsIn(program)).toContain("bitmap");
  });

  it("gives the same bytes each time, and with csr kernels alone those of csr", () => {
    const model = tinyModel({ inputs: 6, layers: [30, 9], density: 0.5 });
    const bytes = (chip: ReturnType<typeof tinyChip>) => encodeProgram(compile(model, chip).program);
    expect(bytes(withForms(tinyChip()))).toEqual(bytes(withForms(tinyChip())));
    const { program, remarks } = compile(model, tinyChip());
    expect(formsIn(program)).toEqual(new Set(["csr"]));
    expect(program.manifest.options).not.toHaveProperty("rowForms");
    expect(remarks.filter((remark) => remark.includes("rows as"))).toEqual([]);
  });

  it("fits whatever was cut to fit", () => {
    fc.assert(
      fc.property(
        fc.record({
          sramBytes: fc.integer({ min: 700, max: 3000 }).map((words) => 4 * words),
          density: fc.constantFrom(0.05, 0.3, 0.6, 1),
          layers: fc.constantFrom([60], [90, 12], [25, 25]),
          format: fc.constantFrom("float32", "int8"),
          rows: fc.constantFrom("auto", "sram", "dram"),
          forms: fc.subarray([...ROW_FORMS], { minLength: 1 }),
          seed: fc.nat(99),
        }),
        ({ sramBytes, density, layers, format, rows, forms, seed }) => {
          const chip = withForms(tinyChip({ pesPerNode: 1, sramBytes }), ...forms);
          const model = tinyModel({ inputs: 15, layers, density, seed });
          const made = outcome(() => compile(model, chip, { format, rows } as CompileOptions));
          if (made instanceof CapacityError) {
            // Partitioning gives up; what comes after it never does.
            expect(made.hint).not.toBe("Partition into smaller slices.");
            return;
          }
          const { program } = made as ReturnType<typeof compile>;
          for (const pe of program.pes)
            expect(dataBytesOfPe(pe)).toBeLessThanOrEqual(dataBytesOf(chip.pe.sram));
          for (const form of formsIn(program)) expect(forms).toContain(form);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("goes back to csr where a chip's DRAM would overflow", () => {
    const model = tinyModel({ inputs: 5, layers: [20], density: 0.3 });
    const chip = withForms(tinyChip(), "csr", "dense");
    const cheap = { ...chip.pe.rowForms.int8!.dense!, emptySlot: 0 as never };
    const dense = { int8: { ...chip.pe.rowForms.int8, dense: cheap } };
    const withDram = (bytes: number) => ({
      ...chip,
      pe: { ...chip.pe, rowForms: dense },
      dram: { ...chip.dram!, bytes, bandwidth: 1e15 as never },
    });
    const options: CompileOptions = { format: "int8", rows: "dram", pes: 2 };
    const bytesOf = ({ pes }: Program) =>
      pes.reduce((sum, { dramImage }) => sum + 16 * Math.ceil(dramImage.length / 16), 0);
    const roomy = compile(model, withDram(2 ** 20), options).program;
    expect(formsIn(roomy)).toEqual(new Set(["dense"]));
    const narrow = compile(model, withDram(bytesOf(roomy) - 1), options).program;
    expect(formsIn(narrow)).toEqual(new Set(["csr"]));
    expect(bytesOf(narrow)).toBeLessThan(bytesOf(roomy));
  });

  it("leaves room for a decoder's buffers", () => {
    const words = tinyModel({ inputs: 6, layers: [30, 6], vocabulary: 30, density: 0.3 });
    for (const sramBytes of [2_700, 3_000, 3_600]) {
      const chip = withForms(tinyChip({ pesPerNode: 1, sramBytes }));
      expect(() => compile(words, chip, { decoder: "chip" })).not.toThrow();
    }
  });
});

describe("row forms by name", () => {
  const model = tinyModel({ inputs: 5, layers: [12], density: 0.5 });

  it("are refused where no kernel reads them", () => {
    const error = outcome(() =>
      compile(model, withForms(tinyChip(), "csr", "bitmap"), { rowForms: "dense" }),
    );
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as UnsupportedError).message).toBe(
      "Tiny chip has no kernel for float32 rows in the form dense.",
    );
    expect((error as UnsupportedError).hint).toBe(
      "Choose --row-forms auto, or a form that there is for float32: csr, bitmap.",
    );
  });

  it("are used where a number format has a kernel, beside others where it has none", () => {
    const chip = withForms(tinyChip());
    const { csr } = chip.pe.rowForms.int16!;
    const mixed = { ...chip, pe: { ...chip.pe, rowForms: { ...chip.pe.rowForms, int16: { csr: csr! } } } };
    const { program } = compile(model, mixed, {
      format: "int8",
      formats: new Map([["egru0 -> egru0 (recurrent)", "int16"]]),
      rowForms: "bitmap",
    });
    for (const { sources } of program.pes) {
      expect(sources.map(({ weightFormat, form }) => `${weightFormat} ${form}`)).toEqual([
        "int8 bitmap",
        "int16 csr",
      ]);
    }
  });
});
