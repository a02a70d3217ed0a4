import type { EventList } from "../functional/event-list.ts";

const NO_EVENTS: EventList = { count: 0, neurons: new Uint32Array(0), payloads: new Float32Array(0) };

/**
 * What the layers of a pipeline work on: in interval k, population p on timestep k − p. Keeps copies of as many
 * steps as that takes; before its first step a population has no events.
 *
 * @param populations The input first.
 */
export function keepPipelineEvents(
  populations: number,
): (interval: number, events: readonly EventList[]) => readonly EventList[] {
  /** By population and age: the neurons of the last `population + 1` steps. */
  const held: { count: number; neurons: Uint32Array; payloads: EventList["payloads"] }[][] = Array.from(
    { length: populations },
    (_, population) =>
      Array.from({ length: population + 1 }, () => ({
        count: 0,
        neurons: new Uint32Array(0),
        payloads: NO_EVENTS.payloads,
      })),
  );

  return (interval, events) => {
    for (const [population, { count, neurons }] of events.entries()) {
      const copy = held[population]![interval % (population + 1)]!;
      if (copy.neurons.length < count) copy.neurons = new Uint32Array(neurons.length);
      copy.neurons.set(neurons.subarray(0, count));
      copy.count = count;
    }
    return held.map((copies, population) =>
      interval < population ? NO_EVENTS : copies[(interval - population) % (population + 1)]!,
    );
  };
}
