import type { Flow } from "./flows.ts";

/** Flows in flat arrays, so that a timestep allocates nothing. */
export interface FlowTable {
  readonly counter: Uint32Array;
  readonly lag: Uint8Array;
  /** Flow f crosses links[linkStart[f]] … links[linkStart[f + 1] − 1]. */
  readonly linkStart: Uint32Array;
  readonly links: Uint32Array;
  /** Flow f matches its key at routers[routerStart[f]] …, each of which sends as many packets on. */
  readonly routerStart: Uint32Array;
  readonly routers: Uint32Array;
  readonly lookups: Uint8Array;
  readonly packetsOut: Uint32Array;
}

export function createFlowTable(flows: readonly Flow[]): FlowTable {
  const linkStart = startsOf(flows, ({ links }) => links.length);
  const routerStart = startsOf(flows, ({ routers }) => routers.length);
  const links = new Uint32Array(linkStart.at(-1)!);
  const routers = new Uint32Array(routerStart.at(-1)!);
  const lookups = new Uint8Array(routers.length);
  const packetsOut = new Uint32Array(routers.length);
  for (const [flow, { links: crossed, routers: visited }] of flows.entries()) {
    links.set(crossed, linkStart[flow]);
    for (const [index, visit] of visited.entries()) {
      const at = routerStart[flow]! + index;
      routers[at] = visit.router;
      lookups[at] = visit.lookups;
      packetsOut[at] = visit.packetsOut;
    }
  }
  return {
    counter: Uint32Array.from(flows, ({ counter }) => counter),
    lag: Uint8Array.from(flows, ({ lag }) => lag),
    linkStart,
    links,
    routerStart,
    routers,
    lookups,
    packetsOut,
  };
}

function startsOf(flows: readonly Flow[], lengthOf: (flow: Flow) => number): Uint32Array {
  const starts = new Uint32Array(flows.length + 1);
  for (const [index, flow] of flows.entries()) starts[index + 1] = starts[index]! + lengthOf(flow);
  return starts;
}

/** What a set of flows loads on routers and links. Overwritten by each call that fills it. */
export interface NetworkLoad {
  /** Keys matched, by router. */
  readonly lookups: Float64Array;
  /** Packets sent on, by router. */
  readonly packetsOut: Float64Array;
  /** Flits, or packets between chips, by link. */
  readonly flits: Float64Array;
}

export const createNetworkLoad = (routers: number, links: number): NetworkLoad => ({
  lookups: new Float64Array(routers),
  packetsOut: new Float64Array(routers),
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
  const { counter, lag, linkStart, links, routerStart, routers, lookups, packetsOut } = table;
  const { flits } = load;
  flits.fill(0);
  load.lookups.fill(0);
  load.packetsOut.fill(0);
  for (let flow = 0; flow < counter.length; flow += 1) {
    const events = (lag[flow] === 0 ? now : before)[counter[flow]!]!;
    if (events === 0) continue;
    const end = linkStart[flow + 1]!;
    for (let i = linkStart[flow]!; i < end; i += 1) flits[links[i]!]! += events;
    const last = routerStart[flow + 1]!;
    for (let i = routerStart[flow]!; i < last; i += 1) {
      load.lookups[routers[i]!]! += events * lookups[i]!;
      load.packetsOut[routers[i]!]! += events * packetsOut[i]!;
    }
  }
}

/** The largest value in first … end − 1; 0 where there is none. */
export function busiest(values: Float64Array, first = 0, end = values.length): number {
  let most = 0;
  for (let i = first; i < end; i += 1) if (values[i]! > most) most = values[i]!;
  return most;
}
