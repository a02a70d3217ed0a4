import { CapacityError } from "../../src/core/errors.ts";
import type { MemoryLayout, Placement } from "../../src/core/mapping.ts";
import { chipsOf, type HardwareProfile, pesOfChip } from "../../src/core/profile.ts";
import { DRAM_ADDRESS } from "../../src/core/program.ts";
import { type DecoderPlan, decoderBytes } from "../decoder.ts";
import { alignedTo4 } from "../partition/slice-bytes.ts";

/** Bytes of a layout from the start of a PE's part of DRAM. */
export const dramBytesOf = (layout: MemoryLayout): number => {
  const last = layout.at(-1);
  return last === undefined ? 0 : alignedTo4(last.offset + last.bytes - DRAM_ADDRESS);
};

/**
 * Rows of all PEs of a chip, each PE's part in whole bursts, share the chip's DRAM with what its PEs compute of the decoder.
 *
 * @throws CapacityError where that is more than a chip's DRAM holds.
 */
export function verifyDramBytes(
  placement: Placement,
  dram: readonly MemoryLayout[],
  profile: HardwareProfile,
  decoder?: DecoderPlan,
): void {
  if (!profile.dram) return;
  const { bytes: available, burstBytes } = profile.dram;
  const needed = new Float64Array(chipsOf(profile));
  const chipOf = (pe: number) => Math.floor(pe / pesOfChip(profile));
  for (const [slice, layout] of dram.entries())
    needed[chipOf(placement[slice]!)]! += burstBytes * Math.ceil(dramBytesOf(layout) / burstBytes);
  const { pes = [] } = decoder ?? {};
  for (const pe of pes) needed[chipOf(pe)]! += decoderBytes(decoder!.stage) / pes.length;
  const fullest = needed.reduce((best, bytes, chip) => (bytes > needed[best]! ? chip : best), 0);
  if (needed[fullest]! <= available) return;
  const { x, y } = profile.board?.chips[fullest] ?? { x: 0, y: 0 };
  throw new CapacityError(
    {
      resource: "DRAM bytes",
      where: profile.board ? `The chip at (${x}, ${y})` : profile.title,
      needed: Math.ceil(needed[fullest]!),
      available,
    },
    decoder ? "Leave the decoder on the host." : "Prune the model, or use a narrower number format.",
  );
}
