import type { Disassembly } from "./disassembly.ts";
import {
  countCycles,
  type CycleCounter,
  DEVICE_READ,
  DEVICE_WRITE,
  INTERRUPT_ENTRY,
  INTERRUPT_EXIT,
  type ReadingName,
  READINGS,
} from "./timings.ts";

/** Cycles under each reading of the manual. */
export type Cycles = Readonly<Record<ReadingName, number>>;

const TRACE = /^Trace \d+: \S+ \[[0-9a-f]+\/([0-9a-f]+)\//;
const DEVICE = /unimplemented device (read|write)/;
const STOPPED = /^Stopped execution of TB chain/;

/** What the core does, in order: the address of an instruction, or an access to a device by the one before. */
type Happening = number | "read" | "write";

function happenings(log: readonly string[]): Happening[] {
  const found: Happening[] = [];
  for (const line of log) {
    const address = TRACE.exec(line)?.[1];
    const access = DEVICE.exec(line)?.[1];
    if (address !== undefined) found.push(parseInt(address, 16));
    else if (access !== undefined) found.push(access as "read" | "write");
    // An instruction that was about to begin when the core was interrupted.
    else if (STOPPED.test(line)) found.pop();
  }
  return found;
}

/** Cycles of each stretch from one sleep of the core to the next; what comes before the first is left out. */
export function cyclesBetweenSleeps(log: readonly string[], code: Disassembly): Cycles[] {
  const path = happenings(log);
  const handler = code.functions.get("work_arrived");
  const stretches: Cycles[] = [];
  let counters: Record<ReadingName, CycleCounter> | undefined;
  const each = (act: (counter: CycleCounter, reading: (typeof READINGS)[ReadingName]) => void) => {
    if (counters === undefined) return;
    for (const name of Object.keys(READINGS) as ReadingName[]) act(counters[name], READINGS[name]);
  };
  for (const [place, happening] of path.entries()) {
    if (typeof happening === "string") {
      each((counter) => counter.add(happening === "read" ? DEVICE_READ : DEVICE_WRITE));
      continue;
    }
    const instruction = code.at.get(happening);
    if (instruction === undefined) throw new Error(`no instruction at 0x${happening.toString(16)}`);
    if (instruction.calls === "core_falls_asleep") {
      if (counters) stretches.push(mapCounters(counters));
      counters = startCounters();
      continue;
    }
    if (instruction.calls === "exponential_unit_stand_in") {
      each((counter, { exponential }) => counter.add(exponential));
      continue;
    }
    if (happening === handler) each((counter) => counter.add(INTERRUPT_ENTRY));
    const next = nextAddress(path, place);
    const leavesHandler = instruction.name === "bx" && isWithin(happening, handler, code);
    if (leavesHandler) each((counter) => counter.add(INTERRUPT_EXIT));
    else
      each((counter) =>
        counter.step(instruction, next !== undefined && next !== handler && next !== instruction.next),
      );
  }
  return stretches;
}

/** The next instruction that is executed. */
function nextAddress(path: readonly Happening[], place: number): number | undefined {
  for (let i = place + 1; i < path.length; i += 1) {
    const happening = path[i]!;
    if (typeof happening === "number") return happening;
  }
  return undefined;
}

function isWithin(address: number, start: number | undefined, { functions }: Disassembly): boolean {
  if (start === undefined || address < start) return false;
  return ![...functions.values()].some((other) => other > start && other <= address);
}

const startCounters = (): Record<ReadingName, CycleCounter> => ({
  best: countCycles(READINGS.best),
  nominal: countCycles(READINGS.nominal),
  worst: countCycles(READINGS.worst),
});

const mapCounters = ({ best, nominal, worst }: Record<ReadingName, CycleCounter>): Cycles => ({
  best: best.cycles,
  nominal: nominal.cycles,
  worst: worst.cycles,
});
