import { WEIGHT_BYTES } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram, SourceBlock } from "../../src/core/program.ts";
import { isProductForm, type RowForm } from "../../src/core/row-form.ts";
import { fault } from "./fault.ts";
import { sectionOf } from "./image-sections.ts";

/** Most bytes that one row of a block in DRAM moves: its part of each section there, in whole bursts. 0 for SRAM and products. */
export function longestTransfer(
  pe: PeProgram,
  block: number,
  pointers: Uint32Array,
  { dram }: HardwareProfile,
): number {
  const source = pe.sources[block]!;
  if (!source.inDram || isProductForm(source.form)) return 0;
  const burst = dram?.burstBytes ?? 1;
  const indices = sectionOf(pe, "indices", source)?.offset ?? 0;
  const weights = sectionOf(pe, "weights", source)!.offset;
  const moved = (from: number, to: number) =>
    to > from ? burst * (Math.ceil(to / burst) - Math.floor(from / burst)) : 0;
  const partOf = PARTS[source.form](source, pe.neurons, sectionOf(pe, "indices", source)?.bytes ?? 0);
  const weightBytes = WEIGHT_BYTES[source.weightFormat];
  let longest = 0;
  for (let row = 0; row < source.rows; row += 1) {
    const { slots, bytes } = partOf(row, pointers[row]!, pointers[row + 1]!);
    if (slots[0] === slots[1]) continue;
    const indexBytes = moved(indices + Math.floor(bytes[0]), indices + Math.ceil(bytes[1]));
    const own = indexBytes + moved(weights + slots[0] * weightBytes, weights + slots[1] * weightBytes);
    longest = Math.max(longest, own);
  }
  return longest;
}

type Range = readonly [from: number, to: number];
/** Of one row: its slots, and its bytes of `indices`, in which it may begin and end within a byte. */
type RowPart = (row: number, start: number, end: number) => { readonly slots: Range; readonly bytes: Range };

const indexed: (source: SourceBlock) => RowPart =
  ({ indexBits }) =>
  (_, start, end) => ({ slots: [start, end], bytes: [(start * indexBits) / 8, (end * indexBits) / 8] });

const PARTS: Readonly<
  Record<RowForm, (source: SourceBlock, neurons: number, indexBytes: number) => RowPart>
> = {
  csr: indexed,
  "delta-csr": indexed,
  bitmap: ({ rows }, _, indexBytes) => {
    const perRow = indexBytes / rows;
    return (row, start, end) => ({ slots: [start, end], bytes: [row * perRow, (row + 1) * perRow] });
  },
  block: ({ indexBits }) => {
    const width = indexBits / 8;
    return (_, start, end) => ({ slots: [4 * start, 4 * end], bytes: [start * width, end * width] });
  },
  dense: ({ slots, rows }) => {
    const perRow = slots / rows;
    return (row) => ({ slots: [row * perRow, (row + 1) * perRow], bytes: [0, 0] });
  },
};

/** One row is worked off while the next arrives. */
export function verifyRowBuffer(pe: PeProgram, longest: number): void {
  const { bytes = 0 } = sectionOf(pe, "row-buffer") ?? {};
  if (bytes !== 2 * longest)
    fault(`the row buffer of PE ${pe.pe} has ${bytes} bytes, but two rows take ${2 * longest}`);
}
