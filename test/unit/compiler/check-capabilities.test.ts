import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { CapacityError, UnsupportedError } from "../../../src/core/errors.ts";
import { parseEventCoding } from "../../../src/core/event-coding.ts";
import type { Capabilities, HardwareProfile } from "../../../src/core/profile.ts";
import { syntheticModel } from "../../../src/models/synthetic.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const limited = (capabilities: Capabilities): HardwareProfile => ({ ...tinyChip(), capabilities });
const model = tinyModel({ inputs: 4, layers: [12, 4], density: 1 });
const compiled = (capabilities: Capabilities, options: Parameters<typeof compile>[2] = {}) =>
  compile(model, limited(capabilities), { format: "int8", ...options });

function faultOf(capabilities: Capabilities, options?: Parameters<typeof compile>[2]) {
  try {
    compiled(capabilities, options);
  } catch (fault) {
    return fault;
  }
  return expect.fail("it compiled");
}

describe("what a chip cannot do", () => {
  it("is told all at once, with what would help", () => {
    const fault = faultOf({ neurons: ["lif"], eventPayload: 0, weightBits: 4, fanIn: 10 });
    expect(fault).toBeInstanceOf(UnsupportedError);
    expect((fault as Error).message).toMatch(
      /cannot run .*: its neurons are egru, the chip's lif; it sends graded events of 24 bits, the chip's carry none; its weights have 8 bits, the chip's 4; a neuron has up to \d+ synapses, the chip's 10\.$/,
    );
    expect((fault as UnsupportedError).hint).toContain("--coding bits:8");
  });

  it("is nothing where it says nothing", () => {
    expect(compiled({}).program.pes.length).toBeGreaterThan(0);
    expect(
      compiled({ neurons: ["egru"], eventPayload: 24, weightBits: 8 }).program.pes.length,
    ).toBeGreaterThan(0);
  });

  it("counts a coding's bits, and its sign", () => {
    expect(
      compiled({ eventPayload: 0 }, { coding: parseEventCoding("bits:8") }).program.manifest.options,
    ).toMatchObject({
      coding: "bits:8",
    });
    expect(() => compiled({ eventPayload: 9 }, { coding: parseEventCoding("graded:8") })).not.toThrow();
    expect(
      (faultOf({ eventPayload: 8 }, { coding: parseEventCoding("graded:8") }) as Error).message,
    ).toContain("sends graded events of 9 bits, the chip's carry 8");
  });

  it("counts the different weights of a neuron", () => {
    expect((faultOf({ weightsPerNeuron: 2 }) as Error).message).toMatch(
      /weights have up to \d+ values, the chip's 2/,
    );
  });

  it("refuses a coding in float32", () => {
    expect(() => compile(model, tinyChip(), { coding: parseEventCoding("bits:8") })).toThrow(
      "--coding bits:8 rounds values to steps of their full scale, which float32 has not.",
    );
  });

  it("cuts layers into slices that a PE can hold", () => {
    const { mapping } = compiled({ neuronsPerPe: 3 }, { partition: "compact" });
    expect(Math.max(...mapping.partition.map(({ count }) => count))).toBe(3);
  });

  it("refuses a PE with too many sources", () => {
    const fault = faultOf({ axonsPerPe: 5 });
    expect(fault).toBeInstanceOf(CapacityError);
    expect((fault as CapacityError).shortage).toMatchObject({ resource: "axons", needed: 16, available: 5 });
  });
});

describe("kinds of neurons", () => {
  const cannot = (kind: "lif" | "lstm" | "linear", capabilities: Capabilities): string => {
    const layers = syntheticModel({ inputs: 4, layers: [6], kind, density: 1, seed: 1 });
    try {
      compile(layers, limited(capabilities), { format: "int8" });
    } catch (fault) {
      return (fault as Error).message;
    }
    return "";
  };

  it("are told apart by what updates them", () => {
    expect(cannot("lif", { neurons: ["lif"], eventPayload: 0 })).toBe("");
    expect(cannot("lstm", { neurons: ["lstm"], eventPayload: 24 })).toBe("");
    expect(cannot("linear", { neurons: ["linear"] })).toBe("");
    expect(cannot("lif", { neurons: ["lstm"] })).toContain("its neurons are lif, the chip's lstm.");
    expect(cannot("lstm", { neurons: ["lif"], eventPayload: 0 })).toContain(
      "its neurons are lstm, the chip's lif; it sends graded events of 24 bits, the chip's carry none.",
    );
  });
});
