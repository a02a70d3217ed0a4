import { countBits, type Cubes, isSingleBit } from "./bits.ts";

/**
 * What keeps a cube from growing. A cube grows by no longer comparing some bits of its mask; it must not reach any
 * obstacle. From each obstacle it differs in some of its bits, and at least one of those has to stay compared.
 */
export interface Obstacles {
  /** Begins with a cube; it must reach no obstacle yet. */
  begin(key: number, mask: number): void;
  /** Whether all these bits of the mask may be given up. */
  allows(bits: number): boolean;
  /** Gives bits up. */
  free(bits: number): void;
  /** Bits each of which alone keeps some obstacle away. */
  readonly pinned: number;
  /** Calls with the differing bits of each obstacle that lie in the given bits altogether, without those that are pinned. */
  within(bits: number, visit: (differing: number) => void): void;
}

export function obstaclesFrom({ count, key, mask }: Cubes): Obstacles {
  const differing = new Int32Array(count);
  let length = 0;
  let pinned = 0;
  return {
    begin(ownKey, ownMask) {
      length = 0;
      pinned = 0;
      for (let index = 0; index < count; index += 1) {
        const bits = (ownKey ^ key[index]!) & ownMask & mask[index]!;
        // Those that a pinned bit keeps away need no further thought.
        if ((bits & pinned) !== 0) continue;
        if ((bits & (bits - 1)) === 0) pinned |= bits;
        else differing[length++] = bits;
      }
    },
    allows(bits) {
      if ((bits & pinned) !== 0) return false;
      if (isSingleBit(bits)) return true;
      for (let index = 0; index < length; index += 1) if ((differing[index]! & ~bits) === 0) return false;
      return true;
    },
    free(bits) {
      const before = length;
      length = 0;
      for (let index = 0; index < before; index += 1) {
        const left = differing[index]! & ~bits;
        if ((left & pinned) !== 0) continue;
        if (isSingleBit(left)) pinned |= left;
        else differing[length++] = left;
      }
    },
    get pinned() {
      return pinned;
    },
    within(bits, visit) {
      for (let index = 0; index < length; index += 1)
        if ((differing[index]! & ~bits) === 0) visit(differing[index]!);
    },
  };
}

/** Bits of a cube's mask that it would have to give up to hold another cube. */
export const bitsToHold = (key: number, mask: number, otherKey: number, otherMask: number): number =>
  mask & ((key ^ otherKey) | ~otherMask);

/** Each bit that is set, lowest first, as a word. */
export function separateBits(word: number): number[] {
  const bits: number[] = [];
  for (let rest = word, left = countBits(word); left > 0; left -= 1) {
    bits.push(rest & -rest);
    rest &= rest - 1;
  }
  return bits;
}
