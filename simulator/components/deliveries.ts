import { POPULATION_RECORD_BYTES, type Program } from "../../src/core/program.ts";
import { storesAllColumns } from "../../src/core/row-form.ts";
import type { LoadedBlock, LoadedSlice } from "../functional/load-image.ts";
import { neuronsOf, pesOfRoute, type Route, type RoutePlan } from "./routes.ts";
import type { Worker } from "./workers.ts";

/** Timesteps from an event to its use: 0 in the step in which it was sent, 1 in the next. */
export type Lag = 0 | 1;

/**
 * What each event of one counter costs one worker, beside rows and synops. Counters are the segments, then
 * the routes, of the route plan.
 */
export interface Delivery {
  readonly counter: number;
  readonly lag: Lag;
  readonly worker: number;
  readonly receives: number;
  readonly lookups: number;
  /** Bytes of population-table records and, where one matches, of two row pointers; rows of all columns have none. */
  readonly lookupBytes: number;
  readonly sends: number;
}

/**
 * Who receives, looks up and sends for each event.
 *
 * @param isUnicast Whether a PE sends each destination a packet of its own, instead of one that routers copy.
 */
export function planDeliveries(
  program: Program,
  slices: readonly LoadedSlice[],
  workers: readonly Worker[],
  plan: RoutePlan,
  isUnicast: boolean,
): Delivery[] {
  const sliceOfPe = new Map(slices.map(({ pe }, index) => [pe, index]));
  const decoderOfPe = new Map(
    workers.flatMap(({ pe, role }, index) => (role === "decoder" ? [[pe, index] as const] : [])),
  );
  const deliveries: Delivery[] = [];
  for (const [counter, { slice, route }] of plan.segments.entries()) {
    const sends = isUnicast ? plan.routes[route]!.tree.leaves.length : 1;
    if (slice >= 0) deliveries.push({ ...NOTHING, counter, lag: 0, worker: slice, sends });
  }
  const known = new Map<string, Map<number, readonly Cost[]>>();
  for (const [index, route] of plan.routes.entries()) {
    const counter = plan.segments.length + index;
    // What a packet costs a PE does not depend on where it comes from.
    const name = `${route.population} ${route.interval}`;
    const costs = known.get(name) ?? new Map<number, readonly Cost[]>();
    known.set(name, costs);
    for (const pe of pesOfRoute(route)) {
      let atPe = costs.get(pe);
      if (atPe === undefined) {
        const slice = sliceOfPe.get(pe);
        const blocks = slice === undefined ? [] : matchingBlocks(program, route, slices[slice]!);
        const isOutput = route.population === program.populations.length - 1;
        costs.set(pe, (atPe = receptionOf(blocks, slice, decoderOfPe.get(pe), isOutput)));
      }
      for (const cost of atPe) deliveries.push({ ...cost, counter });
    }
  }
  return deliveries;
}

/** A delivery but for who sends it. */
type Cost = Omit<Delivery, "counter">;

/** Source blocks of a slice that hold a row for a route's neurons. */
function matchingBlocks(
  { populations }: Program,
  { population, example }: Route,
  { blocks }: LoadedSlice,
): readonly LoadedBlock[] {
  const { name, size, keys } = populations[population]!;
  return blocks.filter((block) => {
    const { first, end } = neuronsOf(block, keys.base, size);
    return block.source === name && first <= example && example < end;
  });
}

const NOTHING = { receives: 0, lookups: 0, lookupBytes: 0, sends: 0 };

/**
 * One packet at one PE. It is received once, when it is first used. A decoder takes its input from the FIFO
 * without a lookup; where no source block matches, the lookup fails and the packet is lost.
 */
function receptionOf(
  blocks: readonly LoadedBlock[],
  slice: number | undefined,
  decoder: number | undefined,
  isDecoderInput: boolean,
): Cost[] {
  const lookups = blocks.map(({ delay, form, pointerBytes }) => ({
    ...NOTHING,
    lag: delay,
    worker: slice!,
    lookups: 1,
    lookupBytes: POPULATION_RECORD_BYTES + (storesAllColumns(form) ? 0 : 2 * pointerBytes),
  }));
  if (decoder !== undefined && (isDecoderInput || slice === undefined)) {
    return [{ ...NOTHING, lag: 0, worker: decoder, receives: 1 }, ...lookups];
  }
  if (lookups.length === 0) {
    const lookupBytes = POPULATION_RECORD_BYTES;
    return [{ ...NOTHING, lag: 0, worker: slice!, receives: 1, lookups: 1, lookupBytes }];
  }
  const lag = lookups.some((lookup) => lookup.lag === 0) ? 0 : 1;
  return [{ ...NOTHING, lag, worker: slice!, receives: 1 }, ...lookups];
}
