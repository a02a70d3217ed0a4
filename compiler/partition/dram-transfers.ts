import type { GraphProjection } from "../../src/core/event-graph.ts";

/** Source blocks, each a projection's rows on every slice of its target, whose indices and weights lie in DRAM. */
export interface DramRows {
  readonly blocks: ReadonlySet<GraphProjection>;
  /** Transfers are whole bursts of this many bytes. */
  readonly burstBytes: number;
}

export const NO_DRAM_ROWS: DramRows = { blocks: new Set(), burstBytes: 1 };

/** Bytes of the bursts that hold `bytes` from `address` on; at least one byte. */
export const wholeBursts = (address: number, bytes: number, burstBytes: number): number =>
  burstBytes * (Math.ceil((address + bytes) / burstBytes) - Math.floor(address / burstBytes));

/** The most that transfers of these lengths move, wherever they begin: each begins at the last byte of a burst. */
export const worstTransfer = (lengths: readonly number[], burstBytes: number): number =>
  lengths.reduce((sum, bytes) => sum + (bytes === 0 ? 0 : wholeBursts(burstBytes - 1, bytes, burstBytes)), 0);
