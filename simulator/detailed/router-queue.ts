/**
 * The event router: so many engines match keys, each one key a router cycle, through a pipeline of fixed
 * length; then a packet's copies leave one after the other. Times in NoC cycles. A copy that finds no place
 * holds up all that comes after it, and a full queue refuses packets.
 */
export interface RouterQueue {
  hasRoom(): boolean;
  /** A packet comes in; returns when its copies may leave. */
  accept(payload: number, cycle: number): number;
  /** A packet has come through the pipeline. Sends what can be sent; true where places became free. */
  matched(): boolean;
  /** Tries again, after a copy had found no place. True where places became free. */
  resume(): boolean;
}

/**
 * @param send Sends copy `index` of a packet: true where it left, false where it must wait, undefined where the
 *   packet has no such copy.
 */
export function createRouterQueue(
  places: number,
  interval: number,
  pipeline: number,
  send: (payload: number, index: number) => boolean | undefined,
): RouterQueue {
  const ring = new Int32Array(2 ** Math.ceil(Math.log2(places)));
  const wrap = ring.length - 1;
  let head = 0;
  let count = 0;
  let ready = 0;
  let copy = 0;
  let engineFree = 0;

  const drain = (): boolean => {
    const before = count;
    while (ready > 0) {
      const left = send(ring[head]!, copy);
      if (left === false) break;
      if (left === true) {
        copy += 1;
        continue;
      }
      copy = 0;
      head = (head + 1) & wrap;
      count -= 1;
      ready -= 1;
    }
    return count < before;
  };

  return {
    hasRoom: () => count < places,
    accept(payload, cycle) {
      ring[(head + count) & wrap] = payload;
      count += 1;
      const begin = Math.max(cycle, engineFree);
      engineFree = begin + interval;
      return begin + pipeline;
    },
    matched() {
      ready += 1;
      return drain();
    },
    resume: drain,
  };
}
