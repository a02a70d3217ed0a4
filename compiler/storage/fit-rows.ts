import { isProductForm, rowBytesOf } from "../../src/core/row-form.ts";
import { type DramRows, NO_DRAM_ROWS } from "../partition/dram-transfers.ts";
import { alignedRowBytes, alignedTo4, longestTransfer } from "../partition/slice-bytes.ts";
import type { RowCandidate } from "./row-candidates.ts";
import type { RowChoice } from "./row-choices.ts";

/** SRAM of one slice. */
export interface SliceRoom {
  readonly count: number;
  /** Bytes for rows: their sections, rounded up to 4 bytes each, and the row buffer. */
  readonly bytes: number;
  readonly dram?: DramRows | undefined;
}

/**
 * One candidate a projection: the fastest of each. While they do not fit, another takes the place of one of them where that
 * saves most bytes for each cycle lost. Where no single swap saves anything, as two blocks keep the row buffer equally
 * large, all change to what slices were cut for, which fits.
 */
export function fitRows(choices: readonly RowChoice[], room: SliceRoom): readonly RowCandidate[] {
  let rows: readonly RowCandidate[] = choices.map(({ candidates }) =>
    bestOf(candidates, ({ cycles }) => cycles),
  );
  while (sramBytesOf(choices, rows, room) > room.bytes) {
    const swapped = bestSwap(choices, rows, room);
    if (swapped === undefined) return choices.map(leastOf);
    rows = swapped;
  }
  return rows;
}

const leastOf = ({ block, candidates }: RowChoice): RowCandidate =>
  block.isInDram ? candidates[0]! : bestOf(candidates, ({ layout }) => alignedRowBytes(layout));

/** The least by `measure`, then by bytes; the first of those that are alike. */
export function bestOf(
  candidates: readonly RowCandidate[],
  measure: (candidate: RowCandidate) => number,
): RowCandidate {
  return candidates.reduce((best, candidate) => {
    const difference = measure(candidate) - measure(best);
    if (difference !== 0) return difference < 0 ? candidate : best;
    return alignedRowBytes(candidate.layout) < alignedRowBytes(best.layout) ? candidate : best;
  });
}

/** Bytes of SRAM that rows take, their row buffer at the most that it could need. */
function sramBytesOf(
  choices: readonly RowChoice[],
  rows: readonly RowCandidate[],
  { count, dram = NO_DRAM_ROWS }: SliceRoom,
): number {
  let bytes = 0;
  let transfer = 0;
  for (const [index, { layout, variant }] of rows.entries()) {
    const { block, isHeld } = choices[index]!;
    if (!isHeld) continue;
    if (!block.isInDram) {
      bytes += alignedRowBytes(layout);
      continue;
    }
    bytes += alignedTo4(rowBytesOf(layout).pointers);
    if (!isProductForm(layout.form))
      transfer = Math.max(transfer, longestTransfer(block, variant, count, dram));
  }
  return bytes + alignedTo4(2 * transfer);
}

/** Undefined where no swap of one block's form saves a byte. */
function bestSwap(
  choices: readonly RowChoice[],
  rows: readonly RowCandidate[],
  room: SliceRoom,
): readonly RowCandidate[] | undefined {
  const before = sramBytesOf(choices, rows, room);
  let best:
    { readonly rows: readonly RowCandidate[]; readonly rate: number; readonly saved: number } | undefined;
  for (const [index, { candidates }] of choices.entries()) {
    for (const candidate of candidates) {
      const swapped = rows.map((own, other) => (other === index ? candidate : own));
      const saved = before - sramBytesOf(choices, swapped, room);
      if (saved <= 0) continue;
      const lost = candidate.cycles - rows[index]!.cycles;
      const rate = lost <= 0 ? Infinity : saved / lost;
      if (best === undefined || rate > best.rate || (rate === best.rate && saved > best.saved))
        best = { rows: swapped, rate, saved };
    }
  }
  return best?.rows;
}
