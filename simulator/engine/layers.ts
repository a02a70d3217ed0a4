import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  EGRU_ACCUMULATORS,
  PAYLOAD_LIMIT,
  SUM_FRACTION_BITS,
} from "../../src/core/number-format.ts";
import type { Program } from "../../src/core/program.ts";
import { type Allocate, bytesOfArrays, copyTo } from "../functional/allocate.ts";
import { stepEgruFixedPoint, type TableRange } from "../functional/egru-fixed-point.ts";
import { stepEgruFloat32 } from "../functional/egru-float32.ts";
import { createEventList, type EventList, spikeRoom } from "../functional/event-list.ts";
import type { Kernel } from "../functional/kernel.ts";
import type { LoadedSlice } from "../functional/load-image.ts";
import type { Saturations } from "../functional/saturations.ts";
import { mostSpikesOf } from "./coding.ts";
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
export function startPopulations({ program, slices, format, kernel }: Machine): RunningPopulation[] {
  const isInteger = format !== "float32";
  return program.populations.map(({ name, kind, size }) => {
    const make = () => createEventList(size, isInteger, kernel.allocate, mostSpikesOf(program));
    const events = { now: make(), before: make() };
    if (kind === "input") {
      const none = isInteger ? new Int32Array(0) : new Float32Array(0);
      return { name, state: none, accumulators: none, ...events, reset() {}, update() {} };
    }
    const own = slices.filter(({ population }) => population === name).sort((a, b) => a.first - b.first);
    if (kind === "linear")
      return linearPopulation(name, size, own, program.manifest.quantisation.accumulatorBits, events, kernel);
    return isInteger
      ? fixedPointPopulation(name, size, own, program.manifest.quantisation.accumulatorBits, events, kernel)
      : float32Population(name, size, own, events, kernel);
  });
}

/** Most bytes that `startPopulations` takes of the kernel's memory. */
export function bytesOfPopulations(program: Program, slices: readonly LoadedSlice[]): number {
  const most = mostSpikesOf(program);
  const arrays = program.populations.flatMap(({ kind, size }) => {
    const spikes = most === 0 ? [] : [4 * spikeRoom(size, most), 4 * spikeRoom(size, most)];
    const events = [4 * size, 4 * size, 4 * size, 4 * size, ...spikes];
    if (kind === "linear") return [...events, 4 * size];
    return kind === "input" ? events : [...events, 4 * size, 4 * size, 4 * EGRU_ACCUMULATORS * size];
  });
  const tables = slices.flatMap(({ tables }) =>
    tables ? [tables.sigmoid.byteLength, tables.tanh.byteLength] : [],
  );
  return bytesOfArrays([...arrays, ...tables]);
}

type Events = Pick<RunningPopulation, "now" | "before">;

function float32Population(
  name: string,
  size: number,
  slices: readonly LoadedSlice[],
  events: Events,
  kernel: Kernel,
): RunningPopulation {
  const { allocate } = kernel;
  const start = gather(new Float32Array(EGRU_ACCUMULATORS * size), slices, size, ({ start }) => start);
  const threshold = gather(allocate(Float32Array, size), slices, size, ({ threshold }) => threshold);
  const accumulators = allocate(Float32Array, start.length);
  const state = allocate(Float32Array, size);
  return {
    name,
    state,
    accumulators,
    ...events,
    reset: () => accumulators.set(start),
    update() {
      stepEgruFloat32(kernel, accumulators, threshold, state, this.now);
    },
  };
}

function fixedPointPopulation(
  name: string,
  size: number,
  slices: readonly LoadedSlice[],
  accumulatorBits: AccumulatorBits,
  events: Events,
  kernel: Kernel,
): RunningPopulation {
  const { allocate } = kernel;
  const start = gather(new Int32Array(EGRU_ACCUMULATORS * size), slices, size, ({ start }) => start);
  const threshold = gather(allocate(Int32Array, size), slices, size, ({ threshold }) => threshold);
  const tables = tableRanges(slices, allocate);
  const accumulators = allocate(Int32Array, start.length);
  const state = allocate(Int32Array, size);
  return {
    name,
    state,
    accumulators,
    ...events,
    reset: () => accumulators.set(start),
    update(saturations) {
      const { now } = this;
      stepEgruFixedPoint(kernel, accumulators, threshold, state, tables, accumulatorBits, now, saturations);
    },
  };
}

/** Sums are sent as they are, in integers rounded to payloads of Q16 (docs/model.md, 2), where they are not 0. */
function linearPopulation(
  name: string,
  size: number,
  slices: readonly LoadedSlice[],
  accumulatorBits: AccumulatorBits,
  events: Events,
  { allocate }: Kernel,
): RunningPopulation {
  const isInteger = events.now.payloads instanceof Int32Array;
  const start = gather(
    isInteger ? new Int32Array(size) : new Float32Array(size),
    slices,
    size,
    (own) => own.start,
  );
  const accumulators = isInteger ? allocate(Int32Array, size) : allocate(Float32Array, size);
  const bits = ACCUMULATOR_FRACTION_BITS[accumulatorBits] - SUM_FRACTION_BITS;
  const half = bits === 0 ? 0 : 2 ** (bits - 1);
  const payloadOf = (sum: number): number =>
    isInteger ? Math.min(Math.max(Math.floor((sum + half) / 2 ** bits), -PAYLOAD_LIMIT), PAYLOAD_LIMIT) : sum;
  return {
    name,
    state: isInteger ? new Int32Array(0) : new Float32Array(0),
    accumulators,
    ...events,
    reset: () => accumulators.set(start),
    update() {
      const { neurons, payloads } = this.now;
      let count = 0;
      for (let neuron = 0; neuron < size; neuron += 1) {
        const payload = payloadOf(accumulators[neuron]!);
        if (payload === 0) continue;
        neurons[count] = neuron;
        payloads[count++] = payload;
      }
      this.now.count = count;
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
