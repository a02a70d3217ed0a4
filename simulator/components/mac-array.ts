import type { HardwareProfile } from "../../src/core/profile.ts";
import type { ChipDecoder } from "../../src/core/program.ts";
import type { Cycles } from "../../src/core/units.ts";
import type { Worker } from "./workers.ts";

/** What one PE does for the decoder in each timestep, whatever its input. */
export interface DecoderWork {
  readonly macs: number;
  /** PE cycles of the MAC array. */
  readonly cycles: Cycles;
  /** int8 weights, and a float32 scale and bias an output, in whole bursts. */
  readonly dramBytes: number;
}

const SCALE_AND_BIAS_BYTES = 8;

export function decoderWork(
  { count }: Worker,
  { inputs }: ChipDecoder,
  { pe, dram }: HardwareProfile,
): DecoderWork {
  const { macsPerCycle, vectorMatrixUtilisation } = pe.macArray!;
  const { burstBytes } = dram!;
  const macs = count * inputs;
  const bytes = macs + SCALE_AND_BIAS_BYTES * count;
  return {
    macs,
    cycles: Math.ceil(macs / (macsPerCycle * vectorMatrixUtilisation)),
    dramBytes: Math.ceil(bytes / burstBytes) * burstBytes,
  };
}
