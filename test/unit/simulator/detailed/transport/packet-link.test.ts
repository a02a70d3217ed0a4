import { describe, expect, it } from "vitest";
import { createAgenda, DUE } from "../../../../../simulator/detailed/agenda.ts";
import {
  createPacketLink,
  type PacketLinkTiming,
} from "../../../../../simulator/detailed/transport/packet-link.ts";

const timing: PacketLinkTiming = {
  queue: 2,
  occupiedCycles: 4,
  latencyCycles: 10,
  places: 8,
  creditCycles: 3,
};

function linkOf(options: Partial<PacketLinkTiming> = {}) {
  const arrivals: [payload: number, time: number][] = [];
  const rooms: number[] = [];
  const far = { isOpen: true };
  const agenda = createAgenda();
  const link = createPacketLink(
    0,
    { ...timing, ...options },
    {
      receive(payload, time) {
        if (far.isOpen) arrivals.push([payload, time]);
        return far.isOpen;
      },
      roomInQueue: (time) => rooms.push(time),
    },
    agenda,
  );
  const runUntil = (time: number) => {
    while (agenda.firstTime() <= time) {
      agenda.next((kind, _index, now) => (kind === DUE.arrived ? link.arrived(now) : link.linkFree(now)));
    }
  };
  return { link, arrivals, rooms, far, runUntil };
}

describe("packet link", () => {
  it("carries a packet alone in its latency, and the next one after it has passed", () => {
    const { link, arrivals, runUntil } = linkOf();
    for (const payload of [1, 2, 3]) expect(link.send(payload, 5)).toBe(true);
    runUntil(1000);
    expect(arrivals).toEqual([
      [1, 15],
      [2, 19],
      [3, 23],
    ]);
    expect(link.packets()).toBe(3);
  });

  it("refuses what its queue has no place for, and says when there is one", () => {
    const { link, rooms, runUntil } = linkOf();
    for (const payload of [1, 2, 3]) expect(link.send(payload, 0)).toBe(true);
    expect(link.send(4, 0)).toBe(false);
    runUntil(3.5);
    expect(rooms).toEqual([]);
    runUntil(4);
    expect(rooms).toEqual([4]);
    expect(link.send(4, 4)).toBe(true);
  });

  it("sends no more than the far end holds, and goes on a credit after a place is free", () => {
    const { link, arrivals, far, runUntil } = linkOf({ places: 1 });
    far.isOpen = false;
    link.send(1, 0);
    link.send(2, 0);
    runUntil(100);
    expect(link.packets()).toBe(1);
    far.isOpen = true;
    link.offer(100);
    runUntil(1000);
    expect(arrivals).toEqual([
      [1, 100],
      [2, 113],
    ]);
  });

  it("keeps packets in order at a far end that was closed", () => {
    const { link, arrivals, far, runUntil } = linkOf();
    far.isOpen = false;
    for (const payload of [1, 2, 3]) link.send(payload, 0);
    runUntil(50);
    expect(arrivals).toEqual([]);
    far.isOpen = true;
    link.offer(60);
    expect(arrivals.map(([payload]) => payload)).toEqual([1, 2, 3]);
  });
});
