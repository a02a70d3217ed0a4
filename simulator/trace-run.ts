import { InputError } from "../src/core/errors.ts";
import type { OperatingPoint } from "../src/core/profile.ts";
import type { Phase } from "../src/core/result.ts";
import type { ReplayRequest } from "../src/core/run-policy.ts";
import { TRACE_CAPACITY, type Trace, type TraceRecorder, type TraceRequest } from "../src/core/trace.ts";
import type { Ledger } from "./engine/ledger.ts";
import type { Machine } from "./engine/machine.ts";
import { createTraceRecorder } from "./trace-recorder.ts";
import { keepStepCycles, recordSteps } from "./trace-steps.ts";

/** A run that is traced. */
export interface RunTrace {
  /** For this replay; undefined where it is not what is traced. */
  recorderOf(replay: ReplayRequest, all: readonly ReplayRequest[]): TraceRecorder | undefined;
  /** Call once a step, when all its events are counted. */
  keep(step: number, ledger: Ledger): void;
  /** @param eventsPerStep By population, shape [steps] each at least. */
  trace(phases: readonly Phase[], eventsPerStep: readonly Uint32Array[]): Trace;
}

/** @throws InputError where the window is none. */
export function startTrace(machine: Machine, request: TraceRequest): RunTrace {
  checkRequest(request);
  const { fidelity, point, first, steps } = request;
  const isFast = fidelity === "fast";
  const recorder = createTraceRecorder(request);
  const kept = isFast ? keepStepCycles(machine, request) : undefined;
  return {
    recorderOf: (replay, all) => (!isFast && replay === tracedOf(all, point) ? recorder : undefined),
    keep: (step, ledger) => kept?.keep(step, ledger),
    trace(phases, eventsPerStep) {
      // A recorder holds one run: in the fast fidelity it is filled anew from what was kept.
      const filled = kept ? createTraceRecorder(request) : recorder;
      if (kept) recordSteps(machine, request, phases, eventsPerStep, kept.of, filled);
      return {
        fidelity,
        operatingPoint: point.name,
        first,
        steps,
        pes: rolesOf(machine),
        phaseNames: machine.phases.map(({ name }) => name),
        ...filled.recording(),
      };
    },
  };
}

/** The first sequential replay at a point; where there is none, the first there. */
function tracedOf(replays: readonly ReplayRequest[], { name }: OperatingPoint): ReplayRequest | undefined {
  const at = replays.filter(({ point }) => point.name === name);
  return at.find(({ schedule }) => schedule !== "pipelined") ?? at[0];
}

function checkRequest({ first, steps, capacity = TRACE_CAPACITY }: TraceRequest): void {
  const isWhole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  if (isWhole(first, 0) && isWhole(steps, 1) && isWhole(capacity, 1)) return;
  throw new InputError(
    { field: "trace" },
    `a window of ${steps} timesteps from ${first} on with ${capacity} records`,
    "Give whole numbers, at least 1 timestep and 1 record.",
  );
}

/** What each PE of the program holds: "egru1[0..26]", and after a comma its share of a decoder. */
function rolesOf({ workers, phases }: Machine): Trace["pes"] {
  const roles = new Map<number, string[]>();
  for (const { pe, phase, first, count } of workers) {
    const role = `${phases[phase]!.name}[${first}..${first + count - 1}]`;
    roles.set(pe, [...(roles.get(pe) ?? []), role]);
  }
  return [...roles].sort(([a], [b]) => a - b).map(([pe, held]) => ({ pe, role: held.join(", ") }));
}
