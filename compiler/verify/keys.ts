import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import { fault } from "./fault.ts";

/** Every population has an aligned power-of-two range of keys that holds its neurons; no two ranges share a key. */
export function verifyKeys({ populations }: Program, { eventRouter }: HardwareProfile): void {
  const all = 2 ** eventRouter.keyBits;
  const ranges = populations.map(({ name, size, keys: { base, mask } }) => {
    const span = all - mask;
    if (!isWithin(base, all) || !isWithin(mask, all))
      fault(`keys of ${name} do not fit ${eventRouter.keyBits} bits`);
    if (2 ** Math.round(Math.log2(span)) !== span) fault(`the mask of ${name} is not contiguous`);
    if (base % span !== 0) fault(`the first key of ${name} has bits outside its mask`);
    if (size > span) fault(`${size} neurons of ${name} share ${span} keys`);
    return { name, base, end: base + span };
  });
  ranges.sort((a, b) => a.base - b.base);
  for (const [index, { name, base }] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before && base < before.end) fault(`${before.name} and ${name} share key ${base}`);
  }
}

const isWithin = (value: number, limit: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < limit;
