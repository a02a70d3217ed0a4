import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { parseEventCoding } from "../../../src/core/event-coding.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { syntheticModel } from "../../../src/models/synthetic.ts";
import { tinyChip } from "../../support/tiny-chip.ts";

const spikesOnly: HardwareProfile = {
  ...tinyChip(),
  capabilities: { neurons: ["lif"], eventPayload: 0 },
};
const model = syntheticModel({ inputs: 6, layers: [8, 4], kind: "lif", density: 1, seed: 3 });
const trainOf = (spike: number): Stimulus => ({
  kind: "dense",
  width: 6,
  values: Float32Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? spike : 0)),
  origin: "a test",
  synthetic: true,
});
const run = (spike: number, coding?: string) => {
  const options = { format: "int8" as const, ...(coding && { coding: parseEventCoding(coding) }) };
  return simulate(compile(model, spikesOnly, options).program, spikesOnly, trainOf(spike));
};

describe("spikes of 1", () => {
  it("need no payload, and no coding: it changes nothing", () => {
    const plain = run(1);
    const coded = run(1, "bits:8");
    expect(plain.populations[0]!.events).toBe(20);
    expect(plain.populations.at(1)!.events).toBeGreaterThan(0);
    expect(coded.populations.map(({ events }) => events)).toEqual(
      plain.populations.map(({ events }) => events),
    );
    expect(coded.populations.map(({ spikes }) => spikes)).toEqual(
      plain.populations.map(({ events }) => events),
    );
    expect(coded.counts.kernel).toEqual(plain.counts.kernel);
  });

  it("are what an input of spikes has to be where events carry nothing, or it is coded", () => {
    expect(() => run(0.5)).toThrow(
      /input of timestep 0 has a value that is neither 0 nor 1; events of .* none/,
    );
    const { events, spikes } = run(0.7, "rate:255").populations[0]!;
    expect(spikes).toBeGreaterThan(events);
  });
});
