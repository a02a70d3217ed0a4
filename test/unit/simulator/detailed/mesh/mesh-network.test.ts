import { describe, expect, it } from "vitest";
import { gaps, keepBusy, makeMesh } from "./recorded-mesh.ts";

describe("a mesh without contention", () => {
  it("takes a packet from any port to any other in injection + hops + ejection, exactly", () => {
    const { mesh, arrivals } = makeMesh({
      width: 5,
      height: 3,
      localPorts: 2,
      link: { cycles: 5, creditCycles: 4, bufferFlits: 1 },
      injection: { cycles: 3, creditCycles: 1, bufferFlits: 1 },
      ejection: { cycles: 7, creditCycles: 1, bufferFlits: 1 },
    });
    for (let from = 0; from < 30; from += 1) {
      for (let to = 0; to < 30; to += 1) {
        const [a, b] = [Math.floor(from / 2), Math.floor(to / 2)];
        const hops = Math.abs((a % 5) - (b % 5)) + Math.abs(Math.floor(a / 5) - Math.floor(b / 5));
        const start = mesh.cycle();
        expect(mesh.zeroLoadCycles(from, to)).toBe(3 + 5 * hops + 7);
        mesh.inject(from, to, -1 - to);
        mesh.advance(start + 50);
        expect(arrivals.pop()).toEqual({ port: to, payload: -1 - to, cycle: start + 3 + 5 * hops + 7 });
      }
    }
    expect(arrivals).toEqual([]);
    expect(mesh.figures()).toMatchObject({ injected: 900, delivered: 900, inFlight: 0, queueingCycles: 0 });
  });

  it("goes along x first, then along y, and counts every link it uses", () => {
    const { mesh } = makeMesh();
    mesh.inject(0, 11, 0);
    mesh.inject(11, 4, 0);
    mesh.advance(Number.POSITIVE_INFINITY);
    const { links, flitHops, ports } = mesh.figures();
    expect(links).toHaveLength(2 * (3 * 3 + 4 * 2));
    const used = links.filter(({ flits }) => flits > 0).map(({ from, to, flits }) => [from, to, flits]);
    expect(used).toEqual([
      [0, 1, 1],
      [1, 2, 1],
      [2, 3, 1],
      [3, 7, 1],
      [7, 11, 1],
      [8, 4, 1],
      [9, 8, 1],
      [10, 9, 1],
      [11, 10, 1],
    ]);
    expect(flitHops).toBe(9);
    expect(ports.map(({ injection, ejection }) => injection.flits - ejection.flits)).toEqual([
      1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });
});

describe("a saturated channel", () => {
  it.each([1, 2, 3, 7])("passes one flit every %i cycles", (flitCycles) => {
    const { mesh, arrivals } = makeMesh({
      flitCycles,
      link: { cycles: 5, creditCycles: 2, bufferFlits: 8 },
      sourceQueueFlits: 20,
    });
    for (let i = 0; i < 20; i += 1) mesh.inject(0, 1, i);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(arrivals.map(({ payload }) => payload)).toEqual([...Array(20).keys()]);
    expect(gaps(arrivals)).toEqual(Array(19).fill(flitCycles));
    expect(arrivals[0]!.cycle).toBe(1 + 5 + 2);
  });

  it("still rests for its last flit's cycles when the next one comes late", () => {
    const { mesh, arrivals } = makeMesh({ flitCycles: 4 });
    mesh.inject(0, 1, 0);
    mesh.advance(2);
    mesh.inject(0, 1, 1);
    mesh.advance(9);
    mesh.inject(0, 1, 2);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(arrivals.map(({ cycle }) => cycle)).toEqual([8, 12, 17]);
  });

  it("passes no more than its buffer in one round trip of a credit", () => {
    const { mesh, arrivals } = makeMesh({ link: { cycles: 5, creditCycles: 4, bufferFlits: 3 } });
    for (let i = 0; i < 12; i += 1) mesh.inject(0, 1, i);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(arrivals.map(({ cycle }) => cycle - 8)).toEqual([0, 1, 2, 9, 10, 11, 18, 19, 20, 27, 28, 29]);
    expect(mesh.figures().links[0]).toMatchObject({ flits: 12, blockedCycles: 3 * 6, largestOccupancy: 1 });
  });

  it.each([
    [
      "two inputs",
      [
        [0, 3],
        [6, 3],
      ],
    ],
    [
      "three inputs",
      [
        [4, 5],
        [6, 5],
        [1, 5],
      ],
    ],
  ] as const)("is shared evenly by %s", (_, flows) => {
    const { mesh, arrivals } = makeMesh();
    keepBusy(mesh, flows, 1200);
    const counts = flows.map(([from]) => arrivals.filter(({ payload }) => payload === from).length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(1180);
    // Flows that come from nearer begin some cycles earlier.
    for (const count of counts) expect(Math.abs(count - total / flows.length)).toBeLessThanOrEqual(4);
  });

  it("alternates strictly between two flows that always wait", () => {
    const { mesh, arrivals } = makeMesh({ width: 3, height: 1 });
    keepBusy(
      mesh,
      [
        [0, 2],
        [1, 2],
      ],
      100,
    );
    const order = arrivals.slice(10, 60).map(({ payload }) => payload);
    expect(order.every((payload, index) => index === 0 || payload !== order[index - 1])).toBe(true);
  });

  it("gives the ports of one node equal turns", () => {
    const { mesh, arrivals } = makeMesh({ width: 2, height: 1, localPorts: 3 });
    keepBusy(
      mesh,
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
      400,
    );
    const counts = [0, 1, 2].map((from) => arrivals.filter(({ payload }) => payload === from).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(counts[0]! + counts[1]! + counts[2]!).toBeGreaterThan(385);
  });
});

describe("an event router at a node", () => {
  it("is a port with a receiver of its own, which may send from within", () => {
    const { mesh, arrivals } = makeMesh();
    mesh.connect(5, (port, payload, cycle) => {
      expect([port, cycle]).toEqual([5, 100 + 1 + 2 * 5 + 2]);
      return mesh.inject(5, payload, 7) && mesh.inject(5, payload + 1, 8);
    });
    mesh.advance(100);
    mesh.inject(0, 5, 10);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(arrivals).toEqual([
      { port: 10, payload: 7, cycle: 113 + 1 + 2 * 5 + 2 },
      { port: 11, payload: 8, cycle: 114 + 1 + 3 * 5 + 2 },
    ]);
  });
});

describe("time", () => {
  it("passes without work where nothing moves", () => {
    const { mesh, arrivals } = makeMesh();
    expect(mesh.nextEventCycle()).toBe(Number.POSITIVE_INFINITY);
    mesh.advance(1_000_000);
    expect(mesh.cycle()).toBe(1_000_000);
    mesh.inject(0, 1, 0);
    expect(mesh.nextEventCycle()).toBe(1_000_000);
    mesh.advance(1_000_001);
    expect(mesh.nextEventCycle()).toBe(1_000_001);
    mesh.advance(1_000_002);
    // On the link until then.
    expect(mesh.nextEventCycle()).toBe(1_000_006);
    mesh.advance(1_000_003);
    expect([mesh.cycle(), mesh.nextEventCycle()]).toEqual([1_000_003, 1_000_006]);
    mesh.advance(7);
    expect(mesh.cycle()).toBe(1_000_003);
    mesh.advance(1_000_004.2);
    expect(mesh.cycle()).toBe(1_000_005);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect([arrivals[0]!.cycle, mesh.cycle()]).toEqual([1_000_008, 1_000_009]);
  });

  /** Crossing traffic with tight buffers that begins at a cycle; arrivals counted from there. */
  const arrivalsFrom = (start: number, pause: number) => {
    const { mesh, arrivals } = makeMesh({ link: { cycles: 5, creditCycles: 4, bufferFlits: 2 } });
    const burst = () => {
      for (let i = 0; i < 40; i += 1) mesh.inject(i % 12, (5 * i + 3) % 12, i);
    };
    mesh.advance(start);
    burst();
    mesh.advance(start + pause);
    burst();
    mesh.advance(Number.POSITIVE_INFINITY);
    return { arrivals: arrivals.map((arrival) => ({ ...arrival, cycle: arrival.cycle - start })), mesh };
  };

  it.each([2 ** 31 - 20, 2 ** 32 - 20, 2 ** 40 + 2 ** 31])("does not wrap: a burst at cycle %d", (start) => {
    const expected = arrivalsFrom(0, 10);
    const found = arrivalsFrom(start, 10);
    expect(found.arrivals).toEqual(expected.arrivals);
    expect(found.mesh.figures()).toEqual(expected.mesh.figures());
  });

  it.each([2 ** 30, 2 ** 31 + 5, 2 ** 32 + 5, 3 * 2 ** 31])(
    "lets credits be old: a second burst %d cycles later",
    (pause) => {
      const soon = arrivalsFrom(0, 1000);
      const later = arrivalsFrom(0, pause);
      expect(later.arrivals.slice(0, 40)).toEqual(soon.arrivals.slice(0, 40));
      const second = ({ arrivals }: typeof soon, since: number) =>
        arrivals.slice(40).map((arrival) => ({ ...arrival, cycle: arrival.cycle - since }));
      expect(second(later, pause)).toEqual(second(soon, 1000));
      expect(later.mesh.figures()).toEqual(soon.mesh.figures());
    },
  );
});
