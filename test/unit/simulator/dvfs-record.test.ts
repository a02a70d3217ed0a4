import { describe, expect, it } from "vitest";
import { startDvfsRecord } from "../../../simulator/engine/dvfs-record.ts";
import type { DvfsPolicy } from "../../../src/core/run-policy.ts";
import { cornerChip } from "./corner-chip.ts";

const [point] = cornerChip().operatingPoints as [ReturnType<typeof cornerChip>["operatingPoints"][0]];
const slow = { ...point, name: "slow", peClock: 100 };
const fast = { ...point, name: "fast", peClock: 400 };
const profile = { ...cornerChip(), dvfs: { switchTime: 0.25 }, operatingPoints: [slow, fast] };

/** PE 0 and PE 2 hold layer a; PE 2 shares the decoder as well, 100 MACs in 40 cycles of its array. */
const worker = (pe: number, phase: number, role: "slice" | "decoder") => ({
  pe,
  phase,
  role,
  first: 0,
  count: 1,
});
const workers = [worker(0, 0, "slice"), worker(2, 0, "slice"), worker(2, 1, "decoder")];
const noFlows = {
  counter: new Uint32Array(),
  lag: new Uint8Array(),
  lookups: new Uint8Array(),
  packetsOut: new Uint32Array(),
  linkStart: new Uint32Array(1),
  links: new Uint32Array(),
};
const phases = [
  { name: "a", workers: [0, 1], flows: noFlows, longestHops: 0 },
  { name: "decoder", workers: [2], flows: noFlows, longestHops: 0 },
];
const nothing = { macs: 0, cycles: 0, results: 0, dramBytes: 0 };
const arrayWork = [nothing, nothing, { ...nothing, macs: 100, cycles: 40 }];
const received = (counter: number, lag: 0 | 1, to: number) => ({
  counter,
  lag,
  worker: to,
  receives: 1,
  lookups: 1,
  lookupBytes: 0,
  sends: 0,
});
/** Counter 0 reaches PE 0 at once, counter 1 a step later; counter 2 reaches PE 2 in both of its roles. */
const deliveries = [
  received(0, 0, 0),
  received(1, 1, 0),
  received(2, 0, 1),
  received(2, 0, 2),
  { ...received(0, 0, 0), receives: 0 },
];
const machine = { workers, phases, deliveries, profile, arrayWork } as unknown as Parameters<
  typeof startDvfsRecord
>[0];

const step = (now: number[], before: number[], busy: number[]) => ({
  now: Float64Array.from(now),
  before: Float64Array.from(before),
  busy: Float64Array.from(busy),
});

describe("a queue policy", () => {
  const policy: DvfsPolicy = { kind: "queue", label: "queue:4", packets: 4, points: [slow, fast] };

  it("works at the high point where more packets than the threshold are received, by PE", () => {
    const record = startDvfsRecord(machine, policy, 3);
    // PE 0: 3 + 1 packets, not more than 4. PE 2: 3 + 3 over both roles.
    record.record(0, step([3, 9, 3], [0, 1, 0], [800, 400, 200]));
    // PE 0: 3 + 2. PE 2: 2 + 2.
    record.record(1, step([3, 0, 2], [0, 2, 0], [800, 400, 200]));
    record.record(2, step([0, 0, 0], [0, 0, 0], [80, 40, 20]));
    const run = record.run(3);
    // Step 0: PE 0 8 s at the low point; PE 2 switches, 1.25 s. Step 1: PE 0 switches, 2.25 s; PE 2 back, 4.25 s.
    expect([...run.phases[0]!.seconds]).toEqual([8, 4.25, 1.05]);
    // The decoder's part follows at the level that its PE has by then: 240, 240 and 60 cycles with the array's 40.
    expect([...run.phases[1]!.seconds]).toEqual([240 / 400, 240 / 100, 60 / 100]);
    expect(run.busyCycles.map((cycles) => [cycles[0], cycles[2]])).toEqual([
      [880, 400 + 200 + 40 + 20],
      [800, 400 + 200],
    ]);
    expect(run.macArrayCycles.map((cycles) => cycles[2])).toEqual([80, 40]);
    expect(run.macs).toEqual([200, 100]);
    expect([run.switches[0], run.switches[2]]).toEqual([2, 2]);
    expect([run.policy, run.points]).toEqual(["queue:4", ["slow", "fast"]]);
  });
});

describe("a policy by layers", () => {
  const policy: DvfsPolicy = {
    kind: "layers",
    label: "layers:decoder=fast",
    points: [slow, fast],
    levels: { a: 0, decoder: 1 },
  };

  it("has each layer at its point; a PE with two layers switches between them", () => {
    const record = startDvfsRecord(machine, policy, 2);
    for (const index of [0, 1]) record.record(index, step([9, 9, 9], [9, 9, 9], [800, 400, 160]));
    const run = record.run(2);
    expect([...run.phases[0]!.seconds], "PE 0 is the slower; PE 2 comes back in 4.25 s").toEqual([8, 8]);
    expect([...run.phases[1]!.seconds]).toEqual([0.5 + 0.25, 0.5 + 0.25]);
    expect([run.switches[0], run.switches[2]]).toEqual([0, 3]);
    expect(run.busyCycles.map((cycles) => cycles[2])).toEqual([800, 320]);
  });
});
