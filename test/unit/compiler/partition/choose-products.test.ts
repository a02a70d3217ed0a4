import { describe, expect, it } from "vitest";
import { lower } from "../../../../compiler/lower/lower.ts";
import { chooseProducts, type ExpectedSeconds } from "../../../../compiler/partition/choose-products.ts";
import type { Products } from "../../../../compiler/passes/use-mac-arrays.ts";
import { compile, type CompileOptions } from "../../../../compiler/pipeline.ts";
import { UserError } from "../../../../src/core/errors.ts";
import { modelProjectionName } from "../../../../src/core/event-graph.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import { cycles } from "../../../../src/core/units.ts";
import { encodeProgram } from "../../../../src/core/program-codec.ts";
import { tinyChip, withForms } from "../../../support/tiny-chip.ts";
import { convolutionalModel } from "../../../support/mixed-model.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const chip = withForms(tinyChip());
/** Wide enough that an array gains on its core, and one layer too sparse for it. */
const dense = tinyModel({ inputs: 24, layers: [20, 16], density: 1, seed: 2 });

function productsOf(options: CompileOptions, profile: HardwareProfile = chip, model = dense): string[] {
  const { graph, program } = compile(model, profile, { format: "int8", ...options });
  for (const { sources } of program.pes)
    for (const { form, scalePerRow, weightFormat } of sources)
      if (form === "mac-array") expect([scalePerRow, weightFormat]).toEqual([false, "int8"]);
  return graph.projections
    .filter(({ onMacArray }) => onMacArray)
    .map((projection) => modelProjectionName(graph, projection));
}

function refusal(options: CompileOptions, profile: HardwareProfile = chip): UserError {
  try {
    compile(dense, profile, { format: "int8", ...options });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const ALL = ["input -> egru0", "egru0 -> egru0 (recurrent)", "egru0 -> egru1", "egru1 -> egru1 (recurrent)"];

describe("which projections are products", () => {
  it("none unless it is asked for, and then the program has the bytes that it always had", () => {
    expect(productsOf({})).toEqual([]);
    const bytes = (options: CompileOptions) => encodeProgram(compile(dense, chip, options).program);
    expect(bytes({ format: "int8", mac: "off" })).toEqual(bytes({ format: "int8" }));
    expect(bytes({ format: "float32", mac: "auto" }).length).toBeGreaterThan(0);
  });

  it("all with int8 weights, or those that are named", () => {
    expect(productsOf({ mac: "all" })).toEqual(ALL);
    expect(productsOf({ mac: new Set([ALL[3]!, ALL[0]!]) })).toEqual([ALL[0], ALL[3]]);
    const formats = new Map([[ALL[1]!, "int16" as const]]);
    expect(productsOf({ mac: "all", formats })).toEqual([ALL[0], ALL[2], ALL[3]]);
  });

  it("auto: where a timestep is expected to take less time", () => {
    const slow = (result: number): HardwareProfile => ({
      ...chip,
      hash: `${chip.hash} ${result}`,
      pe: {
        ...chip.pe,
        macArray: {
          ...chip.pe.macArray!,
          kernel: { macOperand: cycles(5), macMagnitude: cycles(2), macResult: cycles(result) },
        },
      },
    });
    expect(productsOf({ mac: "auto" }, slow(5))).toContain(ALL[0]);
    expect(productsOf({ mac: "auto" }, slow(100_000))).toEqual([]);
    // An array gains nothing on rows that are almost empty.
    const sparse = tinyModel({ inputs: 24, layers: [20, 16], density: 0.02, seed: 2 });
    expect(productsOf({ mac: "auto" }, chip, sparse)).toEqual([]);
    const { kernel: _, ...bare } = chip.pe.macArray!;
    expect(productsOf({ mac: "auto" }, { ...chip, pe: { ...chip.pe, macArray: bare } })).toEqual([]);
  });

  it("the manifest says which", () => {
    expect(compile(dense, chip, { format: "int8", mac: "all" }).program.manifest.options["mac"]).toBe(
      ALL.join(", "),
    );
  });
});

describe("a convolution", () => {
  const CONVOLUTIONS = ["input -> maps", "maps -> pooled", "pooled -> last"];

  it("is multiplied by its kernel, which each PE holds once, and a line says so", () => {
    const { remarks, program, graph } = compile(convolutionalModel(5, false), chip, {
      format: "int8",
      mac: "all",
    });
    const lines = remarks.filter((line) => line.includes("multiplied"));
    expect(lines.map((line) => line.split(":")[0])).toEqual(CONVOLUTIONS);
    expect(lines[0]).toBe(
      "input -> maps: a convolution is multiplied by its kernel of 54 values (2x5x5/2 to 3x5x5/3, kernel 3x3); neurons of both stand in the order of their maps",
    );
    for (const { population, sources, neurons } of program.pes.filter(
      ({ population: own }) => own === "maps",
    )) {
      expect([population, sources[0]!.form, sources[0]!.slots, neurons % 15]).toEqual([
        "maps",
        "mac-convolution",
        54,
        0,
      ]);
    }
    expect(program.manifest.options["mac"]).toContain("input -> maps (kernel)");
    expect(graph.populations[0]!.order!.slice(0, 4)).toEqual(Uint32Array.of(0, 25, 1, 26));
  });

  it("named with =matrix is multiplied as the matrix into which it unrolls, and a line says so", () => {
    const mac = new Set(CONVOLUTIONS.map((name) => `${name}=matrix`));
    const { remarks, program } = compile(convolutionalModel(5, false), chip, { format: "int8", mac });
    // Each of 25 places meets 9 taps of 2 channels, fewer at the edge: (5 + 4 + 4)² taps of a channel in all.
    expect(remarks.filter((line) => line.includes("convolution"))).toEqual([
      "input -> maps: a convolution is multiplied as the matrix into which it unrolls, of 50 × 75 weights for the 54 of its kernel; 73.0 % of them are zeros",
      expect.stringContaining("maps -> pooled"),
      expect.stringContaining("pooled -> last"),
    ]);
    const ofMaps = program.pes.filter(({ population }) => population === "maps");
    const stored = ofMaps.reduce((sum, { sources }) => sum + sources[0]!.slots, 0);
    expect(stored).toBe(50 * 75);
    expect(compile(convolutionalModel(5, false), chip, { format: "int8" }).remarks.join()).not.toMatch(
      /multiplied/,
    );
  });
});

describe("auto", () => {
  /** What is chosen where a timestep takes this with so many products, of the four. */
  const chosenBy = (secondsOf: (names: readonly string[]) => Partial<ExpectedSeconds>): string[] => {
    const secondsWith = (products: Products) => ({
      inTurn: 1,
      overlapped: 0.5,
      usesDram: false,
      ...secondsOf([...products.keys()]),
    });
    const problem = { model: dense, graph: lower(dense), profile: chip, pes: 16, secondsWith };
    return [...chooseProducts({ ...problem, format: "int8", formats: new Map() }, "auto").keys()];
  };

  it("takes one after the other that makes a timestep faster", () => {
    expect(chosenBy((names) => ({ inTurn: names.includes(ALL[1]!) ? 2 : 1 - names.length / 10 }))).toEqual(
      ALL.filter((name) => name !== ALL[1]),
    );
    expect(chosenBy(() => ({}))).toEqual([]);
  });

  it("takes all where only they together do", () => {
    expect(chosenBy((names) => ({ inTurn: names.length === 4 ? 0.9 : 1 + names.length }))).toEqual(ALL);
  });

  it("takes nothing that is slower than none where recurrent rows would be worked off meanwhile", () => {
    const recurrent = (names: readonly string[]) => names.some((name) => name.includes("recurrent"));
    const found = chosenBy((names) => ({
      inTurn: 1 - names.length / 10,
      overlapped: recurrent(names) ? 0.51 : 0.5,
    }));
    expect(found).toEqual([ALL[0], ALL[2]]);
  });

  it("needs a tenth less time before anything goes to DRAM for it, and no more where rows lie there anyway", () => {
    const gain = (share: number, before: boolean) =>
      chosenBy((names) => ({
        inTurn: names.length > 0 ? share : 1,
        overlapped: names.length > 0 ? share / 2 : 0.5,
        usesDram: before || names.length > 0,
      }));
    expect(gain(0.91, false)).toEqual([]);
    expect(gain(0.89, false)).toEqual([ALL[0]]);
    expect(gain(0.99, true)).toEqual([ALL[0]]);
  });
});

describe("what cannot be a product is refused", () => {
  it("without arrays, or a kernel for them", () => {
    const { macArray: _, ...pe } = chip.pe;
    const without = refusal({ mac: "all" }, { ...chip, pe });
    expect(without.message).toBe("Tiny chip has no MAC arrays.");
    expect(without.hint).toBe("Leave out --mac, or choose another chip.");
    const { kernel: __, ...bare } = chip.pe.macArray!;
    const kernel = refusal({ mac: "all" }, { ...chip, pe: { ...chip.pe, macArray: bare } });
    expect(kernel.message).toBe("Tiny chip has no kernel for projections on its MAC arrays.");
    expect(kernel.hint).toContain("pe.macArray.kernel");
  });

  it("in float32, in int16, and by a name that there is not", () => {
    expect(refusal({ mac: "all", format: "float32" }).message).toBe(
      "MAC arrays multiply int8 weights, and the program's are float32.",
    );
    expect(refusal({ mac: "all", format: "int16" }).message).toBe(
      "MAC arrays multiply int8 weights, and those of input -> egru0 are int16.",
    );
    const formats = new Map([[ALL[2]!, "int16" as const]]);
    expect(refusal({ mac: new Set([ALL[2]!]), formats }).message).toBe(
      "MAC arrays multiply int8 weights, and those of egru0 -> egru1 are int16.",
    );
    const unknown = refusal({ mac: new Set(["a -> b"]) });
    expect(unknown.message).toBe('tiny has no projection "a -> b" on the chip.');
    expect(unknown.hint).toBe(`Name one of: ${ALL.join(", ")}.`);
  });

  it("where SRAM is too small for all their weights, with what would help", () => {
    const model = tinyModel({ inputs: 24, layers: [60], density: 0.02 });
    expect(productsOf({ pes: 1, rows: "sram" }, chip, model)).toEqual([]);
    expect(productsOf({ pes: 1, rows: "sram", mac: "auto" }, chip, model)).toEqual([]);
    try {
      compile(model, chip, { format: "int8", mac: "all", pes: 1, rows: "sram" });
      expect.fail("it fits");
    } catch (error) {
      expect((error as UserError).message).toMatch(/needs [\d,]+ (processing elements|SRAM bytes)/);
      expect((error as UserError).hint).toBe(
        "Leave some projections to rows: products on MAC arrays hold all weights of input -> egru0, egru0 -> egru0 (recurrent), zeros too (--mac off, auto, or fewer names).",
      );
    }
  });
});
