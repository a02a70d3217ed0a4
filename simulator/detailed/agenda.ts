import { createEventHeap, type EventHeap } from "./event-heap.ts";

/**
 * Kinds of what falls due in a replay, each with the index of whom it concerns. At equal times they come in this
 * order, so that runs repeat.
 */
export const DUE = {
  /** A slice has an event ready to send. */
  send: 0,
  /** A slice has no neuron left to update. */
  finish: 1,
  /** A packet has come through a router's pipeline. */
  matched: 2,
  /** A place may take the packet that it refused. */
  resume: 3,
  /** A packet stands at the far end of a link between routers. */
  arrived: 4,
  /** Such a link may send its next packet. */
  linkFree: 5,
  /** A router may send its next copy. */
  copyFree: 6,
  /** A router has held a copy for as long as it may. */
  expired: 7,
  // From here on what is no transport's own.
  /** A layer's successors may begin, for a barrier or a tick is over. */
  open: 16,
  /** A PE may have a transfer to ask DRAM for. */
  fetch: 17,
  /** A port of a DRAM has the next data of its transfer. */
  data: 18,
  /** A MAC array is through with a tile of weights that came from DRAM. */
  multiplied: 19,
} as const;

const KIND = 2 ** 32;

/** Times in NoC cycles, not only whole ones. */
export interface Agenda extends Pick<EventHeap, "firstTime"> {
  add(time: number, kind: number, index: number): void;
  /** Takes the earliest entry off and hands it over. */
  next(dispatch: (kind: number, index: number, time: number) => void): void;
}

export function createAgenda(): Agenda {
  const heap = createEventHeap();
  return {
    firstTime: heap.firstTime,
    add: (time, kind, index) => heap.push(time, kind * KIND + index),
    next(dispatch) {
      const time = heap.firstTime();
      const code = heap.pop();
      const kind = Math.floor(code / KIND);
      dispatch(kind, code - kind * KIND, time);
    },
  };
}
