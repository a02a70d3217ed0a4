import { SLOTS } from "../pes/fetching-queues.ts";

/** A worker's transfers by slot: first those of its rows, then those of its MAC array's tiles. */
export const TILE_SLOTS = SLOTS;
export const WORKER_SLOTS = 2 * SLOTS;
