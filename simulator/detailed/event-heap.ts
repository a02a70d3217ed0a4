/**
 * Times and codes, earliest first; equal times leave in the order of their codes, so that runs repeat.
 * A binary heap in typed arrays that grows by doubling.
 */
export interface EventHeap {
  size(): number;
  /** Earliest time; infinite while empty. */
  firstTime(): number;
  push(time: number, code: number): void;
  /** Removes the earliest entry and returns its code. */
  pop(): number;
}

export function createEventHeap(): EventHeap {
  let times = new Float64Array(256);
  let codes = new Float64Array(256);
  let count = 0;

  const isBefore = (time: number, code: number, at: number): boolean =>
    time < times[at]! || (time === times[at] && code < codes[at]!);

  return {
    size: () => count,
    firstTime: () => (count === 0 ? Infinity : times[0]!),
    push(time, code) {
      if (count === times.length) {
        times = grown(times);
        codes = grown(codes);
      }
      let at = count++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!isBefore(time, code, parent)) break;
        times[at] = times[parent]!;
        codes[at] = codes[parent]!;
        at = parent;
      }
      times[at] = time;
      codes[at] = code;
    },
    pop() {
      if (count === 0) throw new RangeError("the heap is empty");
      const first = codes[0]!;
      count -= 1;
      const time = times[count]!;
      const code = codes[count]!;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && isBefore(times[child + 1]!, codes[child + 1]!, child)) child += 1;
        if (isBefore(time, code, child)) break;
        times[at] = times[child]!;
        codes[at] = codes[child]!;
        at = child;
      }
      times[at] = time;
      codes[at] = code;
      return first;
    },
  };
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}
