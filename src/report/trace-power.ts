import type { HardwareProfile, OperatingPoint, PeProfile } from "../core/profile.ts";

/** The chip's power while some of its PEs work, in watts, as far as it goes by state; or why it is not known. */
export type TracePower =
  | {
      /** With no PE at work. */
      readonly idle: number;
      /** More for each PE at work. */
      readonly perBusyPe: number;
      readonly note: string;
    }
  | { readonly note: string };

/**
 * Power from an operating point's figures: base, sleep power of the powered PEs, and a busy core's cycles. What is
 * charged by action (MAC arrays, NoC, router, DRAM) is left out.
 *
 * @param usedPes PEs that hold a part of the program.
 */
export function tracePowerOf(
  { pe }: HardwareProfile,
  { energy, peClock }: OperatingPoint,
  usedPes: readonly number[],
  whileWaiting: PeProfile["whileWaiting"],
  whileUnused: PeProfile["whileUnused"],
): TracePower {
  if (energy.base === undefined) return { note: "left out: the chip's base power is unknown" };
  if (energy.pe.basis !== "state") return { note: "left out: PEs are charged by action, not by state" };
  const { sleep, busyCycle } = energy.pe;
  const powered = whileUnused === "sleep" ? pe.count : new Set([...pe.reserved, ...usedPes]).size;
  const busy = busyCycle * peClock;
  const isSpinning = whileWaiting === "spin";
  return {
    idle: energy.base + sleep * powered + (isSpinning ? busy * usedPes.length : 0),
    perBusyPe: isSpinning ? 0 : busy,
    note: `base, sleeping PEs and busy cores${isSpinning ? ", which wait awake" : ""}; without MAC arrays, NoC, event router and DRAM`,
  };
}
