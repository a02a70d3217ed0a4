import type { HardwareProfile } from "../core/profile.ts";

/** What the vendor calls the PE of this index. */
export const peIdOf = ({ pe }: HardwareProfile, index: number): number => index + pe.firstPeId;

/** The index of the PE that the vendor calls `id`; undefined where the chip has none of that name. */
export function peIndexOf({ pe }: HardwareProfile, id: number): number | undefined {
  const index = id - pe.firstPeId;
  return Number.isInteger(index) && index >= 0 && index < pe.count ? index : undefined;
}
