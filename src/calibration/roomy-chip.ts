import { type NumberFormat, NUMBER_FORMATS } from "../core/number-format.ts";
import type { HardwareProfile, PeProfile } from "../core/profile.ts";

/** More than any layer takes, and below where a PE sees DRAM. */
const ROOMY_DATA_BYTES = 2 ** 30;
const ROOMY_ENTRIES = 2 ** 16;

/**
 * The chip on which trial runs compute: as `profile`, but with memory for whole layers on a PE, tables for any routes,
 * and kernels for all number formats, which read plain rows. What a program computes depends neither on how layers are
 * cut nor on times, so a trial there finds what the real chip would, also where the model fits that chip only in the
 * narrow formats; and whole layers on one PE are the fastest to simulate. Its times and counts mean nothing.
 */
export function roomyChip(profile: HardwareProfile): HardwareProfile {
  const { pe, eventRouter } = profile;
  const { codeBytes, stackBytes } = pe.sram;
  return {
    ...profile,
    hash: `${profile.hash}, roomy`,
    pe: {
      ...pe,
      ...allKernels(pe),
      sram: { ...pe.sram, bytes: ROOMY_DATA_BYTES + codeBytes + stackBytes },
    },
    eventRouter: { ...eventRouter, entries: ROOMY_ENTRIES },
  };
}

/** Kernels of each number format; one that is missing takes the times of another, which nobody reads. */
function allKernels({ kernels, rowForms }: PeProfile): Pick<PeProfile, "kernels" | "rowForms"> {
  const inStead = NUMBER_FORMATS.find((format) => kernels[format] !== undefined)!;
  const each = <Value>(valueOf: (format: NumberFormat) => Value) =>
    Object.fromEntries(
      NUMBER_FORMATS.map((format) => [format, valueOf(kernels[format] === undefined ? inStead : format)]),
    );
  return {
    kernels: each((format) => kernels[format]!),
    rowForms: each((format) => ({ csr: rowForms[format]!.csr! })),
  };
}
