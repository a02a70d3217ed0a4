import type { SectionKind } from "../../src/core/mapping.ts";
import { NUMBER_FORMATS, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { DRAM_ADDRESS, type PeProgram, type SourceBlock } from "../../src/core/program.ts";
import {
  BLOCK_COLUMNS,
  BLOCK_FORMS,
  bitmapBytesOf,
  type BlockForm,
  gatesIn,
} from "../../src/core/row-form.ts";
import type { Dice, Mutation, Open } from "./program-mutations.ts";

/** The bytes of a block's section, in SRAM or in DRAM; none where its form has no such section. */
export function bytesOfSection(
  pe: Pick<PeProgram, "sections" | "dramSections" | "image" | "imageOffset" | "dramImage">,
  block: Pick<SourceBlock, "population" | "delay" | "part">,
  kind: SectionKind,
): Uint8Array {
  const section = [...pe.sections, ...pe.dramSections].find(
    (one) =>
      one.kind === kind &&
      one.source === block.population &&
      one.delay === block.delay &&
      one.part === block.part,
  );
  if (section === undefined) return new Uint8Array(0);
  const { offset, bytes } = section;
  const [image, base] = offset < DRAM_ADDRESS ? [pe.image, pe.imageOffset] : [pe.dramImage, DRAM_ADDRESS];
  return image.subarray(offset - base, offset - base + bytes);
}

type Change = (pe: Open<PeProgram>, block: Open<SourceBlock>, dice: Dice) => boolean;

/** Changes one of the blocks of a form; false where there is none. */
const onForm =
  (form: BlockForm, change: Change): Mutation =>
  ({ pes }, dice) => {
    const found = pes.flatMap((pe) =>
      pe.sources.filter((block) => block.form === form).map((block) => [pe, block] as const),
    );
    if (found.length === 0) return false;
    return change(...dice.pick(found), dice);
  };

const onAny =
  (change: (block: Open<SourceBlock>, dice: Dice) => boolean): Mutation =>
  ({ pes }, dice) =>
    change(dice.pick(dice.pick(pes).sources), dice);

const columnsOf = (pe: Pick<PeProgram, "neurons">, { gates }: Pick<SourceBlock, "gates">): number =>
  gatesIn(gates).length * pe.neurons;

/** Adds something other than 0 to one of the numbers of so many bits, the even ones of four in the low half. */
function changeNumber(bytes: Uint8Array, bits: number, dice: Dice): boolean {
  const count = Math.floor((8 * bytes.length) / bits);
  if (count === 0) return false;
  const at = dice.below(count);
  if (bits === 16) bytes[2 * at + dice.below(2)]! ^= 1 << dice.below(8);
  else if (bits === 8) bytes[at]! ^= 1 << dice.below(8);
  else bytes[at >> 1]! ^= 1 << (4 * (at & 1) + dice.below(4));
  return true;
}

/** Swaps two different places of equal size in a section. */
function swapPlaces(bytes: Uint8Array, size: number, dice: Dice): boolean {
  const count = Math.floor(bytes.length / size);
  if (count < 2) return false;
  const place = (at: number) => bytes.subarray(size * at, size * (at + 1));
  const a = dice.below(count);
  const b = (a + 1 + dice.below(count - 1)) % count;
  if (String(place(a)) === String(place(b))) return false;
  const kept = place(a).slice();
  place(a).set(place(b));
  place(b).set(kept);
  return true;
}

/** Gives a weight of 0 some other bits. */
function fillZero(weights: Uint8Array, width: number, dice: Dice): boolean {
  const zeros = Array.from({ length: weights.length / width }, (_, slot) => width * slot).filter((at) =>
    weights.subarray(at, at + width).every((byte) => byte === 0),
  );
  if (zeros.length === 0) return false;
  weights[dice.pick(zeros) + dice.below(width)] = 1 << dice.below(8);
  return true;
}

const zeroFilled = (form: BlockForm): Mutation =>
  onForm(form, (pe, block, dice) =>
    fillZero(bytesOfSection(pe, block, "weights"), WEIGHT_BYTES[block.weightFormat], dice),
  );

/** Mutations of rows in each form, and of what is said of them; each must be seen. */
export const ROW_FORM_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "gap changed": onForm("delta-csr", (pe, block, dice) =>
    changeNumber(bytesOfSection(pe, block, "indices"), block.indexBits, dice),
  ),
  "gaps swapped": onForm("delta-csr", (pe, block, dice) =>
    swapPlaces(bytesOfSection(pe, block, "indices"), 1, dice),
  ),
  "bridge given a weight": zeroFilled("delta-csr"),
  "bit of a bitmap flipped": onForm("bitmap", (pe, block, dice) =>
    changeNumber(bytesOfSection(pe, block, "indices"), 8, dice),
  ),
  "bit of a bitmap set beyond its columns": onForm("bitmap", (pe, block, dice) => {
    const columns = columnsOf(pe, block);
    const beyond = 8 * bitmapBytesOf(columns) - columns;
    if (beyond === 0) return false;
    const bit = columns + dice.below(beyond);
    bytesOfSection(pe, block, "indices")[dice.below(block.rows) * bitmapBytesOf(columns) + (bit >> 3)]! |=
      1 << (bit & 7);
    return true;
  }),
  "rows of a bitmap swapped": onForm("bitmap", (pe, block, dice) =>
    swapPlaces(bytesOfSection(pe, block, "indices"), bitmapBytesOf(columnsOf(pe, block)), dice),
  ),
  "block number changed": onForm("block", (pe, block, dice) =>
    changeNumber(bytesOfSection(pe, block, "indices"), block.indexBits, dice),
  ),
  "block numbers swapped": onForm("block", (pe, block, dice) =>
    swapPlaces(bytesOfSection(pe, block, "indices"), block.indexBits / 8, dice),
  ),
  "blocks of weights swapped": onForm("block", (pe, block, dice) =>
    swapPlaces(bytesOfSection(pe, block, "weights"), BLOCK_COLUMNS * WEIGHT_BYTES[block.weightFormat], dice),
  ),
  "block emptied": onForm("block", (pe, block, dice) => {
    const width = BLOCK_COLUMNS * WEIGHT_BYTES[block.weightFormat];
    const weights = bytesOfSection(pe, block, "weights");
    if (weights.length === 0) return false;
    const at = width * dice.below(weights.length / width);
    weights.fill(0, at, at + width);
    return true;
  }),
  "zero of a block filled": zeroFilled("block"),
  "zero of a dense row filled": zeroFilled("dense"),
  "dense rows swapped": onForm("dense", (pe, block, dice) =>
    swapPlaces(
      bytesOfSection(pe, block, "weights"),
      columnsOf(pe, block) * WEIGHT_BYTES[block.weightFormat],
      dice,
    ),
  ),
  "weight of a product changed": onForm("mac-array", (pe, block, dice) =>
    changeNumber(bytesOfSection(pe, block, "weights"), 8, dice),
  ),
  "zero of a product filled": zeroFilled("mac-array"),
  "columns of a product swapped": onForm("mac-array", (pe, block, dice) =>
    swapPlaces(bytesOfSection(pe, block, "weights"), block.rows, dice),
  ),
  "buffer of a product shortened": onForm("mac-array", (pe, block) => {
    const buffer = pe.sections.find(
      ({ kind, source, delay, part }) =>
        kind === "mac-buffer" && source === block.population && delay === block.delay && part === block.part,
    )!;
    buffer.bytes -= 4;
    return true;
  }),
  "tiles of a product shortened": ({ pes }) => {
    const tiles = pes.flatMap(({ sections }) => sections.filter(({ kind }) => kind === "mac-tiles"));
    if (tiles.length === 0) return false;
    tiles[0]!.bytes -= 4;
    return true;
  },
  "form of a block changed": onAny((block, dice) => {
    block.form = dice.pick(BLOCK_FORMS.filter((form) => form !== block.form));
    return true;
  }),
  "slots of a block changed": onAny((block, dice) => {
    block.slots += dice.pick([-BLOCK_COLUMNS, -1, 1, BLOCK_COLUMNS]);
    return true;
  }),
  "accumulators of a block changed": onAny((block, dice) => {
    block.gates ^= 1 << dice.below(4);
    return true;
  }),
  "weight format changed": onAny((block, dice) => {
    block.weightFormat = dice.pick(NUMBER_FORMATS.filter((format) => format !== block.weightFormat));
    return true;
  }),
  "part of a block changed": onAny((block) => {
    block.part += 1;
    return true;
  }),
};
