import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ChannelTiming } from "../../../../../simulator/detailed/mesh/mesh-options.ts";
import { measureLatency, type TrafficPattern } from "./mesh-traffic.ts";

/** Mean latencies that another simulator found for the same router; test/fixtures/noc-curves tells how. */
interface Curve {
  readonly width: number;
  readonly height: number;
  readonly pattern: TrafficPattern;
  readonly flitCycles: number;
  readonly link: ChannelTiming;
  readonly injection: ChannelTiming;
  readonly ejection: ChannelTiming;
  readonly zeroLoadCycles: number;
  /** Packets a node and cycle at which the latency is three times that without load. */
  readonly saturationLoad: number;
  readonly points: readonly {
    readonly load: number;
    readonly latencyCycles: number;
    readonly halfWidth95: number;
  }[];
}

const FOLDER = join(import.meta.dirname, "../../../../fixtures/noc-curves");
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));

/** Loads are compared up to the first that is at least this part of saturation. */
const FARTHEST = 0.8;
/** Enough for a mean latency to one percent; at low loads that takes many cycles, which then cost little. */
const PACKETS = 5_000;

describe("the mesh network has the latencies of an independent simulator", () => {
  it("under four patterns of traffic, and more than one router", () => {
    const curves = FILES.map((file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Curve);
    expect(new Set(curves.map(({ pattern }) => pattern.kind)).size).toBe(5);
    expect(new Set(curves.map(({ link }) => `${link.cycles} ${link.bufferFlits}`)).size).toBe(3);
  });

  it.each(FILES)("%s", (file) => {
    const curve = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Curve;
    const { width, height, pattern, flitCycles, link, injection, ejection, zeroLoadCycles } = curve;
    const mesh = {
      width,
      height,
      localPorts: 1,
      flitCycles,
      link,
      injection,
      ejection,
      sourceQueueFlits: 4096,
    };
    const last = curve.points.findIndex(({ load }) => load >= FARTHEST * curve.saturationLoad);
    const points = curve.points.slice(0, last + 1);
    expect(points.length).toBeGreaterThanOrEqual(6);
    for (const { load, latencyCycles, halfWidth95 } of points) {
      const found = measureLatency(mesh, {
        pattern,
        load,
        warmUpCycles: 1000,
        measuredCycles: Math.max(3000, Math.round(PACKETS / (load * width * height))),
        seed: 1,
      });
      const where = `${file} at load ${load}`;
      expect(Math.abs(found.meanCycles / latencyCycles - 1), where).toBeLessThan(0.02);
      // Far below saturation nearly all of a latency is distance. So the waiting is compared by itself too.
      const wait = latencyCycles - zeroLoadCycles;
      expect(Math.abs(found.meanWaitCycles - wait), `waiting, ${where}`).toBeLessThan(
        0.1 * wait + 2 * halfWidth95 + 0.02,
      );
    }
  });
});
