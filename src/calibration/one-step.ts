import type { Compilation } from "../../compiler/pipeline.ts";
import { openMachine, type Simulation, startSimulation } from "../../simulator/simulate.ts";
import { cutStreams } from "../../simulator/streams.ts";
import { ACCUMULATOR_FRACTION_BITS, type AccumulatorBits, PAYLOAD_LIMIT } from "../core/number-format.ts";
import { NEURON_TRAITS } from "../core/population-kind.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { ProgramPopulation } from "../core/program.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import { type Talk, followed } from "./measure.ts";
import type { Sample } from "./trial.ts";

/**
 * Agreement of events where every timestep begins with what float32 left behind, by layer: what one timestep's rounding
 * changes, without what earlier timesteps made of it. Layers still read the events of the layer below as the program
 * itself computes them.
 *
 * @param float32 For `profile`, as `integer` is.
 */
export function oneStepAgreement(
  float32: Compilation,
  integer: Compilation,
  profile: HardwareProfile,
  { stimulus, window, streams = 1 }: Sample,
  talk: Talk,
): ReadonlyMap<string, number> {
  const [exact, rounded] = [openMachine(float32.program, profile), openMachine(integer.program, profile)];
  const { accumulatorBits } = integer.program.manifest.quantisation;
  const layers = integer.program.populations.filter(
    ({ partOf, kind }) => kind !== "input" && partOf === undefined,
  );
  const counts = new Map(layers.map(({ name }) => [name, { common: 0, either: 0 }]));
  let done = 0;
  followed(talk("float32 step by step"), (advance) => {
    for (const stream of cutStreams(withoutTargets(stimulus), streams)) {
      const carry = window === undefined ? {} : { window };
      const [free, held] = [startSimulation(exact, stream, carry), startSimulation(rounded, stream, carry)];
      for (let step = 0; step < stepsOf(stream); step += 1) {
        const [expected, found] = [free.step(), held.step()];
        for (const [name, count] of counts) addEvents(count, expected.events(name), found.events(name));
        for (const layer of layers) copyState(free, held, layer, accumulatorBits);
        advance((done += 1));
      }
    }
  });
  return new Map([...counts].map(([name, { common, either }]) => [name, either === 0 ? 1 : common / either]));
}

/** Nobody reads outputs here, and without targets none are computed. */
function withoutTargets(stimulus: Stimulus): Stimulus {
  if (stimulus.kind === "dense") return stimulus;
  const { targets: _, ...rest } = stimulus;
  return rest;
}

/** Both ascending. */
function addEvents(count: { common: number; either: number }, a: Uint32Array, b: Uint32Array): void {
  const fired = new Set(a);
  const common = b.reduce((sum, neuron) => sum + (fired.has(neuron) ? 1 : 0), 0);
  count.common += common;
  count.either += a.length + b.length - common;
}

/** In the kind's fixed point; an event stays one, however small its payload. */
function copyState(
  float32: Simulation,
  integer: Simulation,
  { name, kind, size, payloadFractionBits }: ProgramPopulation,
  accumulatorBits: AccumulatorBits,
): void {
  const { state, output } = float32.state(name);
  const vectors = kind === "input" ? [] : NEURON_TRAITS[kind].state;
  integer.setState(name, {
    state: Int32Array.from(state, (value, index) => {
      const { fractionBits } = vectors[Math.floor(index / size)]!;
      return fractionBits === "sum"
        ? fixed(value, ACCUMULATOR_FRACTION_BITS[accumulatorBits], 2 ** (accumulatorBits - 1) - 1)
        : fixed(value, fractionBits, PAYLOAD_LIMIT);
    }),
    output: Int32Array.from(output, (payload) =>
      payload === 0 ? 0 : fixed(payload, payloadFractionBits, PAYLOAD_LIMIT) || 1,
    ),
  });
}

const fixed = (value: number, fractionBits: number, limit: number): number =>
  Math.min(Math.max(Math.floor(value * 2 ** fractionBits + 0.5), -limit), limit);
