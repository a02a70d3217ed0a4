import { countBits, type Cubes } from "./bits.ts";
import { bitsToHold, type Obstacles, separateBits } from "./obstacles.ts";

/**
 * Says which bits of a row's mask to give up so that it holds other rows of its output too, and no obstacle.
 *
 * @param row      Where to begin; obstacles have begun with it.
 * @param isMerged Rows that need not be held any more.
 */
export type Growth = (rows: Cubes, row: number, isMerged: Uint8Array, obstacles: Obstacles) => number;

/** Takes in whichever other row can be taken in, one after the other, as they stand. */
export const growByPairs: Growth = ({ count, key, mask }, row, isMerged, obstacles) => {
  const ownKey = key[row]!;
  let ownMask = mask[row]!;
  for (let other = 0; other < count; other += 1) {
    if (isMerged[other] === 1) continue;
    const bits = bitsToHold(ownKey, ownMask, key[other]!, mask[other]!);
    if (bits === 0 || !obstacles.allows(bits)) continue;
    obstacles.free(bits);
    ownMask &= ~bits;
  }
  return mask[row]! & ~ownMask;
};

/** Bits among which `growLargest` chooses at once, 2^10 ways; where more matter, those of the nearest rows. */
const CHOICE_BITS = 10;

/**
 * Finds the bits that take in the most rows, of all ways to choose among the bits that matter: those in which the
 * row differs from others that are not out of reach by a pinned bit. Repeats while more rows can be taken in; where no such
 * choice takes in any, far ones are tried one by one.
 */
export function growLargest(): Growth {
  const held = new Int32Array(1 << CHOICE_BITS);
  const isBarred = new Uint8Array(1 << CHOICE_BITS);
  return ({ count, key, mask }, row, isMerged, obstacles) => {
    let ownMask = mask[row]!;
    for (;;) {
      const wanted: number[] = [];
      for (let other = 0; other < count; other += 1) {
        if (isMerged[other] === 1) continue;
        const bits = bitsToHold(key[row]!, ownMask, key[other]!, mask[other]!);
        if (bits !== 0 && (bits & obstacles.pinned) === 0) wanted.push(bits);
      }
      const bits =
        bestChoice(wanted, obstacles, held, isBarred) || (wanted.find((set) => obstacles.allows(set)) ?? 0);
      if (bits === 0) return mask[row]! & ~ownMask;
      obstacles.free(bits);
      ownMask &= ~bits;
    }
  };
}

/** The allowed bits that hold the most of the wanted sets; 0 where none can be held. */
function bestChoice(
  wanted: readonly number[],
  obstacles: Obstacles,
  held: Int32Array,
  isBarred: Uint8Array,
): number {
  const bits = separateBits(bitsThatMatter(wanted));
  const choices = 1 << bits.length;
  const all = bits.reduce((sum, bit) => sum | bit, 0);
  held.fill(0, 0, choices);
  isBarred.fill(0, 0, choices);
  for (const set of wanted) if ((set & ~all) === 0) held[numberOf(set, bits)]! += 1;
  obstacles.within(all, (differing) => (isBarred[numberOf(differing, bits)] = 1));
  // From subsets to supersets, a bit at a time: what a choice holds, a larger one holds; what bars it, bars the larger.
  for (let bit = 1; bit < choices; bit *= 2) {
    for (let choice = bit; choice < choices; choice = (choice + 1) | bit) {
      held[choice]! += held[choice ^ bit]!;
      isBarred[choice]! |= isBarred[choice ^ bit]!;
    }
  }
  let best = 0;
  for (let choice = 1; choice < choices; choice += 1)
    if (isBarred[choice] === 0 && held[choice]! > held[best]!) best = choice;
  return bits.reduce((sum, bit, index) => ((best >> index) & 1 ? sum | bit : sum), 0);
}

function bitsThatMatter(wanted: readonly number[]): number {
  let all = wanted.reduce((sum, set) => sum | set, 0);
  if (countBits(all) <= CHOICE_BITS) return all;
  all = 0;
  for (const set of wanted.toSorted((a, b) => countBits(a) - countBits(b)))
    if (countBits(all | set) <= CHOICE_BITS) all |= set;
  return all;
}

/** Which of the bits are set in a word, as a number counted by them. */
function numberOf(word: number, bits: readonly number[]): number {
  let number = 0;
  for (let index = 0; index < bits.length; index += 1) if ((word & bits[index]!) !== 0) number |= 1 << index;
  return number;
}
