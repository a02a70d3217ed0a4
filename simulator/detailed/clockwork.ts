import type { Agenda } from "./agenda.ts";
import type { DramPorts } from "./dram/dram-ports.ts";
import type { Transport } from "./transport/transport.ts";

/** What moves a replay on: the agenda and the networks, kept at one time. */
export interface Clockwork {
  /** Does what happens next. False, and nothing is done, where that is not before a cycle. */
  goOn(before: number): boolean;
  /** Lets the networks come to a cycle. */
  advance(cycle: number): void;
}

export function createClockwork(
  agenda: Agenda,
  transport: Transport,
  dram: DramPorts | undefined,
  dispatch: (kind: number, index: number, time: number) => void,
): Clockwork {
  function advance(cycle: number): void {
    transport.advance(cycle);
    if (dram !== undefined) dram.advance(cycle);
  }
  return {
    advance,
    goOn(before) {
      const due = Math.ceil(agenda.firstTime());
      let moves = transport.nextEventCycle();
      if (dram !== undefined) moves = Math.min(moves, dram.nextEventCycle());
      if (due >= before && moves >= before) return false;
      if (moves < due) {
        advance(moves + 1);
        return true;
      }
      if (due > transport.cycle()) advance(due);
      const now = transport.cycle();
      while (agenda.firstTime() <= now) agenda.next(dispatch);
      return true;
    },
  };
}
