import { describe, expect, it } from "vitest";
import { randomNumbers } from "../../../../../src/core/random.ts";
import { destinationOf, type TrafficPattern } from "./mesh-traffic.ts";
import { BIG, makeMesh } from "./recorded-mesh.ts";

describe("a receiver that refuses", () => {
  const blockedMesh = () => {
    let isOpen = false;
    const arrivals: number[] = [];
    const freed: number[] = [];
    const { mesh } = makeMesh({
      width: 4,
      height: 1,
      link: { cycles: 5, creditCycles: 2, bufferFlits: 3 },
      injection: { cycles: 1, creditCycles: 1, bufferFlits: 4 },
      ejection: { cycles: 2, creditCycles: 1, bufferFlits: 2 },
      sourceQueueFlits: 6,
      receive(_, payload) {
        if (isOpen) arrivals.push(payload);
        return isOpen;
      },
      sourceFree: (port) => freed.push(port),
    });
    const open = () => {
      isOpen = true;
      mesh.resume(3);
    };
    return { mesh, arrivals, freed, open };
  };

  it("stops its sender after exactly what the buffers hold, and loses nothing", () => {
    const { mesh, arrivals, freed, open } = blockedMesh();
    let sent = 0;
    for (let cycle = 0; cycle < 200; cycle += 1) {
      mesh.advance(cycle);
      while (mesh.inject(0, 3, sent)) sent += 1;
    }
    // Receiver's buffer, three links, the injection channel, the source queue.
    expect(sent).toBe(2 + 3 * 3 + 4 + 6);
    expect(mesh.nextEventCycle()).toBe(Number.POSITIVE_INFINITY);
    expect(mesh.sourceRoom(0)).toBe(0);
    const { inFlight, delivered, links, ports } = mesh.figures();
    expect([inFlight, delivered, arrivals.length]).toEqual([sent, 0, 0]);
    const used = links.filter(({ flits }) => flits > 0);
    expect(used.map(({ from, flits, largestOccupancy }) => [from, flits, largestOccupancy])).toEqual([
      [0, 2 + 3 + 3 + 3, 3],
      [1, 2 + 3 + 3, 3],
      [2, 2 + 3, 3],
    ]);
    expect(ports[3]!.ejection).toMatchObject({ flits: 2, largestOccupancy: 2 });
    expect(ports[0]).toMatchObject({ injection: { flits: 15, largestOccupancy: 4 }, largestQueue: 6 });

    freed.length = 0;
    open();
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(arrivals).toEqual([...Array(sent).keys()]);
    expect(mesh.figures().inFlight).toBe(0);
    expect(freed).toEqual([0]);
  });

  it("delays others only where they stand behind its packets", () => {
    const { mesh, arrivals } = blockedMesh();
    mesh.connect(1, (_, payload) => arrivals.push(payload) > 0);
    for (let i = 0; i < 6; i += 1) mesh.inject(2, 3, i);
    mesh.inject(0, 1, 100);
    mesh.advance(60);
    expect(arrivals).toEqual([100]);
  });

  it("is asked once, not in every cycle, and again when it resumes", () => {
    const asked: number[] = [];
    const { mesh } = makeMesh({
      receive(_, __, cycle) {
        asked.push(cycle);
        return cycle >= 60;
      },
    });
    mesh.inject(0, 1, 0);
    mesh.resume(1);
    mesh.advance(50);
    mesh.resume(1);
    mesh.advance(60);
    mesh.resume(1);
    mesh.resume(1);
    mesh.advance(70);
    mesh.resume(1);
    mesh.advance(80);
    expect(asked).toEqual([8, 50, 60]);
    expect(mesh.figures()).toMatchObject({ delivered: 1, queueingCycles: 52, largestQueueingCycles: 52 });
  });

  it("counts the cycles in which it blocks a link", () => {
    const { mesh } = makeMesh({
      width: 2,
      height: 1,
      link: { cycles: 1, creditCycles: 1, bufferFlits: 2 },
      ejection: { cycles: 1, creditCycles: 1, bufferFlits: 1 },
      receive: () => false,
    });
    for (let i = 0; i < 5; i += 1) mesh.inject(0, 1, i);
    mesh.advance(101);
    // Into the router in cycle 1; over the link from 1; into the receiver's one place from 2. The router's
    // output is blocked from 3, its two places are taken again in 4 and the link is blocked from then on.
    const { links, ports } = mesh.figures();
    expect(links[0]).toMatchObject({ flits: 3, blockedCycles: 101 - 4 });
    expect(ports[1]!.ejection).toMatchObject({ flits: 1, blockedCycles: 101 - 3 });
  });
});

describe("a source that was refused", () => {
  it("is told at the end of the cycle in which its queue has a place, and may send in the next", () => {
    const told: [number, number][] = [];
    const { mesh, arrivals } = makeMesh({
      width: 2,
      height: 2,
      localPorts: 3,
      sourceQueueFlits: 2,
      sourceFree(port) {
        told.push([port, mesh.cycle()]);
        mesh.inject(port, 0, 2);
      },
    });
    mesh.advance(40);
    expect([0, 1, 2].map((payload) => mesh.inject(10, 0, payload))).toEqual([true, true, false]);
    expect([0, 1].map((payload) => mesh.inject(11, 1, payload))).toEqual([true, true]);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(told).toEqual([[10, 41]]);
    expect(arrivals.filter(({ port }) => port === 0).map(({ payload }) => payload)).toEqual([0, 1, 2]);
  });
});

describe("any traffic", () => {
  const patterns: readonly TrafficPattern[] = [
    { kind: "uniform" },
    { kind: "transpose" },
    { kind: "hotspot", hotNodes: [5, 6], hotShare: 0.25 },
    { kind: "neighbour" },
    { kind: "nearest-neighbour" },
  ];

  /** Five times more than the mesh can carry, at receivers that refuse every third packet for a while. */
  const overload = (pattern: TrafficPattern) => {
    const width = 5;
    const random = randomNumbers(3);
    const log: string[] = [];
    const lastOf = new Map<string, number>();
    let [injected, delivered, hops, isOpen] = [0, 0, 0, false];
    const hopsOf = (a: number, b: number) =>
      Math.abs((a % width) - (b % width)) + Math.abs(Math.floor(a / width) - Math.floor(b / width));
    const { mesh } = makeMesh({
      width,
      height: width,
      link: { cycles: 3, creditCycles: 2, bufferFlits: 2 },
      sourceQueueFlits: 4,
      receive(port, payload, cycle) {
        if (!isOpen && (payload + cycle) % 3 === 0) return false;
        const [from, number] = [payload % 32, Math.floor(payload / 32)];
        expect(number, "packets of one flow stay in order").toBeGreaterThan(
          lastOf.get(`${from} ${port}`) ?? -1,
        );
        lastOf.set(`${from} ${port}`, number);
        delivered += 1;
        hops += hopsOf(from, port);
        log.push(`${cycle} ${port} ${payload}`);
        return true;
      },
    });
    const cycles = 600;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      for (let node = 0; node < width * width; node += 1) {
        if (mesh.inject(node, destinationOf(pattern, width, node, random), 32 * cycle + node)) injected += 1;
        if (cycle % 5 === 0) mesh.resume(node);
      }
      mesh.advance(cycle + 1);
      if (cycle % 50 !== 0) continue;
      const figures = mesh.figures();
      expect([figures.injected, figures.delivered]).toEqual([injected, delivered]);
      expect(figures.inFlight).toBe(injected - delivered);
    }
    isOpen = true;
    for (let node = 0; node < width * width; node += 1) mesh.resume(node);
    mesh.advance(Number.POSITIVE_INFINITY);
    return { mesh, log, injected, delivered, hops };
  };

  it.each(patterns)("$kind at overload: neither loses nor invents a packet, nor gets stuck", (pattern) => {
    const { mesh, injected, delivered, hops } = overload(pattern);
    expect(delivered).toBe(injected);
    expect(injected).toBeGreaterThan(1000);
    const { inFlight, flitHops, ports, links } = mesh.figures();
    expect([inFlight, flitHops, mesh.nextEventCycle()]).toEqual([0, hops, Number.POSITIVE_INFINITY]);
    expect(ports.reduce((sum, { injection }) => sum + injection.flits, 0)).toBe(injected);
    expect(ports.reduce((sum, { ejection }) => sum + ejection.flits, 0)).toBe(injected);
    expect(Math.max(...links.map(({ largestOccupancy }) => largestOccupancy))).toBeLessThanOrEqual(2);
  });

  it("goes the same way twice", () => {
    expect(overload(patterns[0]!).log).toEqual(overload(patterns[0]!).log);
  });

  it("does not depend on how the caller cuts time", () => {
    const run = (cut: number) => {
      const { mesh, arrivals } = makeMesh({ ejection: { ...BIG, bufferFlits: 1, creditCycles: 3 } });
      for (let burst = 0; burst < 10; burst += 1) {
        for (let i = 0; i < 24; i += 1) mesh.inject(i % 12, (7 * i + burst) % 12, i);
        const end = 30 * (burst + 1);
        while (mesh.cycle() < end) mesh.advance(Math.min(end, mesh.cycle() + cut));
      }
      mesh.advance(Number.POSITIVE_INFINITY);
      return { arrivals, figures: mesh.figures() };
    };
    expect(run(1)).toEqual(run(30));
    expect(run(7)).toEqual(run(30));
  });
});

describe("a mesh that cannot be", () => {
  it.each([
    [{ width: 0 }, "width is 0; it must be a whole number from 1 to 4,096."],
    [{ height: 2.5 }, "height is 2.5; it must be a whole number from 1 to 4,096."],
    [{ localPorts: 27 }, "number of local ports is 27; it must be a whole number from 1 to 26."],
    [{ flitCycles: 0 }, "link occupancy in cycles is 0; it must be a whole number from 1 to 4,096."],
    [
      { sourceQueueFlits: Number.NaN },
      "source queue in flits is NaN; it must be a whole number from 1 to 1,048,576.",
    ],
    [
      { link: { ...BIG, cycles: 0 } },
      "link latency in cycles is 0; it must be a whole number from 1 to 4,096.",
    ],
    [{ injection: { ...BIG, creditCycles: 0 } }, "injection credit latency in cycles is 0; it must"],
    [{ ejection: { ...BIG, bufferFlits: -1 } }, "ejection buffer in flits is -1; it must be"],
  ])("%j is refused", (options, message) => {
    expect(() => makeMesh(options)).toThrow(`The mesh network's ${message}`);
  });

  it("is refused before it fills the memory", () => {
    expect(() => makeMesh({ width: 4096, height: 4096 })).toThrow(
      /^The mesh network needs [\d,]+ words of memory; 134,217,728 are the most\.$/,
    );
  });

  it("has no ports beyond its nodes", () => {
    const { mesh } = makeMesh();
    expect(() => mesh.inject(12, 0, 0)).toThrow("The mesh has no port 12 or 0.");
    expect(() => mesh.inject(0, -1, 0)).toThrow("The mesh has no port 0 or -1.");
  });
});
