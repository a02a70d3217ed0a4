import { InputError } from "../src/core/errors.ts";
import type { HardwareProfile } from "../src/core/profile.ts";
import type { Program } from "../src/core/program.ts";
import type { Evaluation, SimulationResult } from "../src/core/result.ts";
import type { DvfsPolicy, ReplayRequest } from "../src/core/run-policy.ts";
import { type StateCarry, type Stimulus, stepsOf } from "../src/core/stimulus.ts";
import type { TraceRequest } from "../src/core/trace.ts";
import { checkProgram } from "./check-program.ts";
import { checkPipelines, checkStimulus, checkWindow } from "./check-stimulus.ts";
import { createReplay } from "./detailed/replay.ts";
import { startDvfsRecord } from "./engine/dvfs-record.ts";
import { createEncoder } from "./engine/input.ts";
import { startPopulations } from "./engine/layers.ts";
import { startLedger } from "./engine/ledger.ts";
import { loadMachine, type Machine } from "./engine/machine.ts";
import { createOutputStage } from "./engine/output.ts";
import { startPhaseRecord } from "./engine/phase-record.ts";
import { countsOf, cyclesByPe, projectionActivities } from "./engine/results.ts";
import { denseOutput, setEvents } from "./functional/event-list.ts";
import { negativeLogLikelihood } from "./functional/host-stages.ts";
import type { Saturations } from "./functional/saturations.ts";
import { addSynapses } from "./functional/synapses.ts";
import { cutStreams, joinStreams } from "./streams.ts";
import { startTrace } from "./trace-run.ts";

/** A population between two timesteps; integers in an integer program, with Q23 state. */
export interface PopulationState {
  /** Hidden state. Shape [neurons]; empty for the input. */
  readonly state: Float32Array | Int32Array;
  /** Payloads of the last step's events, 0 where there was none. Shape [neurons]. */
  readonly output: Float32Array | Int32Array;
}

/** What a timestep left behind; to be read before the next one runs. */
export interface StepView {
  /** Within its stream. */
  readonly step: number;
  /** Copies. */
  population(name: string): PopulationState;
  /** Neurons that sent an event, ascending. A copy. */
  events(name: string): Uint32Array;
  /** Float64, shape [outputs]; computed when it is read. Undefined without a decoder. */
  readonly logits: Float64Array | undefined;
}

/** How a run carries state, and where it is replayed packet by packet. */
export interface RunCarry extends StateCarry {
  /** How every timestep is replayed packet by packet as well; the numbers stay the same. */
  readonly replays?: readonly ReplayRequest[];
  /** What to record of a run; of several streams, of the first. In the detailed fidelity one of `replays`. */
  readonly trace?: TraceRequest;
  /** Policies by which PEs change their operating point; what is computed stays the same. */
  readonly dvfs?: readonly DvfsPolicy[];
}

export interface SimulationOptions extends RunCarry {
  /** Streams that the stimulus is cut into, run one after the other, each from a state of zero. One where absent. */
  readonly streams?: number;
  /** Steps are numbered throughout. */
  readonly onProgress?: (stepsDone: number) => void;
  readonly observe?: (step: number, view: StepView) => void;
}

/** A run that is driven step by step. */
export interface Simulation {
  readonly stepsDone: number;
  /** Runs the next timestep of the stimulus. */
  step(): StepView;
  state(population: string): PopulationState;
  /** Replaces what the next step starts from. An output of 0 is no event. */
  setState(population: string, state: SettableState): void;
  /** Counts and cycles of the steps so far. */
  result(): SimulationResult;
}

export interface SettableState {
  readonly state: ArrayLike<number>;
  readonly output: ArrayLike<number>;
}

/**
 * Runs a program on a chip over a whole stimulus. Everything comes from the program's memory images, its
 * routing entries and its host stages.
 *
 * @throws MismatchError where the program belongs to another profile, or the stimulus to another model.
 * @throws InputError where program or stimulus are malformed.
 * @throws UnsupportedError where the profile lacks what the program needs.
 */
export function simulate(
  program: Program,
  profile: HardwareProfile,
  stimulus: Stimulus,
  options: SimulationOptions = {},
): SimulationResult {
  const { streams = 1, onProgress, observe } = options;
  const machine = openMachine(program, profile);
  let done = 0;
  const { trace: _, ...untraced } = options;
  const results = cutStreams(stimulus, streams).map((stream, index) =>
    runStream(machine, stream, index === 0 ? options : untraced, (_, view) => {
      observe?.(done, view);
      done += 1;
      onProgress?.(done);
    }),
  );
  return joinStreams(results);
}

/** Runs one stream from states of zero. */
export function runStream(
  machine: Machine,
  stream: Stimulus,
  carry: RunCarry,
  onStep: (step: number, view: StepView) => void,
): SimulationResult {
  const simulation = startSimulation(machine, stream, carry);
  const steps = stepsOf(stream);
  for (let step = 0; step < steps; step += 1) onStep(step, simulation.step());
  return simulation.result();
}

/** Loads a program for a run over a stimulus, from states of zero. Throws as `simulate` does. */
export function createSimulation(
  program: Program,
  profile: HardwareProfile,
  stimulus: Stimulus,
  carry: RunCarry = {},
): Simulation {
  return startSimulation(openMachine(program, profile), stimulus, carry);
}

/** Loads a program for runs of `startSimulation`. Throws as `simulate` does. */
export function openMachine(program: Program, profile: HardwareProfile): Machine {
  checkProgram(program, profile);
  return loadMachine(program, profile);
}

/** Begins a run from states of zero. It ends the one before: a machine does one at a time. */
export function startSimulation(
  machine: Machine,
  stimulus: Stimulus,
  { window, replays: requests = [], dvfs = [], trace }: RunCarry,
): Simulation {
  const { program, kernel } = machine;
  checkStimulus(program, stimulus);
  checkWindow(window);
  checkPipelines(requests, machine.phases.length, stepsOf(stimulus));
  kernel.forget();
  const populations = startPopulations(machine);
  const capacity = stepsOf(stimulus);
  const tracing = trace && startTrace(machine, trace);
  const replays = requests.map((request) =>
    createReplay(machine, request, capacity, tracing?.recorderOf(request, requests)),
  );
  const running = startLedger(machine);
  const record = startPhaseRecord(machine, capacity);
  const policies = dvfs.map((policy) => startDvfsRecord(machine, policy, capacity));
  const policyOf = requests.map(
    (request) => policies[dvfs.findIndex(({ label }) => label === request.dvfs?.label)],
  );
  const output = createOutputStage(machine);
  const saturations: Saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
  const encode = createEncoder(machine, stimulus, populations[0]!, saturations);
  const targets = stimulus.kind === "tokens" ? stimulus.targets : undefined;
  const eventsPerStep = populations.map(() => new Uint32Array(capacity));
  const last = populations.at(-1)!;
  const { accumulatorBits } = program.manifest.quantisation;
  let steps = 0;
  let loss = 0;
  let scored = 0;

  const indexOf = (name: string): number => {
    const index = populations.findIndex((population) => population.name === name);
    if (index < 0) throw new InputError({ field: name }, "no such population", "Name one of the program's.");
    return index;
  };
  const stateOf = (name: string): PopulationState => {
    const { state, now } = populations[indexOf(name)]!;
    return { state: state.slice(), output: denseOutput(now) };
  };
  const runLayer = (target: number): void => {
    const population = populations[target]!;
    population.reset();
    for (let index = 0; index < machine.projections.length; index += 1) {
      const projection = machine.projections[index]!;
      if (projection.target !== target) continue;
      const source = populations[projection.source]!;
      const events = projection.delay === 1 ? source.before : source.now;
      for (const strand of projection.strands) {
        addSynapses(
          kernel,
          machine.format,
          strand,
          events,
          population.accumulators,
          accumulatorBits,
          saturations,
        );
      }
      running.countRows(index, events);
    }
    population.update(saturations);
  };

  return {
    get stepsDone() {
      return steps;
    },
    step() {
      if (steps >= capacity) throw new RangeError(`the stimulus has only ${capacity} timesteps`);
      running.beginStep();
      for (const population of populations) {
        [population.now, population.before] = [population.before, population.now];
        if (window !== undefined && steps % window === 0) population.state.fill(0);
      }
      encode(steps);
      for (let index = 0; index < populations.length; index += 1) {
        if (index > 0) runLayer(index);
        const { now } = populations[index]!;
        running.countEvents(index, now);
        eventsPerStep[index]![steps] = now.count;
      }
      running.endStep();
      record.record(steps, running.ledger());
      tracing?.keep(steps, running.ledger());
      for (const policy of policies) policy.record(steps, running.ledger());
      for (let index = 0; index < replays.length; index += 1) {
        const events = populations.map(({ now }) => now);
        replays[index]!.step(events, policyOf[index]?.levels());
      }
      output.run(last.now, saturations);
      const logits = targets === undefined ? undefined : output.logits();
      if (logits !== undefined) {
        loss += negativeLogLikelihood(logits, targets![steps]!);
        scored += 1;
      }
      steps += 1;
      const step = steps - 1;
      return {
        step,
        population: stateOf,
        events: (name) => {
          const { now } = populations[indexOf(name)]!;
          return now.neurons.slice(0, now.count);
        },
        get logits() {
          return output.logits()?.slice();
        },
      };
    },
    state: stateOf,
    setState(name, next) {
      const index = indexOf(name);
      const { state, now } = populations[index]!;
      if (next.state.length !== state.length || next.output.length !== now.neurons.length) {
        throw new RangeError(`${name} has ${now.neurons.length} neurons, not ${next.output.length}`);
      }
      state.set(next.state);
      setEvents(now, next.output);
      running.countEvents(index, now);
    },
    result: () => ({
      manifest: program.manifest,
      steps,
      ...(window !== undefined && { window }),
      counts: countsOf(machine, running.ledger(), steps, saturations),
      phases: record.phases(steps),
      populations: program.populations.map(({ name, size }, index) => {
        const perStep = eventsPerStep[index]!.slice(0, steps);
        return { name, size, events: perStep.reduce((sum, count) => sum + count, 0), eventsPerStep: perStep };
      }),
      projections: projectionActivities(machine, running.ledger()),
      ...cyclesByPe(machine, running.ledger(), steps),
      usedPes: [...new Set(machine.workers.map(({ pe }) => pe))].sort((a, b) => a - b),
      ...(scored > 0 && { evaluation: evaluationOf(scored, loss) }),
      ...(replays.length > 0 && { replays: replays.map((replay) => replay.timing()) }),
      ...(tracing && { traces: [tracing.trace(record.phases(steps), eventsPerStep)] }),
      ...(policies.length > 0 && { dvfs: policies.map((policy) => policy.run(steps)) }),
      origin: stimulus.origin,
      synthetic: stimulus.synthetic,
    }),
  };
}

const evaluationOf = (tokens: number, negativeLogLikelihood: number): Evaluation => ({
  tokens,
  negativeLogLikelihood,
  perplexity: Math.exp(negativeLogLikelihood / tokens),
});
