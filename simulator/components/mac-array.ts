import { productCycles } from "../../src/core/mac-product.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { ChipDecoder } from "../../src/core/program.ts";
import { type Cycles, cycles } from "../../src/core/units.ts";
import type { LoadedBlock } from "../functional/load-image.ts";
import type { Worker } from "./workers.ts";

/** What one worker's MAC array does in each timestep, whatever comes in: products of a slice, or a share of a decoder. */
export interface ArrayWork {
  readonly macs: number;
  /** PE cycles of the MAC array. */
  readonly cycles: Cycles;
  /** Sums that the core scales and adds to accumulators. */
  readonly results: number;
  /** Streamed from DRAM in whole bursts: a decoder's int8 weights, and a float32 scale and bias an output. */
  readonly dramBytes: number;
}

const SCALE_AND_BIAS_BYTES = 8;

/** Of a slice with these source blocks; those that are no products are of no account. */
export function sliceWork(blocks: readonly LoadedBlock[], { pe }: Pick<HardwareProfile, "pe">): ArrayWork {
  let [macs, array, results] = [0, 0, 0];
  for (const { form, rows, columns } of blocks) {
    if (form !== "mac-array") continue;
    macs += rows * columns;
    array += productCycles(pe.macArray!, { vectors: 1, inputs: rows, outputs: columns });
    results += columns;
  }
  return { macs, cycles: cycles(array), results, dramBytes: 0 };
}

/** PE cycles in which the core takes a timestep's sums over. */
export const resultCycles = (
  { results }: ArrayWork,
  { pe: { macArray } }: Pick<HardwareProfile, "pe">,
): number => (results === 0 ? 0 : results * macArray!.kernel!.macResult);

export function decoderWork(
  { count }: Worker,
  { inputs }: ChipDecoder,
  { pe, dram }: HardwareProfile,
): ArrayWork {
  const { burstBytes } = dram!;
  const macs = count * inputs;
  const bytes = macs + SCALE_AND_BIAS_BYTES * count;
  return {
    macs,
    cycles: productCycles(pe.macArray!, { vectors: 1, inputs, outputs: count }),
    results: 0,
    dramBytes: Math.ceil(bytes / burstBytes) * burstBytes,
  };
}
