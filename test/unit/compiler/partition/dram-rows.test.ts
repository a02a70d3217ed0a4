import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../../../compiler/pipeline.ts";
import { CapacityError } from "../../../../src/core/errors.ts";
import { type NumberFormat, WEIGHT_BYTES } from "../../../../src/core/number-format.ts";
import { dataBytesOf } from "../../../../src/core/profile.ts";
import { dataBytesOfPe, DRAM_ADDRESS, type PeProgram } from "../../../../src/core/program.ts";
import { decodeProgram, encodeProgram } from "../../../../src/core/program-codec.ts";
import { rowsOf } from "../../../../src/core/program-rows.ts";
import { verifyProgram } from "../../../../src/core/verify-program.ts";
import { tinyBoard } from "../../../support/tiny-networks.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

/** Matrices of 40 × 270 and 90 × 270: too much for eight PEs of 10 KB data. */
const large = tinyModel({ inputs: 40, layers: [90], density: 1 });
const small = tinyModel({ inputs: 5, layers: [12, 9], density: 0.4 });
const cramped = tinyChip({ pesPerNode: 1, sramBytes: 12_000 });
const burst = cramped.dram!.burstBytes;

const blocksIn = (program: { readonly pes: readonly PeProgram[] }) =>
  new Set(
    program.pes.flatMap(({ population, sources }) =>
      sources
        .filter(({ inDram }) => inDram)
        .map((source) => `${source.population} -> ${population} ${source.delay}`),
    ),
  );

describe("rows: auto", () => {
  it("keeps all rows in SRAM where they fit", () => {
    const { program, remarks } = compile(small, tinyChip(), { order: "model" });
    expect(remarks).toEqual([]);
    for (const { dramImage, dramSections, sections } of program.pes) {
      expect([dramImage.length, dramSections.length]).toEqual([0, 0]);
      expect(sections.map(({ kind }) => kind)).not.toContain("row-buffer");
    }
  });

  it("moves the largest block first, on all slices, and no more than it must", () => {
    expect(() => compile(large, cramped, { rows: "sram" })).toThrow(CapacityError);
    const { program, remarks } = compile(large, cramped);
    expect(blocksIn(program)).toEqual(new Set(["egru0 -> egru0 1"]));
    expect(remarks).toEqual([
      "egru0 -> egru0 (recurrent): 24,300 synapses lie in DRAM, 90 rows for 100.0 % of the events",
      expect.stringMatching(
        /^rows in DRAM: about [\d,]+ bytes are fetched a timestep, if 20 % of the neurons of egru0 send an event$/,
      ),
    ]);
    const recurrent = program.pes.map(({ sources }) => sources.find(({ delay }) => delay === 1)!);
    expect(recurrent.every(({ inDram }) => inDram)).toBe(true);
    expect(program.manifest.options["rows"]).toBe("auto");
  });

  it("moves a second block where one is not enough", () => {
    const tighter = tinyChip({ pesPerNode: 1, sramBytes: 5_000 });
    const { program } = compile(large, tighter);
    expect(blocksIn(program)).toEqual(new Set(["egru0 -> egru0 1", "input -> egru0 0"]));
  });

  it("says what is short where even that does not help, and where there is no DRAM", () => {
    const hopeless = tinyChip({ pesPerNode: 1, sramBytes: 2_048 });
    expect(() => compile(large, hopeless)).toThrow(
      /^One neuron alone \(egru0\[0\]\) needs [\d,]+ SRAM bytes/,
    );
    const { dram: _, ...without } = cramped;
    expect(() => compile(large, without)).toThrow(CapacityError);
    expect(() => compile(large, without, { rows: "dram" })).toThrow(
      "Tiny chip has no DRAM for synaptic rows.",
    );
  });
});

describe.each(["float32", "int16", "int8"] as const)("rows: dram, %s", (format) => {
  const options: CompileOptions = { format, rows: "dram" };

  it("keeps the same synapses as in SRAM, and nothing but rows in DRAM", () => {
    const inDram = compile(small, tinyChip(), options).program;
    const inSram = compile(small, tinyChip(), { format, rows: "sram" }).program;
    verifyProgram(inDram);
    expect(decodeProgram(encodeProgram(inDram))).toEqual(inDram);
    expect(synapsesOf(inDram.pes)).toEqual(synapsesOf(inSram.pes));
    for (const { sources, sections, dramSections, dramImage } of inDram.pes) {
      expect(sources.every(({ inDram: there }) => there)).toBe(true);
      const rowKinds = sections.filter(({ kind }) => kind === "indices" || kind === "weights");
      expect(rowKinds).toEqual([]);
      expect(dramSections[0]!.offset).toBe(DRAM_ADDRESS);
      const last = dramSections.at(-1)!;
      expect(dramImage).toHaveLength(last.offset + last.bytes - DRAM_ADDRESS);
    }
  });

  it("keeps room for two rows of the largest transfer, and within SRAM", () => {
    for (const partition of ["spread", "compact"]) {
      const { program } = compile(large, cramped, { ...options, partition });
      for (const pe of program.pes) {
        const buffer = pe.sections.find(({ kind }) => kind === "row-buffer");
        expect(buffer?.bytes).toBe(2 * largestTransferOf(pe, format));
        expect(dataBytesOfPe(pe)).toBeLessThanOrEqual(dataBytesOf(cramped.pe.sram));
      }
    }
  });
});

describe("DRAM of a chip", () => {
  const bytesOn = (pes: readonly PeProgram[]) =>
    pes.reduce((sum, { dramImage }) => sum + burst * Math.ceil(dramImage.length / burst), 0);
  const withDram = <P extends { readonly dram?: object }>(profile: P, bytes: number): P => ({
    ...profile,
    dram: { ...profile.dram, bytes },
  });

  it("must hold the rows of all its PEs, to the byte", () => {
    const needed = bytesOn(compile(small, tinyChip(), { rows: "dram" }).program.pes);
    expect(() => compile(small, withDram(tinyChip(), needed), { rows: "dram" })).not.toThrow();
    expect(() => compile(small, withDram(tinyChip(), needed - 1), { rows: "dram" })).toThrow(
      `Tiny chip needs ${needed.toLocaleString("en-US")} DRAM bytes, but has ${(needed - 1).toLocaleString("en-US")} (1 short).`,
    );
  });

  it("is counted by chip on a board", () => {
    const board = tinyBoard();
    const perChip = board.pe.count / 5;
    const { pes } = compile(large, board, { rows: "dram", placer: "sequential" }).program;
    const byChip = [0, 1, 2, 3, 4].map((chip) =>
      bytesOn(pes.filter(({ pe }) => Math.floor(pe / perChip) === chip)),
    );
    const most = Math.max(...byChip);
    expect(most).toBeGreaterThan(0);
    const compileWith = (bytes: number) =>
      compile(large, withDram(board, bytes), { rows: "dram", placer: "sequential" });
    expect(() => compileWith(most)).not.toThrow();
    expect(() => compileWith(most - 1)).toThrow(/^The chip at \(\d, \d\) needs [\d,]+ DRAM bytes/);
  });

  it("holds a decoder's weights beside the rows", () => {
    const words = tinyModel({ inputs: 6, layers: [8, 6], vocabulary: 30 });
    const rows = bytesOn(compile(words, tinyChip(), { rows: "dram" }).program.pes);
    const decoder = 30 * 6 + 8 * 30;
    const compileWith = (bytes: number) =>
      compile(words, withDram(tinyChip(), bytes), { rows: "dram", decoder: "chip" });
    expect(() => compileWith(rows + decoder)).not.toThrow();
    expect(() => compileWith(rows + decoder - 1)).toThrow("DRAM bytes");
  });
});

const synapsesOf = (pes: readonly PeProgram[]) => {
  const all: string[] = [];
  for (const pe of pes) {
    for (const [block, source] of pe.sources.entries()) {
      const { rowStart, index, weight } = rowsOf(pe, block);
      for (let row = 0; row < source.rows; row += 1) {
        for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
          const neuron = pe.firstNeuron + (index[i]! % pe.neurons);
          const accumulator = Math.floor(index[i]! / pe.neurons);
          all.push(`${source.population}[${row}] ${pe.population}[${neuron}].${accumulator} ${weight[i]}`);
        }
      }
    }
  }
  return all.sort();
};

/** Read from the image alone: each row's indices and weights, widened to whole bursts. */
function largestTransferOf(pe: PeProgram, format: NumberFormat): number {
  let largest = 0;
  for (const [block, source] of pe.sources.entries()) {
    const { rowStart } = rowsOf(pe, block);
    const start = (kind: string) =>
      pe.dramSections.find(
        (section) =>
          section.kind === kind && section.source === source.population && section.delay === source.delay,
      )!.offset;
    for (let row = 0; row < source.rows; row += 1) {
      const [from, to] = [rowStart[row]!, rowStart[row + 1]!];
      if (from === to) continue;
      const transfer = (base: number, bytes: number) => {
        const first = Math.floor((base + from * bytes) / burst);
        const last = Math.floor((base + to * bytes - 1) / burst);
        return (last - first + 1) * burst;
      };
      const bytes =
        transfer(start("indices"), source.indexBits / 8) + transfer(start("weights"), WEIGHT_BYTES[format]);
      largest = Math.max(largest, bytes);
    }
  }
  return largest;
}
