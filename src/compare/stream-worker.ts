import { openMachine, type RunCarry, runStream } from "../../simulator/simulate.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { SimulationResult } from "../core/result.ts";
import type { Stimulus } from "../core/stimulus.ts";
import type { TraceRequest } from "../core/trace.ts";

/** Where worker threads find this module. */
export const STREAM_WORKER = import.meta.url;

export interface StreamSetup {
  readonly program: Program;
  readonly profile: HardwareProfile;
  readonly carry: RunCarry;
}

export interface StreamTask {
  readonly stream: Stimulus;
  /** What to record of this stream. */
  readonly trace?: TraceRequest;
}

/** Steps between two words on progress: a message costs about as much as a step. */
const STEPS_PER_MESSAGE = 256;

/** Loads the program once; then simulates one stream a task. */
export function startWorker({ program, profile, carry }: StreamSetup) {
  const machine = openMachine(program, profile);
  return ({ stream, trace }: StreamTask, advance: (steps: number) => void): SimulationResult =>
    runStream(machine, stream, { ...carry, ...(trace && { trace }) }, (step) => {
      if ((step + 1) % STEPS_PER_MESSAGE === 0) advance(step + 1);
    });
}
