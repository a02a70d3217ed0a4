import { isToHost } from "../components/routes.ts";
import type { Machine } from "../engine/machine.ts";
import type { EventList } from "../functional/event-list.ts";
import type { Receptions } from "./receptions.ts";

/** What is known of a timestep before it is replayed. By slice, where it does not say otherwise. */
export interface StepPlan {
  /** Its parity is a part of payloads, so that packets of the step before are told apart. */
  readonly parity: number;
  /** Events by population. */
  readonly lists: readonly EventList[];
  /** Packets that a slice waits for before it starts its neurons. */
  readonly expected: Int32Array;
  /** First event of the slice in its population's list; the replay moves it on. */
  readonly nextEvent: Int32Array;
  /** One more than its last; 0 where it has none. */
  readonly lastEvent: Int32Array;
  /** Packets that come to the host. */
  readonly toHost: number;
}

/**
 * Notes, step by step, who sends what and for how many packets each slice has to wait.
 *
 * @param places Places at which packets are handed over.
 */
export function createStepPlanner(
  { slices, plan: { routes } }: Machine,
  { firstNeuron, routeOf, sliceOf, start, slice: slicesAt, lag }: Receptions,
  places: number,
): (step: number, events: readonly EventList[]) => StepPlan {
  const expected = new Int32Array(slices.length);
  const nextEvent = new Int32Array(slices.length);
  const lastEvent = new Int32Array(slices.length);
  const leadsToHost = routes.map(isToHost);
  let counts = new Int32Array(routes.length);
  /** Of the step before, for the recurrent events that were sent then. */
  let countsBefore = new Int32Array(routes.length);

  const noteSenders = (events: readonly EventList[]): void => {
    [counts, countsBefore] = [countsBefore, counts];
    counts.fill(0);
    nextEvent.fill(0);
    lastEvent.fill(0);
    for (const [population, { count, neurons }] of events.entries()) {
      for (let event = 0; event < count; event += 1) {
        const neuron = firstNeuron[population]! + neurons[event]!;
        counts[routeOf[neuron]!]! += 1;
        const slice = sliceOf[neuron]!;
        if (slice < 0) continue;
        if (lastEvent[slice] === 0) nextEvent[slice] = event;
        lastEvent[slice] = event + 1;
      }
    }
  };

  return (step, events) => {
    noteSenders(events);
    expected.fill(0);
    let toHost = 0;
    for (let route = 0; route < counts.length; route += 1) {
      const from = start[route * places]!;
      const to = start[(route + 1) * places]!;
      for (let i = from; i < to; i += 1) {
        expected[slicesAt[i]!]! += lag[i] === 0 ? counts[route]! : countsBefore[route]!;
      }
      if (leadsToHost[route]) toHost += counts[route]!;
    }
    return { parity: step & 1, lists: events, expected, nextEvent, lastEvent, toHost };
  };
}
