import { isToHost } from "../components/routes.ts";
import type { Machine } from "../engine/machine.ts";
import type { EventList } from "../functional/event-list.ts";
import { type Receptions, UNUSED } from "./pes/receptions.ts";

/** What is known of a timestep, or of an interval of a pipeline, before it is replayed. By worker, where it does not say otherwise. */
export interface StepPlan {
  /** Its parity is a part of payloads, so that packets of the step before are told apart. */
  readonly parity: number;
  /** Events by population. */
  readonly lists: readonly EventList[];
  /** Packets that a worker waits for before it starts its neurons, or its product. */
  readonly expected: Int32Array;
  /** First event of the slice in its population's list; the replay moves it on. */
  readonly nextEvent: Int32Array;
  /** One more than its last; 0 where it has none. */
  readonly lastEvent: Int32Array;
  /** Packets that come to the host. */
  readonly toHost: number;
}

/**
 * Notes, step by step, who sends what and for how many packets each worker has to wait.
 *
 * @param places Places at which packets are handed over.
 * @param decoderLag When a decoder uses its packets: in the step in which they are sent, or in the next.
 */
export function createStepPlanner(
  { workers, plan: { routes } }: Machine,
  { firstNeuron, routeOf, sliceOf, start, slice: slicesAt, lag, decoder }: Receptions,
  places: number,
  decoderLag: 0 | 1,
): (step: number, events: readonly EventList[]) => StepPlan {
  const expected = new Int32Array(workers.length);
  const nextEvent = new Int32Array(workers.length);
  const lastEvent = new Int32Array(workers.length);
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
      const count = counts[route]!;
      const before = countsBefore[route]!;
      for (let i = from; i < to; i += 1) {
        if (lag[i] !== UNUSED) expected[slicesAt[i]!]! += lag[i] === 0 ? count : before;
      }
      if (decoder.length > 0) {
        for (let i = from; i < to; i += 1) {
          if (decoder[i]! >= 0) expected[decoder[i]!]! += decoderLag === 0 ? count : before;
        }
      }
      if (leadsToHost[route]) toHost += count;
    }
    return { parity: step & 1, lists: events, expected, nextEvent, lastEvent, toHost };
  };
}
