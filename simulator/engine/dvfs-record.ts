import type { DvfsRun } from "../../src/core/result.ts";
import type { DvfsPolicy } from "../../src/core/run-policy.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine } from "./machine.ts";

/** What is needed of a machine, and of a step. */
type MachineParts = Pick<Machine, "workers" | "phases" | "deliveries" | "profile" | "arrayWork">;
type StepCounts = Pick<Ledger, "now" | "before" | "busy">;

/** What a policy makes of the PEs' work, step by step. */
export interface DvfsRecord {
  /** Call once a step, when all its events are counted. */
  record(step: number, ledger: StepCounts): void;
  /** By worker, of the step that was recorded last. Overwritten by the next. */
  levels(): ArrayLike<number>;
  run(steps: number): DvfsRun;
}

/**
 * Chooses the level of each PE in each timestep. A PE that has another level than before stands still for the
 * profile's switching time first; under a queue policy all start at the low one.
 */
export function startDvfsRecord(machine: MachineParts, policy: DvfsPolicy, capacity: number): DvfsRecord {
  const { workers, phases, profile, arrayWork } = machine;
  const { switchTime } = profile.dvfs!;
  const { points } = policy;
  const pes = profile.pe.count;
  const perLevel = () => points.map(() => new Float64Array(pes));
  const busyCycles = perLevel();
  const macArrayCycles = perLevel();
  const macs = points.map(() => 0);
  const switches = new Float64Array(pes);
  const seconds = phases.map(() => new Float64Array(capacity));
  const levelsOf =
    policy.kind === "queue" ? levelsByQueue(machine, policy.packets) : levelsByPhase(machine, policy);
  const current = new Int32Array(pes).fill(-1);
  if (policy.kind === "queue") current.fill(0);

  let levels: ArrayLike<number> = current;
  return {
    levels: () => levels,
    record(step, ledger) {
      levels = levelsOf(ledger);
      for (const times of seconds) times[step] = 0;
      for (let worker = 0; worker < workers.length; worker += 1) {
        const { pe, phase } = workers[worker]!;
        const level = levels[worker]!;
        const { cycles, macs: count } = arrayWork[worker]!;
        const busy = ledger.busy[worker]!;
        const isChange = current[pe] !== level && current[pe] !== -1;
        current[pe] = level;
        busyCycles[level]![pe]! += busy;
        macArrayCycles[level]![pe]! += cycles;
        macs[level]! += count;
        if (isChange) switches[pe]! += 1;
        const time = (busy + cycles) / points[level]!.peClock + (isChange ? switchTime : 0);
        const times = seconds[phase]!;
        if (time > times[step]!) times[step] = time;
      }
    },
    run: (steps) => ({
      policy: policy.label,
      points: points.map(({ name }) => name),
      phases: phases.map(({ name }, phase) => ({ name, seconds: seconds[phase]!.slice(0, steps) })),
      busyCycles: busyCycles.map((cycles) => cycles.slice()),
      macArrayCycles: macArrayCycles.map((cycles) => cycles.slice()),
      macs: [...macs],
      switches: switches.slice(),
    }),
  };
}

type LevelsOf = (step: StepCounts) => ArrayLike<number>;

/** Always the same. */
function levelsByPhase(
  { workers, phases }: MachineParts,
  { levels }: Extract<DvfsPolicy, { readonly kind: "layers" }>,
): LevelsOf {
  const fixed = workers.map(({ phase }) => levels[phases[phase]!.name]!);
  return () => fixed;
}

/** High where a PE takes more packets from its FIFO in this timestep than the threshold, whatever they are for. */
function levelsByQueue({ workers, deliveries, profile }: MachineParts, threshold: number): LevelsOf {
  const receptions = deliveries.filter(({ receives }) => receives > 0);
  const packets = new Float64Array(profile.pe.count);
  const levels = new Uint8Array(workers.length);
  return ({ now, before }) => {
    packets.fill(0);
    for (const { counter, lag, worker, receives } of receptions) {
      packets[workers[worker]!.pe]! += (lag === 0 ? now : before)[counter]! * receives;
    }
    for (let worker = 0; worker < workers.length; worker += 1) {
      levels[worker] = packets[workers[worker]!.pe]! > threshold ? 1 : 0;
    }
    return levels;
  };
}
