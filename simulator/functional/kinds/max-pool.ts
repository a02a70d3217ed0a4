import { send } from "../event-list.ts";
import type { NeuronModel, Neurons } from "./neuron-model.ts";

/** The largest value that came, at least 0 where a source sent none. Accumulators: largest, missing. */
const largest = ({ size, sums }: Neurons<Float32Array | Int32Array>, n: number): number =>
  sums[size + n]! > 0 && sums[n]! < 0 ? 0 : sums[n]!;

const step: NeuronModel["stepFloat32"] & NeuronModel["stepInteger"] = (neurons, events) => {
  events.count = 0;
  for (let n = 0; n < neurons.size; n += 1) {
    const value = largest(neurons, n);
    if (value !== 0) send(events, n, value);
  }
};

/** Sends it where it is not 0, with the fraction bits of its sources. No state. */
export const MAX_POOL: NeuronModel = { stepFloat32: step, stepInteger: step };
