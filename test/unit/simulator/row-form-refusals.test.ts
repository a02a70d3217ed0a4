import { describe, expect, it } from "vitest";
import { InputError, UnsupportedError, type UserError } from "../../../src/core/errors.ts";
import type { PeProgram, Program } from "../../../src/core/program.ts";
import type { RowForm } from "../../../src/core/row-form.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram } from "./build-program.ts";
import { allForms, cornerChip } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const chip = allForms(cornerChip());
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2),
  origin: "zeros",
  synthetic: true,
};

const programOf = (form: RowForm): Program => {
  const net = firingNet();
  const projections = net.projections.map((projection) => ({ ...projection, form }));
  return buildProgram({ ...net, projections }, chip);
};

function faultIn(program: Program, profile = chip): UserError {
  try {
    simulate(program, profile, input);
  } catch (fault) {
    if (fault instanceof InputError || fault instanceof UnsupportedError) return fault;
    throw fault;
  }
  throw new Error("nothing was refused");
}

/** The last PE (layer b, both neurons), whose rows come from a: row 0 holds z0, r0 and g1, the others nothing. */
const lastOf = ({ pes }: Program): PeProgram => pes.at(-1)!;

/** The program with one byte of a section of its last PE's rows replaced. */
function withByte(
  form: RowForm,
  kind: "row-pointers" | "indices" | "weights",
  at: number,
  value: number,
): Program {
  const program = programOf(form);
  const pe = lastOf(program);
  const image = pe.image.slice();
  image[pe.sections.find((section) => section.kind === kind)!.offset - pe.imageOffset + at] = value;
  return { ...program, pes: [...program.pes.slice(0, -1), { ...pe, image }] };
}

const withSource = (form: RowForm, change: Partial<PeProgram["sources"][number]>): Program => {
  const program = programOf(form);
  const pe = lastOf(program);
  return {
    ...program,
    pes: [
      ...program.pes.slice(0, -1),
      { ...pe, sources: pe.sources.map((source) => ({ ...source, ...change })) },
    ],
  };
};

describe("rows are refused", () => {
  const block = "PE 6: source block 0 (a)";
  it.each<[string, Program, string]>([
    // Gaps of 4 bits: z0 after 0, r0 after 1, g1 after 2.
    [
      "whose gap leads outside",
      withByte("delta-csr", "indices", 1, 15),
      `${block}: row 0 leads to accumulator 18 of 8`,
    ],
    [
      "whose gap leads to an accumulator that its gates leave out",
      withByte("delta-csr", "indices", 1, 4),
      `${block}: row 0 names accumulator 7, which its gates leave out`,
    ],
    [
      "that say more slots than they hold",
      withByte("delta-csr", "row-pointers", 2, 4),
      `${block}: row 1 ends before it starts`,
    ],
    [
      "whose bitmap has a bit beyond its columns",
      withByte("bitmap", "indices", 0, 0b01000101),
      `${block}: row 0 has a bit for column 6 of 6`,
    ],
    [
      "whose bitmap's last bit is beyond its columns",
      withByte("bitmap", "indices", 3, 0x80),
      `${block}: row 0 has a bit for column 31 of 6`,
    ],
    [
      "whose bitmap has more bits than slots",
      withByte("bitmap", "indices", 0, 0b00110101),
      `${block}: row 0 has more bits than slots`,
    ],
    [
      "whose bitmap has fewer bits than slots",
      withByte("bitmap", "indices", 0, 0b00000101),
      `${block}: row 0 has fewer bits than slots`,
    ],
    [
      "whose bitmap has bits in an empty row",
      withByte("bitmap", "indices", 4, 1),
      `${block}: row 1 has more bits than slots`,
    ],
    ["whose blocks are out of order", withByte("block", "indices", 1, 0), `${block}: row 0 is not ascending`],
    [
      "that name a block past the columns",
      withByte("block", "indices", 1, 2),
      `${block}: row 0 names block 2, past its 6 columns`,
    ],
    [
      "that hold a weight past the columns",
      withByte("block", "weights", 4 * 7, 1),
      `${block}: row 0 holds a weight past its 6 columns`,
    ],
    [
      "that end elsewhere than their blocks",
      withByte("block", "row-pointers", 6, 9),
      `${block}: rows end at block 9, but the program says 2`,
    ],
    [
      "that hold another number of weights than is said",
      withByte("dense", "weights", 4, 1),
      `${block} holds 4 weights that are not zero, but the program says 3`,
    ],
    [
      "whose record names another form",
      withSource("delta-csr", { form: "csr", indexBits: 8 }),
      'PE 6: indices of source "a" should have 3 bytes, not 2',
    ],
    [
      "whose dense slots are not rows of columns",
      withSource("dense", { slots: 19 }),
      'PE 6: 19 slots of source "a" are not 3 rows of 6',
    ],
    [
      "whose gates differ from the record's",
      withSource("csr", { gates: 0b1111 }),
      `${block}: the image's gates is 7, but the program says 15`,
    ],
  ])("%s", (_, program, message) => {
    const fault = faultIn(program);
    expect(fault).toBeInstanceOf(InputError);
    expect(fault.message).toBe(message);
    expect(fault.hint).toMatch(/^Compile the model again/);
  });

  it("where the chip has no kernels for their form", () => {
    const fault = faultIn(programOf("dense"), cornerChip());
    expect(fault).toBeInstanceOf(UnsupportedError);
    expect(fault.message).toBe("Corner chip has no kernels for dense rows of float32 weights.");
    expect(fault.hint).toMatch("pe.kernels.float32.forms");
  });
});
