import { countBits, intersects } from "./bits.ts";
import { separateBits } from "./obstacles.ts";
import type { UsedKeys } from "./used-keys.ts";

/** A table ordered by generality. Rows that were merged into another one are no longer alive. */
export interface OrderedRows {
  readonly used: UsedKeys;
  readonly key: Int32Array;
  readonly mask: Int32Array;
  readonly output: Int32Array;
  /** Bits that a row does not compare. */
  readonly generality: Int32Array;
  readonly isAlive: Uint8Array;
  /** Row that owns each cube of used keys; −1 for none. */
  readonly rowOf: Int32Array;
}

/** Rows of one output and the least cube that holds them all. */
export interface Merge {
  readonly rows: readonly number[];
  readonly key: number;
  readonly mask: number;
  readonly generality: number;
}

export function unionOf({ key, mask }: OrderedRows, rows: readonly number[]): Merge {
  let compared = -1;
  for (const row of rows) compared &= mask[row]! & ~(key[row]! ^ key[rows[0]!]!);
  return { rows, key: (key[rows[0]!] ?? 0) & compared, mask: compared, generality: 32 - countBits(compared) };
}

/**
 * Takes rows out of a merge until it may stand above the rows of its generality. A smaller merge stands higher, so that
 * taking rows out for one reason can only bring up the other reason, below, again.
 *
 * @returns Nothing where fewer than two rows are left.
 */
export function fitBetween(rows: OrderedRows, whole: Merge): Merge | undefined {
  let merge = uncoverBelow(rows, whole);
  const before = merge?.rows.length;
  const lowestFirst = merge?.rows.toSorted((a, b) => rows.generality[b]! - rows.generality[a]! || b - a);
  for (const row of lowestFirst ?? []) {
    if (merge === undefined || !isHidden(rows, row, merge)) continue;
    merge = unionOf(
      rows,
      merge.rows.filter((other) => other !== row),
    );
  }
  return merge === undefined || merge.rows.length === before ? merge : uncoverBelow(rows, merge);
}

/** Down-check: the merge must match no used key of other outputs that rows below it own, or that no row matches. */
function uncoverBelow(rows: OrderedRows, whole: Merge): Merge | undefined {
  let merge = whole;
  while (merge.rows.length > 1) {
    const ways = waysOut(rows, merge);
    if (!ways) return merge;
    merge = unionOf(rows, keptBy(rows, merge, ways));
  }
  return undefined;
}

/** Bits in which a merge must come to differ from a one or a zero: one of them will do for now. */
interface WaysOut {
  readonly ones: number;
  readonly zeros: number;
}

/** Of the used keys that the merge would take from others, the cubes that leave the fewest bits to differ in bind most. */
function waysOut({ used, rowOf, generality, output }: OrderedRows, merge: Merge): WaysOut | undefined {
  const own = output[merge.rows[0]!]!;
  let [fewest, ones, zeros] = [33, 0, 0];
  for (let cube = 0; cube < used.count; cube += 1) {
    if (((used.key[cube]! ^ merge.key) & used.mask[cube]! & merge.mask) !== 0) continue;
    if (used.output[cube] === own) continue;
    const row = rowOf[cube]!;
    if (row >= 0 && generality[row]! < merge.generality) continue;
    const bits = used.mask[cube]! & ~merge.mask;
    const ways = countBits(bits);
    if (ways > fewest) continue;
    if (ways < fewest) [fewest, ones, zeros] = [ways, 0, 0];
    ones |= bits & used.key[cube]!;
    zeros |= bits & ~used.key[cube]!;
  }
  return fewest === 33 ? undefined : { ones, zeros };
}

/** The most rows that agree on a bit that tells the merge apart; of equal numbers those of the highest bit. */
function keptBy({ key, mask }: OrderedRows, merge: Merge, { ones, zeros }: WaysOut): readonly number[] {
  let best: readonly number[] = [];
  for (const bit of separateBits(ones | zeros).reverse()) {
    const compared = merge.rows.filter((row) => (mask[row]! & bit) !== 0);
    const withOne = (zeros & bit) === 0 ? [] : compared.filter((row) => (key[row]! & bit) !== 0);
    const withZero = (ones & bit) === 0 ? [] : compared.filter((row) => (key[row]! & bit) === 0);
    for (const kept of [withOne, withZero]) if (kept.length > best.length) best = kept;
  }
  return best;
}

/** Up-check: whether another row, between a row and where the merge would stand, matches used keys that the row owns. */
function isHidden(rows: OrderedRows, row: number, merge: Merge): boolean {
  const { key, mask, output, generality, isAlive } = rows;
  for (let other = 0; other < key.length; other += 1) {
    if (isAlive[other] === 0 || output[other] === output[row]) continue;
    if (generality[other]! < generality[row]! || generality[other]! >= merge.generality) continue;
    if (!intersects(key[other]!, mask[other]!, key[row]!, mask[row]!)) continue;
    if (takesFrom(rows, row, key[other]!, mask[other]!)) return true;
  }
  return false;
}

function takesFrom({ used, rowOf }: OrderedRows, row: number, key: number, mask: number): boolean {
  for (let cube = 0; cube < used.count; cube += 1)
    if (rowOf[cube] === row && intersects(used.key[cube]!, used.mask[cube]!, key, mask)) return true;
  return false;
}
