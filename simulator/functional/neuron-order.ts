/**
 * A program may hold neurons in another order than the model. Inside the simulator they have the program's numbers;
 * whatever is told outside has the model's. `order` is the model's number of each of the program's neurons; absent: the same.
 */
export type NeuronOrder = Uint32Array | undefined;

/** One value a neuron, by the model's numbers; the same array where they are the program's. */
export function inModelOrder<Values extends Float32Array | Int32Array>(
  values: Values,
  order: NeuronOrder,
): Values {
  if (order === undefined) return values;
  const out = values.slice() as Values;
  // Empty where a population has no such values.
  for (let neuron = 0; neuron < values.length; neuron += 1) out[order[neuron]!] = values[neuron]!;
  return out;
}

/** One value a neuron, by the program's numbers; the same array where they are the model's. */
export const inProgramOrder = (values: ArrayLike<number>, order: NeuronOrder): ArrayLike<number> =>
  order === undefined || values.length === 0 ? values : Array.from(order, (neuron) => values[neuron]!);

/** Neurons by the model's numbers, ascending. A copy. */
export const modelNeurons = (neurons: Uint32Array, order: NeuronOrder): Uint32Array =>
  order === undefined ? neurons.slice() : neurons.map((neuron) => order[neuron]!).sort();
