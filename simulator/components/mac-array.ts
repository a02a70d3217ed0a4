import { productCycles } from "../../src/core/mac-product.ts";
import { MAC_TILE_COLUMNS } from "../../src/core/row-form.ts";
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
  /** Streamed from DRAM in whole bursts: int8 weights, and of a decoder a float32 scale and bias an output. */
  readonly dramBytes: number;
  /** Transfers in which they are counted to come. */
  readonly transfers: number;
  /** Of a slice whose products are streamed. */
  readonly tiles?: Tiles;
}

/** What of a worker's array work comes from DRAM, tile by tile in the order in which they are multiplied. */
export interface Tiles {
  /** PE cycles of the array, and bytes from DRAM; 0 where the burst before brought them too. */
  readonly cycles: readonly number[];
  readonly bytes: readonly number[];
}

const SCALE_AND_BIAS_BYTES = 8;

/** Of a slice with these source blocks; those that are no products are of no account. */
export function sliceWork(
  blocks: readonly LoadedBlock[],
  { pe, dram }: Pick<HardwareProfile, "pe" | "dram">,
): ArrayWork {
  let [macs, array, results] = [0, 0, 0];
  const streamed: { cycles: number[]; bytes: number[] } = { cycles: [], bytes: [] };
  for (const { product: shape, columns, streamedFrom } of blocks) {
    if (shape === undefined) continue;
    const { vectors, inputs, outputs, times } = shape;
    const product = times * productCycles(pe.macArray!, shape);
    macs += vectors * inputs * outputs * times;
    array += product;
    results += columns;
    if (streamedFrom === undefined) continue;
    const bytesUpTo = (output: number) => wholeBursts(streamedFrom, output * inputs, dram!.burstBytes);
    const setupCycles = times * pe.macArray!.setupCycles;
    const all = outputs * times;
    for (let first = 0; first < all; first += MAC_TILE_COLUMNS) {
      const end = Math.min(all, first + MAC_TILE_COLUMNS);
      const share = ((product - setupCycles) * (end - first)) / all;
      streamed.cycles.push(share + (first === 0 ? setupCycles : 0));
      streamed.bytes.push(bytesUpTo(end) - bytesUpTo(first));
    }
  }
  const dramBytes = streamed.bytes.reduce((sum, bytes) => sum + bytes, 0);
  const transfers = streamed.bytes.filter((bytes) => bytes > 0).length;
  const tiles = streamed.cycles.length > 0 ? { tiles: streamed } : {};
  return { macs, cycles: cycles(array), results, dramBytes, transfers, ...tiles };
}

/** Bytes of the bursts that hold so many from an address on; 0 of none. */
const wholeBursts = (address: number, bytes: number, burst: number): number =>
  bytes === 0 ? 0 : burst * (Math.ceil((address + bytes) / burst) - Math.floor(address / burst));

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
    transfers: 1,
  };
}
