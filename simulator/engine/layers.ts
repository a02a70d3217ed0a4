import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import type { Program } from "../../src/core/program.ts";
import { type Allocate, bytesOfArrays, copyTo, type NumberType } from "../functional/allocate.ts";
import { createEventList, type EventList, spikeRoom } from "../functional/event-list.ts";
import { NEURON_MODELS } from "../functional/kinds/models.ts";
import type { Neurons, TableRange } from "../functional/kinds/neuron-model.ts";
import type { LoadedSlice } from "../functional/load-image.ts";
import type { Saturations } from "../functional/saturations.ts";
import { mostSpikesOf } from "./coding.ts";
import type { Machine } from "./machine.ts";

/** What changes while a population runs. */
export interface RunningPopulation {
  readonly name: string;
  /** What neurons carry on; empty for the input. Shape [states, neurons]. */
  readonly state: Float32Array | Int32Array;
  /** Shape [accumulators, neurons]; empty for the input. */
  readonly accumulators: Float32Array | Int32Array;
  /** Events of this step, once it has come to the population. */
  now: EventList;
  /** Events of the step before. */
  before: EventList;
  /** Whether they outlive a restart of the state. */
  readonly keepsEvents: boolean;
  /** Whether this step begins with a state of zero, as each window does. */
  isRestarted: boolean;
  /** Sets the accumulators to what they start a step from. */
  reset(): void;
  /** Turns the accumulators into the next state and this step's events. */
  update(saturations: Saturations): void;
}

/** One for each population, with all states at zero and no events before the first step. */
export function startPopulations(machine: Machine): RunningPopulation[] {
  const { program, slices, format, kernel } = machine;
  const isInteger = format !== "float32";
  return program.populations.map(({ name, kind, size }) => {
    const make = () => createEventList(size, isInteger, kernel.allocate, mostSpikesOf(program));
    const events = { now: make(), before: make() };
    if (kind === "input") {
      const none = isInteger ? new Int32Array(0) : new Float32Array(0);
      return {
        name,
        state: none,
        accumulators: none,
        ...events,
        keepsEvents: true,
        isRestarted: false,
        reset() {},
        update() {},
      };
    }
    const own = slices.filter(({ population }) => population === name).sort((a, b) => a.first - b.first);
    const { keepsEvents, lookups } = NEURON_TRAITS[kind];
    const { stepFloat32, stepInteger } = NEURON_MODELS[kind];
    if (isInteger) {
      const { start, ...arrays } = neuronsOf(machine, Int32Array, own, size);
      const { accumulatorBits } = program.manifest.quantisation;
      const tables = lookups > 0 ? tableRanges(own, kernel.allocate) : [];
      const neurons = { ...arrays, accumulatorBits, tables };
      return runningPopulation(name, keepsEvents, neurons, start, events, (now, saturations) =>
        stepInteger(neurons, now, saturations),
      );
    }
    const { start, ...neurons } = neuronsOf(machine, Float32Array, own, size);
    return runningPopulation(name, keepsEvents, neurons, start, events, (now) => stepFloat32(neurons, now));
  });
}

/** Most bytes that `startPopulations` takes of the kernel's memory. */
export function bytesOfPopulations(program: Program, slices: readonly LoadedSlice[]): number {
  const most = mostSpikesOf(program);
  const arrays = program.populations.flatMap(({ kind, size }) => {
    const spikes = most === 0 ? [] : [4 * spikeRoom(size, most), 4 * spikeRoom(size, most)];
    const events = [4 * size, 4 * size, 4 * size, 4 * size, ...spikes];
    if (kind === "input") return events;
    const { accumulators, parameters, state } = NEURON_TRAITS[kind];
    const vectors = parameters.map(() => 4 * size);
    return [...events, ...vectors, 4 * state.length * size, 4 * accumulators.length * size];
  });
  const tables = slices.flatMap(({ tables }) =>
    tables ? [tables.sigmoid.byteLength, tables.tanh.byteLength] : [],
  );
  return bytesOfArrays([...arrays, ...tables]);
}

type Values = Float32Array | Int32Array;

/** A population's arrays from its slices' memories, with states and accumulators at zero. */
function neuronsOf<Type extends Values>(
  { kernel }: Machine,
  type: NumberType<Type> & (new (length: number) => Type),
  slices: readonly LoadedSlice[],
  size: number,
): Neurons<Type> & { readonly start: Type } {
  const { accumulators, parameters, state } = NEURON_TRAITS[slices[0]!.kind];
  const { allocate } = kernel;
  return {
    size,
    kernel,
    start: gather(new type(accumulators.length * size), slices, size, ({ start }) => start),
    parameters: parameters.map((_, index) =>
      gather(allocate(type, size), slices, size, (slice) => slice.parameters[index]!),
    ),
    sums: allocate(type, accumulators.length * size),
    state: allocate(type, state.length * size),
  };
}

function runningPopulation(
  name: string,
  keepsEvents: boolean,
  { state, sums }: Pick<Neurons<Values>, "state" | "sums">,
  start: Values,
  events: Pick<RunningPopulation, "now" | "before">,
  step: (now: EventList, saturations: Saturations) => void,
): RunningPopulation {
  return {
    name,
    state,
    accumulators: sums,
    ...events,
    keepsEvents,
    isRestarted: false,
    reset: () => sums.set(start),
    update(saturations) {
      step(this.now, saturations);
    },
  };
}

/** Joins the slices' parameters, rows of n neurons each, into rows of the whole population. */
function gather<Type extends Values>(
  into: Type,
  slices: readonly LoadedSlice[],
  size: number,
  part: (slice: LoadedSlice) => Values,
): Type {
  for (const slice of slices) {
    const values = part(slice);
    for (let i = 0; i < values.length; i += 1) {
      into[Math.floor(i / slice.neurons) * size + slice.first + (i % slice.neurons)] = values[i]!;
    }
  }
  return into;
}

/** Each PE reads its own tables; neighbours with equal ones are taken together. */
function tableRanges(slices: readonly LoadedSlice[], allocate: Allocate): TableRange[] {
  const ranges: TableRange[] = [];
  for (const { first, neurons, tables } of slices) {
    const { sigmoid, tanh } = tables!;
    const last = ranges.at(-1);
    const end = first + neurons;
    if (last !== undefined && isEqual(last.sigmoid, sigmoid) && isEqual(last.tanh, tanh)) {
      ranges[ranges.length - 1] = { ...last, end };
    } else ranges.push({ first, end, sigmoid: copyTo(allocate, sigmoid), tanh: copyTo(allocate, tanh) });
  }
  return ranges;
}

const isEqual = (a: Uint16Array, b: Uint16Array): boolean => a.every((value, index) => value === b[index]);
