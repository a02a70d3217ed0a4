import type { Flow } from "./flows.ts";

/** Flows in flat arrays, so that a timestep allocates nothing. */
export interface FlowTable {
  readonly counter: Uint32Array;
  readonly lag: Uint8Array;
  readonly lookups: Uint8Array;
  readonly packetsOut: Uint32Array;
  /** Flow f crosses links[linkStart[f]] … links[linkStart[f + 1] − 1]. */
  readonly linkStart: Uint32Array;
  readonly links: Uint32Array;
}

export function createFlowTable(flows: readonly Flow[]): FlowTable {
  const linkStart = new Uint32Array(flows.length + 1);
  for (const [index, { links }] of flows.entries()) linkStart[index + 1] = linkStart[index]! + links.length;
  return {
    counter: Uint32Array.from(flows, ({ counter }) => counter),
    lag: Uint8Array.from(flows, ({ lag }) => lag),
    lookups: Uint8Array.from(flows, ({ lookups }) => lookups),
    packetsOut: Uint32Array.from(flows, ({ packetsOut }) => packetsOut),
    linkStart,
    links: Uint32Array.from(flows.flatMap(({ links }) => links)),
  };
}

/** What a set of flows loads on router and links. Overwritten by each call that fills it. */
export interface NetworkLoad {
  lookups: number;
  packetsOut: number;
  /** Flits by link. */
  readonly flits: Float64Array;
}

export const createNetworkLoad = (links: number): NetworkLoad => ({
  lookups: 0,
  packetsOut: 0,
  flits: new Float64Array(links),
});

/**
 * Spreads events over their paths.
 *
 * @param now    Events by counter, used without lag. Shape [counters].
 * @param before Events by counter, used with lag 1. Shape [counters].
 */
export function loadNetwork(
  table: FlowTable,
  now: Float64Array,
  before: Float64Array,
  load: NetworkLoad,
): void {
  const { counter, lag, lookups, packetsOut, linkStart, links } = table;
  const { flits } = load;
  flits.fill(0);
  let matched = 0;
  let sent = 0;
  for (let flow = 0; flow < counter.length; flow += 1) {
    const events = (lag[flow] === 0 ? now : before)[counter[flow]!]!;
    if (events === 0) continue;
    matched += events * lookups[flow]!;
    sent += events * packetsOut[flow]!;
    const end = linkStart[flow + 1]!;
    for (let i = linkStart[flow]!; i < end; i += 1) flits[links[i]!]! += events;
  }
  load.lookups = matched;
  load.packetsOut = sent;
}

/** Flits over the busiest link. */
export function busiest(flits: Float64Array): number {
  let most = 0;
  for (let link = 0; link < flits.length; link += 1) if (flits[link]! > most) most = flits[link]!;
  return most;
}
