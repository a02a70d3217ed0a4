import { NEURON_TRAITS } from "../src/core/population-kind.ts";
import type { Phase } from "../src/core/result.ts";
import {
  DRAM_TRACK,
  SPAN,
  TRACE_CAPACITY,
  type TraceRecorder,
  type TraceRequest,
} from "../src/core/trace.ts";
import type { Ledger } from "./engine/ledger.ts";
import type { Machine } from "./engine/machine.ts";
import { phaseSecondsAt } from "./time-of.ts";

/** Keeps what a trace in the fast fidelity is made from: exact cycles by worker of each timestep in the window. */
export interface StepCycles {
  /** Call once a step, when all its events are counted. */
  keep(step: number, ledger: Ledger): void;
  /** Busy cycles of a worker in a step, and events that it sent; undefined where the step was not kept. */
  of(step: number, worker: number): { readonly busy: number; readonly sends: number } | undefined;
}

/** Keeps no more timesteps than the recorder has room for: every worker has a span at least in each. */
export function keepStepCycles(
  { workers, plan }: Machine,
  { first, steps, capacity = TRACE_CAPACITY }: TraceRequest,
): StepCycles {
  const most = Math.min(steps, Math.ceil((capacity + 1) / Math.max(1, workers.length)));
  const kept: { readonly busy: Float64Array; readonly sends: Float64Array }[] = [];
  return {
    keep(step, { now, busy }) {
      if (step < first || step >= first + most) return;
      const sends = new Float64Array(workers.length);
      for (const [segment, { slice }] of plan.segments.entries())
        if (slice >= 0) sends[slice]! += now[segment]!;
      kept.push({ busy: busy.slice(), sends });
    },
    of(step, worker) {
      const at = kept[step - first];
      return at && { busy: at.busy[worker]!, sends: at.sends[worker]! };
    },
  };
}

/**
 * Lays the steps' work out in time as the closed form has it: one phase after the other, in each every PE works
 * from its beginning on, its core before its MAC array. Packets are counted only, so none is recorded.
 */
export function recordSteps(
  machine: Machine,
  { point, pace = { least: 0, added: 0 } }: TraceRequest,
  phases: readonly Phase[],
  eventsPerStep: readonly Uint32Array[],
  cyclesOf: StepCycles["of"],
  recorder: TraceRecorder,
): void {
  const { profile } = machine;
  const seconds = phases.map((phase) => phaseSecondsAt(phase, profile, point));
  const steps = seconds[0]?.length ?? 0;
  // A PE with two roles begins a timestep once.
  const started = new Set<number>();
  const isFirst = machine.workers.map(({ pe }) => started.size < started.add(pe).size);
  let time = 0;
  for (let step = 0; step < steps; step += 1) {
    recorder.beginStep(step);
    for (const [index, phase] of phases.entries()) {
      const begin = time;
      const end = begin + seconds[index]![step]!;
      time = begin + Math.max(seconds[index]![step]!, pace.least) + pace.added;
      if (!recorder.isOpen()) continue;
      recorder.phase(index, step, begin, end, eventsPerStep[index + 1]?.[step] ?? 0);
      for (const worker of machine.phases[index]!.workers) {
        const cycles = cyclesOf(step, worker);
        if (cycles === undefined) continue;
        const macCycles = machine.arrayWork[worker]!.cycles;
        recordWorker(machine, worker, cycles, macCycles, isFirst[worker]!, begin, point.peClock, recorder);
      }
      const transfer = profile.dram === undefined ? 0 : phase.dramBytes[step]! / profile.dram.bandwidth;
      if (transfer > 0) recorder.span(DRAM_TRACK, SPAN.dma, begin, begin + transfer);
    }
  }
}

/** One PE's work in one phase: the timestep begun, packets with their rows, MAC array, neurons with their sends. */
function recordWorker(
  { workers, cycles }: Machine,
  index: number,
  { busy, sends }: { readonly busy: number; readonly sends: number },
  macCycles: number,
  isFirst: boolean,
  begin: number,
  clock: number,
  recorder: TraceRecorder,
): void {
  const { pe, role, count, kind: population } = workers[index]!;
  const start = isFirst ? cycles.timestep : 0;
  const updates = role === "slice" ? count * cycles[NEURON_TRAITS[population].update] : 0;
  const neurons = sends * cycles.eventSend + updates;
  const parts = [
    [SPAN.timestep, start],
    [SPAN.synops, busy - start - neurons],
    [SPAN["mac-array"], macCycles],
    [SPAN.neurons, neurons],
  ] as const;
  let done = 0;
  for (const [kind, part] of parts) {
    if (part <= 0) continue;
    recorder.span(pe, kind, begin + done / clock, begin + (done + part) / clock);
    done += part;
  }
}
