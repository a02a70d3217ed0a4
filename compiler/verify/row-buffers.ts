import { WEIGHT_BYTES } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram } from "../../src/core/program.ts";
import { fault } from "./fault.ts";
import { sectionOf } from "./image-sections.ts";

/** Most bytes that one row of a block in DRAM moves: its indices and its weights, each in whole bursts. 0 for SRAM. */
export function longestTransfer(
  pe: PeProgram,
  block: number,
  pointers: Uint32Array,
  { dram }: HardwareProfile,
): number {
  const source = pe.sources[block]!;
  if (!source.inDram) return 0;
  const burst = dram?.burstBytes ?? 1;
  const indices = sectionOf(pe, "indices", source)!.offset;
  const weights = sectionOf(pe, "weights", source)!.offset;
  const moved = (from: number, to: number) => burst * (Math.ceil(to / burst) - Math.floor(from / burst));
  const indexBytes = source.indexBits / 8;
  const weightBytes = WEIGHT_BYTES[source.weightFormat];
  let longest = 0;
  for (let row = 0; row < source.rows; row += 1) {
    const [start, end] = [pointers[row]!, pointers[row + 1]!];
    if (start === end) continue;
    const bytes =
      moved(indices + start * indexBytes, indices + end * indexBytes) +
      moved(weights + start * weightBytes, weights + end * weightBytes);
    longest = Math.max(longest, bytes);
  }
  return longest;
}

/** One row is worked off while the next arrives. */
export function verifyRowBuffer(pe: PeProgram, longest: number): void {
  const { bytes = 0 } = sectionOf(pe, "row-buffer") ?? {};
  if (bytes !== 2 * longest)
    fault(`the row buffer of PE ${pe.pe} has ${bytes} bytes, but two rows take ${2 * longest}`);
}
