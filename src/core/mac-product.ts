import type { MacArrayProfile } from "./profile.ts";
import { type Cycles, cycles } from "./units.ts";

/** An int8 product of a matrix of `vectors` × `inputs` with one of `inputs` × `outputs`. */
export interface Product {
  readonly vectors: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** A sum leaves the array as a word. */
const SUM_BYTES = 4;

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
