import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import { resultCycles } from "../components/mac-array.ts";
import { countRows, createRowCounter, type RowCounter, type RowTable } from "../components/row-counts.ts";
import type { EventList } from "../functional/event-list.ts";
import type { Machine } from "./machine.ts";

/** What is counted while a program runs. A step's figures stay until the next step begins. */
export interface Ledger {
  /** Events of this step by counter: segments, then routes. */
  readonly now: Float64Array;
  /** Events of the step before by counter. */
  readonly before: Float64Array;
  /** Sums over all steps: of `now`, which is what was sent, and of `before`. */
  readonly totals: readonly [Float64Array, Float64Array];
  /** Slots by projection. */
  readonly rows: readonly RowCounter[];
  /** Of these the empty ones; absent where there are none. */
  readonly empties: readonly (RowCounter | undefined)[];
  /** Bytes of DRAM by projection; absent where none of its rows lies there. */
  readonly fetches: readonly (RowCounter | undefined)[];
  /** Arm-core cycles of this step, and of all steps, by worker. */
  readonly busy: Float64Array;
  readonly totalBusy: Float64Array;
}

export interface RunningLedger {
  readonly ledger: () => Ledger;
  /** Makes this step's events those of the step before. */
  beginStep(): void;
  /** Replaces what is counted of a population's events in this step. */
  countEvents(population: number, events: EventList): void;
  countRows(projection: number, events: EventList): void;
  endStep(): void;
}

export function startLedger(machine: Machine): RunningLedger {
  const { plan, workers, projections, rowCosts, kernel } = machine;
  const counters = plan.segments.length + plan.routes.length;
  let now = new Float64Array(counters);
  let before = new Float64Array(counters);
  const totals = [new Float64Array(counters), new Float64Array(counters)] as const;
  const counterOf = (perEvent: RowTable["perEvent"], slices: readonly number[]): RowCounter =>
    createRowCounter({ perEvent, slices }, kernel.allocate);
  const rows = projections.map(({ slotsOf, slices }) => counterOf(slotsOf, slices));
  const empties = projections.map(({ emptyOf, slices }) => emptyOf && counterOf(emptyOf, slices));
  const fetches = projections.map(({ dramBytesOf, slices }) => dramBytesOf && counterOf(dramBytesOf, slices));
  const busy = new Float64Array(workers.length);
  const totalBusy = new Float64Array(workers.length);
  const fixed = fixedCycles(machine);
  const costs = deliveryCosts(machine);
  const ranges = counterRanges(machine);

  return {
    ledger: () => ({ now, before, totals, rows, empties, fetches, busy, totalBusy }),
    beginStep() {
      [now, before] = [before, now];
    },
    countEvents(population, events) {
      const segmentOf = plan.segmentOf[population]!;
      const { firstSegment, endSegment, firstRoute, endRoute } = ranges[population]!;
      now.fill(0, firstSegment, endSegment);
      now.fill(0, firstRoute, endRoute);
      const { count, neurons } = events;
      for (let event = 0; event < count; event += 1) now[segmentOf[neurons[event]!]!]! += 1;
      for (let segment = firstSegment; segment < endSegment; segment += 1) {
        now[plan.segments.length + plan.segments[segment]!.route]! += now[segment]!;
      }
    },
    countRows(projection, events) {
      const { slotsOf, emptyOf, dramBytesOf, slices } = projections[projection]!;
      countRows(kernel, { perEvent: slotsOf, slices }, events, rows[projection]!);
      if (emptyOf) countRows(kernel, { perEvent: emptyOf, slices }, events, empties[projection]!);
      if (dramBytesOf) countRows(kernel, { perEvent: dramBytesOf, slices }, events, fetches[projection]!);
    },
    endStep() {
      busy.set(fixed);
      const { counter, lag, worker, cost } = costs;
      for (let i = 0; i < counter.length; i += 1) {
        busy[worker[i]!]! += (lag[i] === 0 ? now : before)[counter[i]!]! * cost[i]!;
      }
      for (let projection = 0; projection < projections.length; projection += 1) {
        const { slices } = projections[projection]!;
        const { row, slot, empty } = rowCosts[projection]!;
        const { sums: slots, rows: begun } = rows[projection]!.step;
        for (let column = 0; column < slices.length; column += 1) {
          busy[slices[column]!]! += slots[column]! * slot[column]! + begun[column]! * row[column]!;
        }
        const zeros = empties[projection]?.step.sums;
        if (zeros === undefined) continue;
        for (let column = 0; column < slices.length; column += 1) {
          busy[slices[column]!]! += zeros[column]! * empty[column]!;
        }
      }
      for (let i = 0; i < busy.length; i += 1) totalBusy[i]! += busy[i]!;
      for (let i = 0; i < counters; i += 1) {
        totals[0][i]! += now[i]!;
        totals[1][i]! += before[i]!;
      }
    },
  };
}

/** Cycles that each worker's core spends in every step. A PE with two roles begins a timestep once. */
function fixedCycles({ workers, cycles, arrayWork, profile }: Machine): Float64Array {
  const started = new Set<number>();
  return Float64Array.from(workers, ({ pe, role, count, kind }, worker) => {
    const start = started.has(pe) ? 0 : cycles.timestep;
    started.add(pe);
    const updates = role === "slice" ? count * cycles[NEURON_TRAITS[kind].update] : 0;
    return start + resultCycles(arrayWork[worker]!, profile) + updates;
  });
}

/** Deliveries in flat arrays, with what one event costs in cycles. */
function deliveryCosts({ deliveries, cycles }: Machine) {
  return {
    counter: Uint32Array.from(deliveries, ({ counter }) => counter),
    lag: Uint8Array.from(deliveries, ({ lag }) => lag),
    worker: Uint32Array.from(deliveries, ({ worker }) => worker),
    cost: Float64Array.from(
      deliveries,
      ({ receives, lookups, sends }) =>
        receives * cycles.packetReceive + lookups * cycles.rowLookup + sends * cycles.eventSend,
    ),
  };
}

/** Counters of each population; they stand together. */
function counterRanges({ plan, program }: Machine) {
  const { segments, routes } = plan;
  return program.populations.map((_, population) => {
    const own = [...routes.keys()].filter((route) => routes[route]!.population === population);
    const sending = [...segments.keys()].filter(
      (segment) => routes[segments[segment]!.route]!.population === population,
    );
    return {
      firstSegment: sending[0]!,
      endSegment: sending.at(-1)! + 1,
      firstRoute: segments.length + own[0]!,
      endRoute: segments.length + own.at(-1)! + 1,
    };
  });
}
