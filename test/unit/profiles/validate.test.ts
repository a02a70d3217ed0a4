import { describe, expect, it } from "vitest";
import { faultOf, shippedWith } from "./shipped.ts";

const faultWith = (changes: Readonly<Record<string, unknown>>): string =>
  faultOf(shippedWith(changes)).message;
const figure = { basis: "estimated", value: 1, unit: "KiB", source: "test" };

describe("faults of a profile's form", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "an unknown key, and the key that was meant",
      { "pe.sram.bytez": figure },
      's2.json, pe.sram.bytez: unknown key; did you mean "bytes"?',
    ],
    ["an unknown key like no other", { "pe.colour": "red" }, "s2.json, pe.colour: unknown key"],
    [
      "an unknown key in a figure",
      { "pe.sram.bytes": { ...figure, sorce: "x" } },
      's2.json, pe.sram.bytes.sorce: unknown key; did you mean "source"?',
    ],
    [
      "a missing figure, with what it is",
      { "pe.sram.codeBytes": undefined },
      "s2.json, pe.sram.codeBytes: is missing (Taken by instructions, from the bottom)",
    ],
    [
      "a missing source",
      { "pe.sram.bytes.source": undefined },
      "s2.json, pe.sram.bytes.source: is missing (A paper, a data sheet, a measurement log, or whose assumption it is)",
    ],
    [
      "an empty source",
      { "pe.sram.bytes.source": "" },
      's2.json, pe.sram.bytes.source: must NOT have fewer than 1 characters, but is ""',
    ],
    [
      "a wrong unit",
      { "noc.clock.unit": "Mhz" },
      's2.json, noc.clock.unit: is "Mhz"; must be one of "Hz", "kHz", "MHz", "GHz"',
    ],
    [
      "a size of two readings",
      { "pe.sram.bytes.unit": "kB" },
      's2.json, pe.sram.bytes.unit: is "kB", which is read as powers of 1000 and of 1024; must be one of "B", "KiB", "MiB", "GiB"',
    ],
    [
      "a negative value",
      { "pe.sram.bytes.value": -1 },
      "s2.json, pe.sram.bytes.value: must be >= 0, but is -1",
    ],
    ["a clock of 0", { "noc.clock.value": 0 }, "s2.json, noc.clock.value: must be > 0, but is 0"],
    ["half a PE", { "pe.count.value": 1.5 }, "s2.json, pe.count.value: must be integer, but is 1.5"],
    [
      "a number of PEs that would fill the memory",
      { "pe.count.value": 1e12 },
      "s2.json, pe.count.value: must be <= 1000000, but is 1000000000000",
    ],
    [
      "a text for a number",
      { "pe.count.value": "152" },
      's2.json, pe.count.value: must be integer, but is "152"',
    ],
    [
      "a basis that is none",
      { "pe.count.basis": "guessed" },
      's2.json, pe.count.basis: is "guessed"; must be one of "measured", "published", "counted", "estimated"',
    ],
    [
      "a size that is unknown",
      { "pe.count.basis": "unknown" },
      's2.json, pe.count.basis: is "unknown"; must be one of "measured", "published", "counted", "estimated"',
    ],
    [
      "a cost on no basis",
      { "noc.energy.costs.flitHop": { basis: "free" } },
      's2.json, noc.energy.costs.flitHop.basis: is "free"; must be one of "measured", "published", "counted", "estimated", "unknown"',
    ],
    [
      "an unknown cost with a value",
      { "noc.energy.costs.flitHop.value": 0 },
      "s2.json, noc.energy.costs.flitHop.value: unknown key",
    ],
    [
      "an action without a cost",
      { "eventRouter.energy.costs.packetOut": undefined },
      "s2.json, eventRouter.energy.costs.packetOut: is missing (Energy of one packetOut)",
    ],
    [
      "a NoC of another kind",
      { "noc.kind": "torus" },
      's2.json, noc.kind: is "torus"; must be one of "central-event-router", "mesh-multicast", "mesh-unicast"',
    ],
    ["a key of another kind of NoC", { "noc.topology": figure }, "s2.json, noc.topology: unknown key"],
    [
      "links without a buffer",
      { "noc.buffers.linkFlits.value": 0 },
      "s2.json, noc.buffers.linkFlits.value: must be >= 1, but is 0",
    ],
    ["DRAM without a port", { "dram.ports.value": 0 }, "s2.json, dram.ports.value: must be >= 1, but is 0"],
    [
      "a latency of DRAM in cycles, which has no clock",
      { "dram.latency.unit": "cycles" },
      's2.json, dram.latency.unit: is "cycles"; must be one of "s", "ms", "us", "ns"',
    ],
    [
      "PEs charged on no known basis",
      { "operatingPoints.0.energy.pe.basis": "chip" },
      's2.json, operatingPoints[0].energy.pe.basis: is "chip"; must be one of "chip-state", "state", "action"',
    ],
    [
      "a component charged on another basis than its own",
      { "noc.energy.basis": "state" },
      's2.json, noc.energy.basis: is "state"; must be "action"',
    ],
    [
      "a kernel for a format that there is not",
      { "pe.kernels.int4": {} },
      's2.json, pe.kernels.int4: unknown key; did you mean "int8"?',
    ],
    [
      "no operating point",
      { operatingPoints: [] },
      "s2.json, operatingPoints: must NOT have fewer than 1 items, but is []",
    ],
    [
      "a name that no command line takes",
      { name: "Spin Naker" },
      's2.json, name: must match pattern "^[a-z0-9][a-z0-9._-]*$", but is "Spin Naker"',
    ],
  ])("names %s", (_, changes, message) => {
    expect(faultWith(changes)).toBe(message);
  });

  it("lists further faults below the first, at most ten in all", () => {
    expect(faultWith({ "pe.sram.bytes.unit": "bit", "host.bandwith": 1, "dram.burst.value": -2 })).toBe(
      [
        's2.json, pe.sram.bytes.unit: is "bit"; must be one of "B", "KiB", "MiB", "GiB"',
        "  dram.burst.value: must be >= 0, but is -2",
        '  host.bandwith: unknown key; did you mean "bandwidth"?',
      ].join("\n"),
    );
    const lines = faultWith(Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`zz${i}`, 1]))).split(
      "\n",
    );
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe("  and 5 more");
  });

  it("refuses a value that is no object", () => {
    expect(faultOf("[]").message).toBe("s2.json, the profile: must be object, but is []");
  });

  it("advises where to look", () => {
    expect(faultOf("{}").hint).toBe(
      "Correct the profile; hw-profiles/schema.json describes every key, hw-profiles/README.md the units.",
    );
  });

  it("refuses numbers beyond what can be held", () => {
    const text = shippedWith({}).replace('"value":300,"unit":"MHz"', '"value":1e999,"unit":"MHz"');
    expect(faultOf(text).message).toMatch(/^s2\.json, noc\.clock\.value: must be number/);
  });
});
