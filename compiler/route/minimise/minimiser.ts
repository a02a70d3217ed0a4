import type { RoutingEntry } from "../../../src/core/mapping.ts";

/** Keys first … end − 1, which come to a router. */
export interface KnownKeys {
  readonly first: number;
  readonly end: number;
  /** Direction in which packets with these keys go on where no entry matches; −1 where they would be lost. */
  readonly straight: number;
}

export interface MinimiseOptions {
  /** Entries that the table may have: a minimiser may stop as soon as it has no more. 0 for as few as possible. */
  readonly target: number;
  /** All keys that come to the router. Where absent, every key that some entry matches, and none goes on by itself. */
  readonly keys?: readonly KnownKeys[];
}

/**
 * Makes a routing table shorter. Each known key keeps its outputs, the first match deciding before and after; keys
 * that never come may go anywhere. The result is never longer than the table, and the same for the same table.
 */
export interface Minimiser {
  readonly name: string;
  readonly summary: string;
  minimise(table: readonly RoutingEntry[], options: MinimiseOptions): readonly RoutingEntry[];
}
