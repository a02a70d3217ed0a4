import type { AccumulatorBits } from "../../src/core/number-format.ts";
import { stepEgruFixedPoint, type TableRange } from "../functional/egru-fixed-point.ts";
import { stepEgruFloat32 } from "../functional/egru-float32.ts";
import { createEventList, type EventList } from "../functional/event-list.ts";
import type { LoadedSlice } from "../functional/load-image.ts";
import type { Saturations } from "../functional/synapses.ts";
import type { Machine } from "./machine.ts";

/** What changes while a population runs. */
export interface RunningPopulation {
  readonly name: string;
  /** Hidden state; empty for the input. Shape [neurons]. */
  readonly state: Float32Array | Int32Array;
  /** Shape [4, neurons]; empty for the input. */
  readonly accumulators: Float32Array | Int32Array;
  /** Events of this step, once it has come to the population. */
  now: EventList;
  /** Events of the step before. */
  before: EventList;
  /** Sets the accumulators to what they start a step from. */
  reset(): void;
  /** Turns the accumulators into the next state and this step's events. */
  update(saturations: Saturations): void;
}

/** One for each population, with all states at zero and no events before the first step. */
export function startPopulations({ program, slices, format }: Machine): RunningPopulation[] {
  const isInteger = format !== "float32";
  return program.populations.map(({ name, kind, size }) => {
    const events = { now: createEventList(size, isInteger), before: createEventList(size, isInteger) };
    if (kind === "input") {
      const none = isInteger ? new Int32Array(0) : new Float32Array(0);
      return { name, state: none, accumulators: none, ...events, reset() {}, update() {} };
    }
    const own = slices.filter(({ population }) => population === name).sort((a, b) => a.first - b.first);
    return isInteger
      ? fixedPointPopulation(name, size, own, program.manifest.quantisation.accumulatorBits, events)
      : float32Population(name, size, own, events);
  });
}

type Events = Pick<RunningPopulation, "now" | "before">;

function float32Population(
  name: string,
  size: number,
  slices: readonly LoadedSlice[],
  events: Events,
): RunningPopulation {
  const start = gather(new Float32Array(4 * size), slices, size, ({ start }) => start);
  const threshold = gather(new Float32Array(size), slices, size, ({ threshold }) => threshold);
  const accumulators = new Float32Array(4 * size);
  const state = new Float32Array(size);
  return {
    name,
    state,
    accumulators,
    ...events,
    reset: () => accumulators.set(start),
    update() {
      stepEgruFloat32(accumulators, threshold, state, this.now);
    },
  };
}

function fixedPointPopulation(
  name: string,
  size: number,
  slices: readonly LoadedSlice[],
  accumulatorBits: AccumulatorBits,
  events: Events,
): RunningPopulation {
  const start = gather(new Int32Array(4 * size), slices, size, ({ start }) => start);
  const threshold = gather(new Int32Array(size), slices, size, ({ threshold }) => threshold);
  const tables = tableRanges(slices);
  const accumulators = new Int32Array(4 * size);
  const state = new Int32Array(size);
  return {
    name,
    state,
    accumulators,
    ...events,
    reset: () => accumulators.set(start),
    update(saturations) {
      stepEgruFixedPoint(accumulators, threshold, state, tables, accumulatorBits, this.now, saturations);
    },
  };
}

/** Joins the slices' parameters, rows of n neurons each, into rows of the whole population. */
function gather<Values extends Float32Array | Int32Array>(
  into: Values,
  slices: readonly LoadedSlice[],
  size: number,
  part: (slice: LoadedSlice) => Float32Array | Int32Array,
): Values {
  for (const slice of slices) {
    const values = part(slice);
    for (let i = 0; i < values.length; i += 1) {
      into[Math.floor(i / slice.neurons) * size + slice.first + (i % slice.neurons)] = values[i]!;
    }
  }
  return into;
}

/** Each PE reads its own tables; neighbours with equal ones are taken together. */
function tableRanges(slices: readonly LoadedSlice[]): TableRange[] {
  const ranges: TableRange[] = [];
  for (const { first, neurons, tables } of slices) {
    const { sigmoid, tanh } = tables!;
    const last = ranges.at(-1);
    if (last !== undefined && isEqual(last.sigmoid, sigmoid) && isEqual(last.tanh, tanh)) {
      ranges[ranges.length - 1] = { ...last, end: first + neurons };
    } else ranges.push({ first, end: first + neurons, sigmoid, tanh });
  }
  return ranges;
}

const isEqual = (a: Uint16Array, b: Uint16Array): boolean => a.every((value, index) => value === b[index]);
