import type { HardwareProfile, MacArrayProfile } from "../../src/core/profile.ts";
import type { ChipDecoder } from "../../src/core/program.ts";
import { type Cycles, cycles } from "../../src/core/units.ts";
import type { Worker } from "./workers.ts";

/** What one PE does for the decoder in each timestep, whatever its input. */
export interface DecoderWork {
  readonly macs: number;
  /** PE cycles of the MAC array. */
  readonly cycles: Cycles;
  /** int8 weights, and a float32 scale and bias an output, in whole bursts. */
  readonly dramBytes: number;
}

/** An int8 product of a matrix of `vectors` × `inputs` with one of `inputs` × `outputs`. */
export interface Product {
  readonly vectors: number;
  readonly inputs: number;
  readonly outputs: number;
}

const SCALE_AND_BIAS_BYTES = 8;
/** A sum leaves the array as a word. */
const SUM_BYTES = 4;

export function decoderWork(
  { count }: Worker,
  { inputs }: ChipDecoder,
  { pe, dram }: HardwareProfile,
): DecoderWork {
  const { burstBytes } = dram!;
  const macs = count * inputs;
  const bytes = macs + SCALE_AND_BIAS_BYTES * count;
  return {
    macs,
    cycles: productCycles(pe.macArray!, { vectors: 1, inputs, outputs: count }),
    dramBytes: Math.ceil(bytes / burstBytes) * burstBytes,
  };
}

/**
 * PE cycles of one product, output stationary. The array works on a tile of `columns` outputs for `rows` vectors at
 * a time. Each step of a tile takes one input of each vector and its weights: columns + rows bytes through the SRAM
 * port, which fetches a whole tile's worth also where the tile is not full. A finished tile's sums leave through
 * the same port.
 */
export function productCycles(
  { columns, rows, sramPortBytes, setupCycles }: MacArrayProfile,
  { vectors, inputs, outputs }: Product,
): Cycles {
  if (vectors === 0 || inputs === 0 || outputs === 0) return cycles(0);
  const tiles = Math.ceil(vectors / rows) * Math.ceil(outputs / columns);
  const multiplying = Math.max(inputs, Math.ceil((inputs * (columns + rows)) / sramPortBytes));
  const sums = Math.min(vectors, rows) * Math.min(outputs, columns);
  const writing = Math.ceil((sums * SUM_BYTES) / sramPortBytes);
  return cycles(setupCycles + tiles * (multiplying + writing));
}
