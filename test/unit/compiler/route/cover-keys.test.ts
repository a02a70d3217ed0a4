import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coverKeys, type KeyBlock, type KeyPiece } from "../../../../compiler/route/cover-keys.ts";

const piece = (first: number, end: number, output: number, mayPass = false): KeyPiece => ({
  first,
  end,
  output,
  mayPass,
});

/** What the first block that holds a key says. */
const outputAt = (blocks: readonly KeyBlock[], key: number) =>
  blocks.find(({ first, span }) => key >= first && key < first + span)?.output;

const isRight = (blocks: readonly KeyBlock[], pieces: readonly KeyPiece[]) =>
  pieces.every(({ first, end, output, mayPass }) => {
    for (let key = first; key < end; key += 1) {
      const found = outputAt(blocks, key);
      if (found !== output && !(found === undefined && mayPass)) return false;
    }
    return true;
  });

const SPAN = 8;
/** Two outputs, two ways to pass, or never asked for; key by key. */
const columns = fc.array(fc.constantFrom("a", "b", "A", "B", "-"), { minLength: SPAN, maxLength: SPAN });

function piecesFrom(keys: readonly string[]): KeyPiece[] {
  const pieces: KeyPiece[] = [];
  for (const [key, kind] of keys.entries()) {
    if (kind === "-") continue;
    const next = piece(key, key + 1, kind.toLowerCase() === "a" ? 0 : 1, kind !== kind.toLowerCase());
    const last = pieces.at(-1);
    const continues = last?.end === key && last.output === next.output && last.mayPass === next.mayPass;
    if (continues) pieces[pieces.length - 1] = { ...last, end: key + 1 };
    else pieces.push(next);
  }
  return pieces;
}

/** Every aligned block of the range with either output, smaller ones first. */
const allBlocks = [1, 2, 4, 8].flatMap((span) =>
  Array.from({ length: SPAN / span }, (_, i) => i * span).flatMap((first) =>
    [0, 1].map((output): KeyBlock => ({ first, span, output })),
  ),
);

/** Tries all sets of up to `most` blocks, in the order in which they would stand in a table. */
function canDoWith(most: number, pieces: readonly KeyPiece[], chosen: KeyBlock[] = [], from = 0): boolean {
  if (isRight(chosen, pieces)) return true;
  if (most === 0) return false;
  for (let next = from; next < allBlocks.length; next += 1)
    if (canDoWith(most - 1, pieces, [...chosen, allBlocks[next]!], next + 1)) return true;
  return false;
}

describe("coverKeys", () => {
  it("gives every key its output with as few blocks as any table of aligned blocks can", () => {
    fc.assert(
      fc.property(columns, (keys) => {
        const pieces = piecesFrom(keys);
        const blocks = coverKeys(pieces, SPAN, 2);
        expect(isRight(blocks, pieces)).toBe(true);
        for (const { first, span } of blocks) expect(first % span).toBe(0);
        if (blocks.length > 0 && blocks.length <= 4) expect(canDoWith(blocks.length - 1, pieces)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("covers a population with one block, keys above its size with it", () => {
    expect(coverKeys([piece(0, 6, 0)], 8, 1)).toEqual([{ first: 0, span: 8, output: 0 }]);
  });

  it("covers what one place sends with the smallest block around it", () => {
    expect(coverKeys([piece(5, 8, 0)], 2 ** 20, 1)).toEqual([{ first: 4, span: 4, output: 0 }]);
  });

  it("puts the exception before the rule", () => {
    expect(coverKeys([piece(0, 5, 0), piece(5, 6, 1), piece(6, 8, 0)], 8, 2)).toEqual([
      { first: 5, span: 1, output: 1 },
      { first: 0, span: 8, output: 0 },
    ]);
  });

  it("needs no block for what goes straight on, unless another stands around it", () => {
    expect(coverKeys([piece(0, 4, 0, true)], 8, 1)).toEqual([]);
    expect(coverKeys([piece(0, 1, 0, true), piece(1, 8, 1)], 8, 2)).toEqual([
      { first: 0, span: 1, output: 0 },
      { first: 0, span: 8, output: 1 },
    ]);
  });

  it("takes at most twice the bits of a key for two runs, however they divide a large range", () => {
    for (const cut of [1, 12_345, 65_535]) {
      const blocks = coverKeys([piece(0, cut, 0), piece(cut, 65_536, 1)], 65_536, 2);
      expect(blocks.length).toBeLessThanOrEqual(2 * 16);
    }
  });
});
