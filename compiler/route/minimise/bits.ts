/** Bits set in a 32-bit word. */
export function countBits(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Whether at most one bit is set. */
export const isSingleBit = (word: number): boolean => (word & (word - 1)) === 0;

/**
 * Keys that one key and mask match: those with (key & mask) === the cube's key, which has no bit outside the mask.
 * All cubes of a table, by index, as signed 32-bit words.
 */
export interface Cubes {
  readonly count: number;
  readonly key: Int32Array;
  readonly mask: Int32Array;
}

export const intersects = (keyA: number, maskA: number, keyB: number, maskB: number): boolean =>
  ((keyA ^ keyB) & maskA & maskB) === 0;

/** Whether cube A holds all keys of cube B. */
export const holds = (keyA: number, maskA: number, keyB: number, maskB: number): boolean =>
  (((keyA ^ keyB) | ~maskB) & maskA) === 0;
