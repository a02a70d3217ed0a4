import { type Allocate, allocateAlone } from "./allocate.ts";

/** Payloads: float32, or fixed-point integers with the fraction bits of their population. */
export type PayloadArray = Float32Array | Int32Array;

/**
 * The events of one population in one timestep, neurons ascending. Sized once for all neurons; only the
 * first `count` entries of both arrays hold events.
 */
export interface EventList {
  count: number;
  /** Shape [neurons of the population]. */
  readonly neurons: Uint32Array;
  /** Shape [neurons of the population]. */
  readonly payloads: PayloadArray;
  /**
   * Where an event is sent as several spikes: each event's neuron once for each of them, as they are counted. Longer than
   * all of them can be, and without payloads. Absent: one packet an event.
   */
  readonly spikes?: EventList;
}

/** The events as they are counted: the spikes as which they are sent. */
export const sentEvents = (events: EventList): EventList => events.spikes ?? events;

export const createEventList = (
  size: number,
  isInteger: boolean,
  allocate: Allocate = allocateAlone,
  mostSpikes = 0,
): EventList => ({
  count: 0,
  neurons: allocate(Uint32Array, size),
  payloads: allocate<PayloadArray>(isInteger ? Int32Array : Float32Array, size),
  ...(mostSpikes > 0 && {
    spikes: {
      count: 0,
      neurons: allocate(Uint32Array, spikeRoom(size, mostSpikes)),
      payloads: new Int32Array(0),
    },
  }),
});

/** One more than all spikes together: a list that is full stands for an event of every neuron. */
export const spikeRoom = (size: number, mostSpikes: number): number => size * mostSpikes + 1;

/** Adds an event; lists are filled from an empty one, neurons ascending. */
export function send(events: EventList, neuron: number, payload: number): void {
  events.neurons[events.count] = neuron;
  events.payloads[events.count] = payload;
  events.count += 1;
}

/** Every value but 0 is an event. Shape of `values`: [neurons]. */
export function setEvents(events: EventList, values: ArrayLike<number>): void {
  let count = 0;
  for (let neuron = 0; neuron < values.length; neuron += 1) {
    if (values[neuron] === 0) continue;
    events.neurons[count] = neuron;
    events.payloads[count] = values[neuron]!;
    count += 1;
  }
  events.count = count;
}

/** One payload a neuron, 0 where there was no event. Shape [neurons]; a copy. */
export function denseOutput(events: EventList): PayloadArray {
  const { count, neurons, payloads } = events;
  const output =
    payloads instanceof Float32Array ? new Float32Array(payloads.length) : new Int32Array(payloads.length);
  for (let event = 0; event < count; event += 1) output[neurons[event]!] = payloads[event]!;
  return output;
}
