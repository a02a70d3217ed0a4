import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventHeap } from "../../../../../simulator/detailed/event-heap.ts";
import { createPeQueues } from "../../../../../simulator/detailed/pes/pe-queues.ts";

describe("event heap", () => {
  it("gives entries back by time, equal times by code", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.nat(1000)), { maxLength: 700 }),
        (entries) => {
          const heap = createEventHeap();
          for (const [time, code] of entries) heap.push(time, code);
          const drained = [];
          while (heap.size() > 0) drained.push([heap.firstTime(), heap.pop()]);
          expect(drained).toEqual([...entries].sort(([t1, c1], [t2, c2]) => t1 - t2 || c1 - c2));
        },
      ),
    );
  });

  it("is infinitely far from its next entry while empty", () => {
    expect(createEventHeap().firstTime()).toBe(Infinity);
    expect(() => createEventHeap().pop()).toThrow("the heap is empty");
  });
});

describe("PE queues", () => {
  it("work packets off in order, one at a time", () => {
    const queues = createPeQueues(1, 4);
    queues.take(0, 10, 5);
    expect(queues.idleFrom(0)).toBe(15);
    queues.take(0, 11, 5);
    queues.take(0, 30, 5);
    expect(queues.idleFrom(0)).toBe(35);
  });

  it("are full until the first waiting packet is begun, and not one cycle longer", () => {
    const queues = createPeQueues(1, 2);
    for (let packet = 0; packet < 3; packet += 1) queues.take(0, 10, 5); // One is begun at once, two wait.
    expect(queues.hasRoom(0, 14)).toBe(false);
    expect(queues.nextPlaceAt(0)).toBe(15);
    expect(queues.hasRoom(0, 15)).toBe(true);
    expect(queues.largest()).toBe(2);
  });

  it("keep packets that come during an update, and work them off after it", () => {
    const queues = createPeQueues(2, 2);
    queues.beginUpdate(1);
    queues.take(1, 100, 7);
    queues.take(1, 101, 9);
    expect(queues.hasRoom(1, 5000)).toBe(false);
    expect(queues.nextPlaceAt(1)).toBe(Infinity);
    expect(queues.hasRoom(0, 100), "another PE is not concerned").toBe(true);
    queues.endUpdate(1, 200);
    expect(queues.idleFrom(1)).toBe(216);
    expect(queues.hasRoom(1, 200)).toBe(true);
  });

  it("hold what came before an update until it is begun, beside what comes after", () => {
    const queues = createPeQueues(1, 2);
    for (let packet = 0; packet < 3; packet += 1) queues.take(0, 10, 5); // Begun at 10, 15 and 20.
    expect(queues.idleFrom(0)).toBe(25);
    queues.beginUpdate(0);
    expect(queues.hasRoom(0, 14)).toBe(false);
    expect(queues.nextPlaceAt(0)).toBe(15);
    expect(queues.hasRoom(0, 15)).toBe(true);
    queues.take(0, 15, 7);
    expect(queues.hasRoom(0, 19)).toBe(false);
    expect(queues.nextPlaceAt(0)).toBe(20);
    expect(queues.hasRoom(0, 20)).toBe(true);
    queues.take(0, 20, 8);
    expect(queues.nextPlaceAt(0), "not before the update is over").toBe(Infinity);
    queues.endUpdate(0, 100);
    expect([queues.nextPlaceAt(0), queues.idleFrom(0), queues.largest()]).toEqual([100, 115, 2]);
  });
});
