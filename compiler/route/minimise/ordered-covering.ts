import { countBits } from "./bits.ts";
import type { Minimiser } from "./minimiser.ts";
import { fitBetween, type Merge, type OrderedRows, unionOf } from "./ordered-merge.ts";
import { entriesOf, type OutputCube, rowsOf } from "./rows.ts";
import { usedKeysOf } from "./used-keys.ts";

/**
 * Ordered covering (Mundy, Heathcote, Garside, HPSR 2016). The table stands by generality, the number of bits that
 * an entry does not compare; a merged entry goes above those of its own. All entries of one output are taken as one
 * merge, which then gives entries up until it hides nothing and none of its own is hidden; the merge of the most
 * entries is applied, and the search begins anew.
 *
 * What an entry stands for are the cubes of used keys that it owns (its aliases), so that keys that it matches
 * by accident bind nobody.
 */
export const orderedCovering: Minimiser = {
  name: "ordered-covering",
  summary: "Merge entries above those that compare fewer bits, most merged first (Mundy et al. 2016).",

  minimise(table, { target, keys }) {
    const used = usedKeysOf(table, keys);
    const { key, mask, output, rowOf, count } = rowsOf(table, used);
    const rows: OrderedRows = {
      used,
      key: key.slice(),
      mask: mask.slice(),
      output,
      rowOf,
      generality: mask.map((compared) => 32 - countBits(compared)),
      isAlive: new Uint8Array(count).fill(1),
    };
    const placed = Float64Array.from({ length: count }, (_, row) => row);
    mergeUntil(rows, target, (row, merges) => (placed[row] = -merges));
    const order = [...rows.key.keys()]
      .filter((row) => rows.isAlive[row] === 1)
      .sort((a, b) => rows.generality[a]! - rows.generality[b]! || placed[a]! - placed[b]!);
    const merged = order.map((row): OutputCube => [rows.key[row]!, rows.mask[row]!, output[row]!]);
    return merged.length < table.length ? entriesOf(merged, used) : table;
  },
};

/** Applies the merge of the most rows until none is left, or few enough rows. */
function mergeUntil(rows: OrderedRows, target: number, onMerge: (row: number, merges: number) => void): void {
  const members = rows.used.outputs.map((): number[] => []);
  for (const [row, output] of rows.output.entries()) members[output]!.push(row);
  /** How many rows each output's merge spared when it was last looked at; an estimate by the next time. */
  const spared = members.map((own) => own.length - 1);
  let left = rows.isAlive.length;
  let merges = 0;
  while (left > target) {
    const best = bestMerge(rows, members, spared);
    if (!best) return;
    const { merge, output } = best;
    merges += 1;
    const [into] = merge.rows as [number];
    apply(rows, merge, into);
    onMerge(into, merges);
    members[output] = members[output]!.filter((row) => rows.isAlive[row] === 1);
    left -= merge.rows.length - 1;
  }
}

/** Looks at outputs in the order of their estimates, and no further than these promise more. */
function bestMerge(rows: OrderedRows, members: readonly (readonly number[])[], spared: number[]) {
  let best: { readonly merge: Merge; readonly output: number } | undefined;
  const order = [...spared.keys()].sort((a, b) => spared[b]! - spared[a]! || a - b);
  for (const output of order) {
    const atLeast = best ? best.merge.rows.length : 1;
    if (best && spared[output]! + 1 <= atLeast) break;
    const merge = fitBetween(rows, unionOf(rows, members[output]!));
    spared[output] = merge ? merge.rows.length - 1 : 0;
    if (merge && merge.rows.length > atLeast) best = { merge, output };
  }
  return best;
}

/** The first row becomes the merged one and owns all keys of the others. */
function apply(rows: OrderedRows, merge: Merge, into: number): void {
  const isMember = new Uint8Array(rows.key.length);
  for (const row of merge.rows) isMember[row] = 1;
  for (const [cube, row] of rows.rowOf.entries())
    if (row >= 0 && isMember[row] === 1) rows.rowOf[cube] = into;
  for (const row of merge.rows) rows.isAlive[row] = 0;
  rows.isAlive[into] = 1;
  rows.key[into] = merge.key;
  rows.mask[into] = merge.mask;
  rows.generality[into] = merge.generality;
}
