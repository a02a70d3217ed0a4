import type { HardwareProfile } from "../src/core/profile.ts";
import type { Program } from "../src/core/program.ts";
import type { SimulationResult } from "../src/core/result.ts";
import type { DvfsPolicy, ReplayRequest } from "../src/core/run-policy.ts";
import { type StateCarry, type Stimulus, stepsOf } from "../src/core/stimulus.ts";
import type { TraceRequest } from "../src/core/trace.ts";
import { checkProgram } from "./check-program.ts";
import { checkPipelined, checkPipelines, checkStimulus, checkWindow } from "./check-stimulus.ts";
import { createReplay } from "./detailed/replay.ts";
import { startDvfsRecord } from "./engine/dvfs-record.ts";
import { startLedger } from "./engine/ledger.ts";
import { loadMachine, type Machine } from "./engine/machine.ts";
import { type PopulationState, type SettableState, startNetwork } from "./engine/network.ts";
import { checkCodedReplays } from "./engine/coding.ts";
import { createOutputStage } from "./engine/output.ts";
import { startPhaseRecord } from "./engine/phase-record.ts";
import { startScore } from "./engine/score.ts";
import { countsOf, cyclesByPe, projectionActivities } from "./engine/results.ts";
import { modelNeurons } from "./functional/neuron-order.ts";
import type { Saturations } from "./functional/saturations.ts";
import { cutStreams, joinStreams } from "./streams.ts";
import { startTrace } from "./trace-run.ts";

/** What a timestep left behind; to be read before the next one runs. */
export interface StepView {
  /** Within its stream. */
  readonly step: number;
  /** Copies. */
  population(name: string): PopulationState;
  /** Neurons that sent an event, by the model's numbers, ascending. A copy. */
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
  checkPipelined(program, requests);
  checkCodedReplays(program, requests);
  kernel.forget();
  const capacity = stepsOf(stimulus);
  const tracing = trace && startTrace(machine, trace);
  const replays = requests.map((request) =>
    createReplay(machine, request, capacity, tracing?.recorderOf(request, requests)),
  );
  const running = startLedger(machine);
  const saturations: Saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
  const network = startNetwork(machine, stimulus, window, running, saturations);
  const record = startPhaseRecord(machine, capacity);
  const policies = dvfs.map((policy) => startDvfsRecord(machine, policy, capacity));
  const policyOf = requests.map(
    (request) => policies[dvfs.findIndex(({ label }) => label === request.dvfs?.label)],
  );
  const output = createOutputStage(machine);
  const score = startScore(stimulus, output);
  const last = program.populations.at(-1)!.name;
  const orders = new Map(program.populations.map(({ name, order }) => [name, order]));
  let steps = 0;

  const viewOf = (step: number): StepView => ({
    step,
    population: network.stateOf,
    events(name) {
      const { neurons, count } = network.eventsOf(name);
      return modelNeurons(neurons.subarray(0, count), orders.get(name));
    },
    get logits() {
      return output.logits()?.slice();
    },
  });

  return {
    get stepsDone() {
      return steps;
    },
    step() {
      if (steps >= capacity) throw new RangeError(`the stimulus has only ${capacity} timesteps`);
      running.beginStep();
      network.step(steps);
      running.endStep();
      const ledger = running.ledger();
      record.record(steps, ledger);
      tracing?.keep(steps, ledger);
      for (const policy of policies) policy.record(steps, ledger);
      for (let index = 0; index < replays.length; index += 1) {
        replays[index]!.step(network.events(), policyOf[index]?.levels());
      }
      output.run(network.eventsOf(last), saturations);
      score.add(steps);
      steps += 1;
      return viewOf(steps - 1);
    },
    state: network.stateOf,
    setState: network.setState,
    result() {
      const ledger = running.ledger();
      const phases = record.phases(steps);
      const evaluation = score.evaluation();
      return {
        manifest: program.manifest,
        steps,
        ...(window !== undefined && { window }),
        counts: countsOf(machine, ledger, steps, saturations),
        phases,
        populations: network.activities(steps),
        projections: projectionActivities(machine, ledger, network.isUnitValued),
        ...cyclesByPe(machine, ledger, steps),
        usedPes: [...new Set(machine.workers.map(({ pe }) => pe))].sort((a, b) => a - b),
        ...(evaluation && { evaluation }),
        ...(replays.length > 0 && { replays: replays.map((replay) => replay.timing()) }),
        ...(tracing && { traces: [tracing.trace(phases, network.eventsPerStep)] }),
        ...(policies.length > 0 && { dvfs: policies.map((policy) => policy.run(steps)) }),
        origin: stimulus.origin,
        synthetic: stimulus.synthetic,
        ...(stimulus.kind === "dense" && stimulus.ratesGiven && { ratesGiven: true as const }),
      };
    },
  };
}
