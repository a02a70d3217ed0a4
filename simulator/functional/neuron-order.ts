/**
 * A program may hold neurons in another order than the model. Inside the simulator they have the program's numbers;
 * whatever is told outside has the model's. `order` is the model's number of each of the program's neurons; absent: the same.
 */
export type NeuronOrder = Uint32Array | undefined;

/** Vectors of one value a neuron, by the model's numbers; the same array where they are the program's. */
export function inModelOrder<Values extends Float32Array | Int32Array>(
  values: Values,
  order: NeuronOrder,
): Values {
  if (order === undefined) return values;
  const size = order.length;
  const out = values.slice() as Values;
  for (let i = 0; i < values.length; i += 1) out[i - (i % size) + order[i % size]!] = values[i]!;
  return out;
}

/** Vectors of one value a neuron, by the program's numbers; the same array where they are the model's. */
export function inProgramOrder(values: ArrayLike<number>, order: NeuronOrder): ArrayLike<number> {
  if (order === undefined) return values;
  const size = order.length;
  return Array.from({ length: values.length }, (_, i) => values[i - (i % size) + order[i % size]!]!);
}

/** Neurons by the model's numbers, ascending. A copy. */
export const modelNeurons = (neurons: Uint32Array, order: NeuronOrder): Uint32Array =>
  order === undefined ? neurons.slice() : neurons.map((neuron) => order[neuron]!).sort();
