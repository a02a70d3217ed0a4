import { describe, expect, it } from "vitest";
import { createAgenda, DUE } from "../../../../../simulator/detailed/agenda.ts";
import { createRouter, type RouterTiming } from "../../../../../simulator/detailed/transport/router.ts";

const timing: RouterTiming = {
  places: 8,
  matchCycles: 0.25,
  pipelineCycles: 3,
  copyCycles: 0,
  dropAfter: Infinity,
};

/** A router whose packets have one copy for each of two outputs, which may be shut. */
function routerOf(options: Partial<RouterTiming> = {}) {
  const sent: [payload: number, output: number, time: number][] = [];
  const reopened: number[] = [];
  const shut = new Set<number>();
  const agenda = createAgenda();
  const router = createRouter(
    0,
    { ...timing, ...options },
    {
      outputs: 2,
      outputOf: (_payload, copy) => (copy < 2 ? copy : -1),
      send(output, payload, _copy, time) {
        if (shut.has(output)) return false;
        sent.push([payload, output, time]);
        return true;
      },
      reopen: (entrance) => reopened.push(entrance),
    },
    agenda,
  );
  const runUntil = (time: number) => {
    while (agenda.firstTime() <= time) {
      agenda.next((kind, _index, now) => {
        if (kind === DUE.matched) router.matched(now);
        else if (kind === DUE.copyFree) router.copyFree(now);
        else router.expired(now);
      });
    }
  };
  const open = (output: number, time: number) => {
    shut.delete(output);
    router.openOutput(output, time);
  };
  return { router, sent, reopened, shut, runUntil, open };
}

describe("router", () => {
  it("begins one key an interval and takes its pipeline's length for each", () => {
    const { router, sent, runUntil } = routerOf();
    for (const payload of [1, 2, 3]) router.enter(0, payload, 10);
    router.enter(0, 4, 20);
    runUntil(1000);
    expect(sent.filter(([, output]) => output === 1).map(([payload, , time]) => [payload, time])).toEqual([
      [1, 13],
      [2, 13.25],
      [3, 13.5],
      [4, 23],
    ]);
  });

  it("keeps its copies apart where they share its ports", () => {
    const { router, sent, runUntil } = routerOf({ copyCycles: 2 });
    router.enter(0, 1, 0);
    router.enter(0, 2, 0);
    runUntil(1000);
    expect(sent).toEqual([
      [1, 0, 3],
      [1, 1, 5],
      [2, 0, 7],
      [2, 1, 9],
    ]);
  });

  it("sends every copy once, in order, however often it has to wait", () => {
    const { router, sent, shut, runUntil, open } = routerOf();
    shut.add(0).add(1);
    router.enter(0, 7, 0);
    router.enter(0, 8, 0);
    runUntil(10);
    expect(router.blockedPackets()).toBe(2);
    for (const time of [20, 21]) open(0, time);
    expect(sent).toEqual([[7, 0, 20]]);
    open(1, 30);
    expect(sent.map(([payload, output]) => [payload, output])).toEqual([
      [7, 0],
      [7, 1],
      [8, 0],
      [8, 1],
    ]);
    expect(router.blockedPackets()).toBe(0);
  });

  it("refuses packets while it is full and says when that is over", () => {
    const { router, reopened, shut, runUntil, open } = routerOf({ places: 1 });
    shut.add(1);
    expect(router.enter(5, 1, 0)).toBe(true);
    expect(router.enter(5, 2, 0)).toBe(false);
    expect(router.enter(6, 3, 0)).toBe(false);
    runUntil(100);
    expect(reopened).toEqual([]);
    open(1, 200);
    expect(reopened).toEqual([5, 6]);
  });

  it("holds a copy for as long as it may, and not one moment longer", () => {
    const at = (dropAfter: number, opens: number) => {
      const { router, shut, sent, runUntil, open } = routerOf({ dropAfter });
      shut.add(0);
      router.enter(0, 1, 0);
      runUntil(opens - 0.5);
      open(0, opens);
      return { dropped: router.droppedPackets(), sent };
    };
    // Its first copy is refused at 3.
    expect(at(10, 13)).toMatchObject({
      dropped: 0,
      sent: [
        [1, 0, 13],
        [1, 1, 13],
      ],
    });
    expect(at(10, 14)).toMatchObject({
      dropped: 1,
      sent: [
        [1, 1, 13],
        [1, 0, 14],
      ],
    });
  });

  it("sends what was dropped in its old order, behind the first in line", () => {
    const { router, shut, sent, runUntil, open } = routerOf({ dropAfter: 10 });
    shut.add(0);
    for (const payload of [1, 2, 3]) router.enter(0, payload, 0);
    runUntil(23);
    expect(router.droppedPackets()).toBe(2);
    open(0, 24);
    expect(sent.filter(([, output]) => output === 0).map(([payload]) => payload)).toEqual([3, 1, 2]);
    expect(router.blockedPackets()).toBe(0);
  });
});
