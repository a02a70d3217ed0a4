import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../../compiler/pipeline.ts";
import { verifyCompiled } from "../../../../compiler/verify/verify.ts";
import { InputError } from "../../../../src/core/errors.ts";
import type { Program } from "../../../../src/core/program.ts";
import { rowsOf } from "../../../../src/core/program-rows.ts";
import { bitmapBytesOf, gatesIn, type RowForm } from "../../../../src/core/row-form.ts";
import { type OpenProgram } from "../../../support/program-mutations.ts";
import { bytesOfSection } from "../../../support/row-form-mutations.ts";
import { tinyChip, withForms } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const chip = withForms(tinyChip());
const model = tinyModel({ inputs: 4, layers: [37], density: 0.2 });

/** One PE with rows in a form, int8, and the bytes of its first block, to be written to. */
function opened(form: RowForm, options: CompileOptions = {}) {
  const compiled = compile(model, chip, {
    format: "int8",
    rowForms: form,
    pes: 1,
    order: "model",
    ...options,
  });
  const program = structuredClone(compiled.program) as OpenProgram;
  const pe = program.pes[0]!;
  const source = pe.sources[0]!;
  const bytesOf = (kind: "row-pointers" | "indices" | "weights") => bytesOfSection(pe, source, kind);
  const columns = gatesIn(source.gates).length * pe.neurons;
  return { program, pe, source, bytesOf, columns };
}

/** What the check says without the event graph: of the structure alone. */
function messageOf(program: OpenProgram, profile = chip): string {
  try {
    verifyCompiled(program as Program, profile);
  } catch (error) {
    return (error as Error).message;
  }
  return "no fault";
}

describe("without the event graph, a fault of structure is found", () => {
  it("in delta-csr: a bridge that is too short, or ends a row", () => {
    const { program, source, bytesOf } = opened("delta-csr");
    expect(source.indexBits).toBe(4);
    const weights = bytesOf("weights");
    const bridge = weights.indexOf(0);
    const indices = bytesOf("indices");
    expect((indices[bridge >> 1]! >> (4 * (bridge & 1))) & 15).toBe(15);
    indices[bridge >> 1]! ^= 1 << (4 * (bridge & 1));
    expect(messageOf(program)).toMatch(
      /^verify: a gap of input on PE \d+ is bridged in too short a step in row \d$/,
    );
    const other = opened("delta-csr");
    const pointers = other.bytesOf("row-pointers");
    const last = pointers[2]! - 1;
    other.bytesOf("weights")[last] = 0;
    other.bytesOf("indices")[last >> 1]! |= 15 << (4 * (last & 1));
    expect(messageOf(other.program)).toMatch(/^verify: (row 0 of input on PE \d+ ends in a bridge|gaps .*)$/);
  });

  it("in a bitmap: bits beyond the columns, and other than there are weights", () => {
    const { program, bytesOf, columns } = opened("bitmap");
    const bits = bytesOf("indices");
    expect(columns % 32).not.toBe(0);
    bits[columns >> 3]! |= 1 << (columns & 7);
    expect(messageOf(program)).toMatch(
      /^verify: the bitmap of input on PE \d+ has a bit beyond its columns in row 0$/,
    );
    bits[columns >> 3]! ^= 1 << (columns & 7);
    const free = Array.from({ length: columns }, (_, column) => column).find(
      (column) => ((bits[column >> 3]! >> (column & 7)) & 1) === 0,
    )!;
    bits[free >> 3]! |= 1 << (free & 7);
    expect(messageOf(program)).toMatch(
      /^verify: the bitmap of input on PE \d+ has more bits than weights in row 0$/,
    );
    bits.fill(0, 0, bitmapBytesOf(columns));
    expect(messageOf(program)).toMatch(
      /^verify: the bitmap of input on PE \d+ has fewer bits than weights in row 0$/,
    );
  });

  it("in blocks: one that is empty, one out of order, a weight beyond the columns", () => {
    const { program, bytesOf, columns } = opened("block");
    const [numbers, weights] = [bytesOf("indices"), bytesOf("weights")];
    const kept = weights.slice(0, 4);
    weights.fill(0, 0, 4);
    expect(messageOf(program)).toMatch(/^verify: a block of input on PE \d+ holds nothing in row 0$/);
    weights.set(kept);
    const [first, second] = numbers;
    [numbers[0], numbers[1]] = [second!, first!];
    expect(messageOf(program)).toMatch(/^verify: block numbers of input on PE \d+ do not ascend in row 0$/);
    [numbers[0], numbers[1]] = [first!, second!];
    const end = bytesOf("row-pointers")[2]! - 1;
    numbers[end] = columns >> 2;
    weights.fill(1, 4 * end, 4 * end + 4);
    expect(columns % 4).not.toBe(0);
    expect(messageOf(program)).toMatch(
      /^verify: a block of input on PE \d+ has a weight beyond its columns in row 0$/,
    );
  });

  it("in dense rows: more weights than synapses are spoken of", () => {
    const { program, bytesOf, source } = opened("dense");
    const weights = bytesOf("weights");
    weights[weights.indexOf(0)] = 1;
    expect(messageOf(program)).toMatch(
      new RegExp(`^verify: the block of input on PE \\d+ holds more than its ${source.synapses} synapses$`),
    );
    weights.fill(0);
    expect(messageOf(program)).toMatch(
      /^verify: the block of input on PE \d+ holds fewer than its \d+ synapses$/,
    );
  });

  it("where the chip has no kernel for a form, or accumulators are others", () => {
    const { program } = opened("bitmap");
    expect(
      messageOf(program, { ...chip, pe: { ...chip.pe, rowForms: withForms(chip, "csr").pe.rowForms } }),
    ).toMatch(/^verify: PE \d+ has no kernel for int8 rows of input as bitmap$/);
    const other = opened("csr");
    other.source.gates |= 8;
    const table = other.pe.image.subarray(0, 36);
    new DataView(table.buffer, table.byteOffset).setUint32(32, (other.source.gates << 16) | (1 << 8), true);
    expect(messageOf(other.program)).toMatch(
      /^verify: rows of input on PE \d+ are said to reach accumulators 15, not 7$/,
    );
  });
});

describe("rowsOf", () => {
  it("says of rows that cannot be read which PE holds them", () => {
    const { pe, bytesOf } = opened("csr");
    bytesOf("row-pointers")[2] = 255;
    const read = () => rowsOf(pe, 0);
    expect(read).toThrow(InputError);
    expect(read).toThrow(/row pointers of input do not span its synapses/);
    const blocks = opened("block");
    blocks.bytesOf("indices").fill(255);
    expect(() => rowsOf(blocks.pe, 0)).toThrow(/rows of input reach beyond its neurons/);
    const dense = opened("dense");
    dense.bytesOf("weights").fill(0);
    expect(() => rowsOf(dense.pe, 0)).toThrow(/rows of input hold 0 synapses, not \d+/);
  });
});
