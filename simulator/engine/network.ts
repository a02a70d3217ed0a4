import { InputError } from "../../src/core/errors.ts";
import type { PopulationActivity } from "../../src/core/result.ts";
import { type Stimulus, stepsOf } from "../../src/core/stimulus.ts";
import { denseOutput, type EventList, sentEvents, setEvents } from "../functional/event-list.ts";
import { inModelOrder, inProgramOrder } from "../functional/neuron-order.ts";
import type { Saturations } from "../functional/saturations.ts";
import { takeMaxima } from "../functional/maxima.ts";
import { addConvolution, addProduct } from "../functional/products.ts";
import { addSynapses } from "../functional/synapses.ts";
import { checkUnitSpikes, codingOf, encodeEvents, spikePayloads } from "./coding.ts";
import { createEncoder } from "./input.ts";
import { type RunningPopulation, startPopulations } from "./layers.ts";
import type { RunningLedger } from "./ledger.ts";
import type { Machine } from "./machine.ts";

/** A population between two timesteps, by the model's numbers; integers in an integer program. */
export interface PopulationState {
  /** What its neurons carry on, as NEURON_TRAITS lists it. Shape [states, neurons]; empty for the input. */
  readonly state: Float32Array | Int32Array;
  /** Payloads of the last step's events, 0 where there was none. Shape [neurons]. */
  readonly output: Float32Array | Int32Array;
}

export interface SettableState {
  readonly state: ArrayLike<number>;
  readonly output: ArrayLike<number>;
}

/** The populations of a run, from states of zero on: what is computed, step by step. */
export interface RunningNetwork {
  /** Computes one timestep of the stimulus and has its events and rows counted. */
  step(step: number): void;
  /** Events of every population in the step that ran last, by the program's numbers. */
  events(): readonly EventList[];
  eventsOf(name: string): EventList;
  /** A copy. */
  stateOf(name: string): PopulationState;
  setState(name: string, next: SettableState): void;
  readonly eventsPerStep: readonly Uint32Array[];
  activities(steps: number): PopulationActivity[];
  /** Whether every event that the population has sent is a spike of 1. */
  isUnitValued(population: number): boolean;
}

/** @param window Timesteps between restarts of the hidden state; undefined: it is carried on. */
export function startNetwork(
  machine: Machine,
  stimulus: Stimulus,
  window: number | undefined,
  ledger: RunningLedger,
  saturations: Saturations,
): RunningNetwork {
  const populations = startPopulations(machine);
  const encode = createEncoder(machine, stimulus, populations[0]!, saturations);
  const coding = codingOf(machine.program);
  const spikes = populations.map(() => 0);
  const eventsPerStep = populations.map(() => new Uint32Array(stepsOf(stimulus)));
  const indexOf = (name: string): number => {
    const index = populations.findIndex((population) => population.name === name);
    if (index < 0) throw new InputError({ field: name }, "no such population", "Name one of the program's.");
    return index;
  };

  const spike = spikePayloads(machine.program);
  const isSpiking = spike.map((payload) => payload > 0);
  const orderOf = (index: number) => machine.program.populations[index]!.order;

  return {
    eventsPerStep,
    step(step) {
      for (const population of populations) {
        [population.now, population.before] = [population.before, population.now];
        population.isRestarted = window !== undefined && step % window === 0;
        if (population.isRestarted) population.state.fill(0);
      }
      encode(step);
      if (spike[0]! > 0 && !coding) checkUnitSpikes(machine.profile, populations[0]!.now, spike[0]!, step);
      isSpiking[0] &&= isAll(populations[0]!.now, spike[0]!);
      for (let index = 0; index < populations.length; index += 1) {
        if (index > 0) runLayer(machine, populations, index, ledger, saturations);
        const { now } = populations[index]!;
        if (coding) spikes[index]! += encodeEvents(coding, now, spike[index]!);
        ledger.countEvents(index, sentEvents(now));
        eventsPerStep[index]![step] = now.count;
      }
    },
    events: () => populations.map(({ now }) => now),
    eventsOf: (name) => populations[indexOf(name)]!.now,
    stateOf(name) {
      const index = indexOf(name);
      const { state, now } = populations[index]!;
      const order = orderOf(index);
      return { state: inModelOrder(state.slice(), order), output: inModelOrder(denseOutput(now), order) };
    },
    setState(name, next) {
      const index = indexOf(name);
      const { state, now } = populations[index]!;
      if (next.state.length !== state.length || next.output.length !== now.neurons.length) {
        throw new RangeError(`${name} has ${now.neurons.length} neurons, not ${next.output.length}`);
      }
      state.set(inProgramOrder(next.state, orderOf(index)));
      setEvents(now, inProgramOrder(next.output, orderOf(index)));
      if (coding) encodeEvents(coding, now, spike[index]!);
      ledger.countEvents(index, sentEvents(now));
    },
    isUnitValued: (population) => isSpiking[population]!,
    activities: (steps) =>
      machine.program.populations.map(({ name, size, partOf }, index) => {
        const perStep = eventsPerStep[index]!.slice(0, steps);
        const of = partOf === undefined ? {} : { partOf };
        return {
          name,
          ...of,
          size,
          events: perStep.reduce((sum, count) => sum + count, 0),
          eventsPerStep: perStep,
          ...(coding && { spikes: spikes[index]! }),
        };
      }),
  };
}

/** Whether all events carry this. */
function isAll({ count, payloads }: EventList, payload: number): boolean {
  for (let event = 0; event < count; event += 1) if (payloads[event] !== payload) return false;
  return true;
}

/** Adds up what a layer receives, in canonical order, and updates its neurons. */
function runLayer(
  { projections, kernel, program, profile }: Machine,
  populations: readonly RunningPopulation[],
  target: number,
  ledger: RunningLedger,
  saturations: Saturations,
): void {
  const { accumulatorBits } = program.manifest.quantisation;
  const population = populations[target]!;
  const { accumulators } = population;
  const isMaxPool = program.populations[target]!.kind === "max-pool";
  population.reset();
  for (let index = 0; index < projections.length; index += 1) {
    const projection = projections[index]!;
    if (projection.target !== target) continue;
    const source = populations[projection.source]!;
    const events = projection.delay === 1 ? source.before : source.now;
    ledger.countRows(index, sentEvents(events));
    // Worked off as they came; a restart sets the sums to their start after that.
    if (projection.delay === 1 && source.isRestarted && !source.keepsEvents) continue;
    for (const strand of projection.strands) {
      if (isMaxPool) takeMaxima(kernel, strand, events, accumulators);
      else addSynapses(kernel, strand, events, accumulators, accumulatorBits, saturations);
    }
    const sumBits = profile.pe.macArray?.accumulatorBits ?? 32;
    for (const product of projection.products)
      addProduct(kernel, product, events, accumulators, accumulatorBits, sumBits, saturations);
    for (const convolution of projection.convolutions)
      addConvolution(kernel, convolution, events, accumulators, accumulatorBits, sumBits, saturations);
  }
  population.update(saturations);
}
