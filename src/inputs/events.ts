import { InputError } from "../core/errors.ts";
import { randomNumbers } from "../core/random.ts";
import type { DenseStimulus } from "../core/stimulus.ts";
import type { NumberTable } from "../formats/csv.ts";

/** Numbers that one stimulus may hold. */
const MOST_VALUES = 2 ** 27;

/**
 * Spikes of 1, drawn for each component and timestep on its own; the same for the same seed.
 *
 * @param rates Probability of a spike in a timestep, one for all components or one each. 0 … 1.
 */
export function rateStimulus(
  width: number,
  rates: readonly number[],
  seed: number,
  steps: number,
): DenseStimulus {
  if (rates.length !== 1 && rates.length !== width)
    throw new InputError(
      { field: "rate" },
      `${rates.length} rates are given, but the model reads ${width} components`,
      "Give one rate for all components, or one for each.",
    );
  for (const [component, rate] of rates.entries()) {
    if (rate >= 0 && rate <= 1) continue;
    throw new InputError(
      { field: rates.length === 1 ? "rate" : `rate ${component}` },
      `is ${rate}, not a probability of 0 to 1 a timestep`,
      "Divide a rate in spikes a second by the timesteps a second.",
    );
  }
  const values = zeros(width, steps);
  const random = randomNumbers(seed);
  for (let i = 0; i < values.length; i += 1)
    values[i] = random() < rates[rates.length === 1 ? 0 : i % width]! ? 1 : 0;
  const rate = rates.length === 1 ? `rate ${rates[0]}` : `${width} rates`;
  const origin = `random spikes, ${rate}, seed ${seed}`;
  return { kind: "dense", width, values, origin, synthetic: true, ratesGiven: true };
}

/** A rate for all components as "0.05" or "1e-3", whether or not it is a probability; undefined where the text is no number. */
export const rateOf = (text: string): number | undefined =>
  /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;

/**
 * Replays events: rows of step, neuron and perhaps value, 1 where there is none; in any order. A neuron has at most one event in a
 * step. The stimulus ends with the last event.
 */
export function stimulusOfEvents({ rows }: NumberTable, width: number, origin: string): DenseStimulus {
  const columns = rows[0]!.length;
  if (columns !== 2 && columns !== 3)
    throw new InputError(
      {},
      `has ${columns} columns, not step, neuron and perhaps value`,
      "Write a line an event: step,neuron or step,neuron,value.",
    );
  let last = 0;
  for (const [index, [step = 0, neuron = 0]] of rows.entries()) {
    if (!isPlace(step, 2 ** 31)) throw wrong(index, `step ${step} is not a whole number from 0 on`);
    if (!isPlace(neuron, width))
      throw wrong(index, `neuron ${neuron} is not one of the model's inputs, 0 to ${width - 1}`);
    last = Math.max(last, step);
  }
  const values = zeros(width, last + 1);
  for (const [index, [step = 0, neuron = 0, value = 1]] of rows.entries()) {
    const at = step * width + neuron;
    if (values[at] !== 0) throw wrong(index, `neuron ${neuron} has a second event in step ${step}`);
    values[at] = value;
    if (values[at] === 0 || !Number.isFinite(values[at]))
      throw wrong(index, `the value ${value} is ${values[at]} in float32, which no event carries`);
  }
  return { kind: "dense", width, values, origin, synthetic: false };
}

const isPlace = (value: number, end: number): boolean => Number.isInteger(value) && value >= 0 && value < end;

const wrong = (index: number, problem: string): InputError =>
  new InputError({ field: `event ${index + 1}` }, problem, "Correct the event, or leave it out.");

function zeros(width: number, steps: number): Float32Array {
  const most = Math.floor(MOST_VALUES / width);
  if (steps > most)
    throw new InputError(
      { field: "steps" },
      `${steps} timesteps of ${width} components are more than the ${most} that fit`,
      "Cut the input into shorter pieces.",
    );
  return new Float32Array(width * steps);
}
