import type { ReplayRequest } from "../../../src/core/run-policy.ts";
import { phasesOf } from "../../components/workers.ts";
import type { Machine } from "../../engine/machine.ts";
import type { PeQueues } from "./pe-queues.ts";
import { coresOf } from "./receptions.ts";

/** The clock of every PE, which a policy may change from timestep to timestep. */
export interface CoreClocks {
  /**
   * A timestep begins; of a pipeline, the interval that begins with its input. A core whose clock changes stands still for
   * the profile's switching time.
   *
   * @param levels Among the policy's points, by worker; of a pipeline, for this timestep, which later layers come to later.
   */
  begin(step: number, time: number, levels: ArrayLike<number> | undefined): void;
}

/** NoC cycles of a PE cycle at a request's point, by worker. */
export const cyclesAtPoint = ({ profile, workers }: Machine, { point }: ReplayRequest): Float64Array =>
  new Float64Array(workers.length).fill(profile.noc.clock / point.peClock);

/** @param perPeCycle NoC cycles of a PE cycle, by worker; kept up to date. */
export function createCoreClocks(
  machine: Machine,
  { schedule, dvfs }: ReplayRequest,
  perPeCycle: Float64Array,
  queues: Pick<PeQueues, "occupy">,
): CoreClocks {
  const { profile, workers } = machine;
  const { clock } = profile.noc;
  if (dvfs === undefined) return { begin() {} };

  const { points } = dvfs;
  const lowest = dvfs.kind === "queue" ? 0 : -1;
  const switchCycles = (profile.dvfs?.switchTime ?? 0) * clock;
  const coreOf = coresOf(machine);
  const current = new Int32Array(workers.length).fill(lowest);
  const isPipelined = schedule === "pipelined";
  const depth = isPipelined ? 1 + phasesOf(workers) : 1;
  const held = Array.from({ length: depth }, () => new Uint8Array(workers.length).fill(Math.max(0, lowest)));

  return {
    begin(step, time, levels) {
      if (levels === undefined) throw new RangeError("a policy needs the levels of each timestep");
      held[step % depth]!.set(levels);
      for (const [worker, { phase }] of workers.entries()) {
        const age = isPipelined ? phase + 1 : 0;
        if (step < age) continue;
        const level = held[(step - age) % depth]![worker]!;
        perPeCycle[worker] = clock / points[level]!.peClock;
        const core = coreOf[worker]!;
        if (current[core] !== level && current[core] !== -1) queues.occupy(core, time, switchCycles);
        current[core] = level;
      }
    },
  };
}
