import { describe, expect, it } from "vitest";
import { applyOverrides } from "../../../src/profiles/overrides.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { faultOf, fileText, shipped, shippedWith } from "./shipped.ts";

const text = fileText("hw-profiles/spinnaker2.json");
const readWith = (...overrides: string[]) => readProfile(text, "s2.json", overrides);

describe("applyOverrides", () => {
  it("replaces numbers with units, choices, lists and arrangements", () => {
    const { profile } = readWith(
      "pe.sram.bytes=256KiB",
      "pe.sram.stackBytes = 0.5 KiB",
      "pe.whileWaiting=spin",
      "pe.reserved=[0,1]",
      'noc.hostNode={"x":8,"y":3}',
    );
    expect(profile.pe.sram).toEqual({
      bytes: 262_144,
      codeBytes: 32_768,
      stackBytes: 512,
      packetFifoEntries: 512,
    });
    expect(profile.pe.whileWaiting).toBe("spin");
    expect(profile.pe.reserved).toEqual([0, 1]);
    expect(profile.noc.hostNode).toEqual({ x: 8, y: 3 });
  });

  it("takes lists as they are quickly written", () => {
    const { profile } = readWith(
      "pe.reserved=0, 1",
      "pe.dead=17,0:3",
      "noc.deadLinks = (1,6) - (2,6)",
      "pe.dead=51,48,49,50",
    );
    expect(profile.pe.reserved).toEqual([0, 1]);
    expect(profile.pe.dead).toEqual([48, 49, 50, 51]);
    expect(profile.noc.deadLinks).toEqual([
      [
        { x: 1, y: 6 },
        { x: 2, y: 6 },
      ],
    ]);
    expect(readWith("pe.dead=17,0:3").profile.pe.dead).toEqual([3, 17]);
    expect(readWith("pe.dead=3").profile.pe.dead).toEqual([3]);
  });

  it("keeps a figure's unit where none is given", () => {
    expect(readWith("pe.sram.bytes=64").profile.pe.sram.bytes).toBe(65_536);
  });

  it("finds operating points by number and by name", () => {
    const { profile } = readWith(
      "operatingPoints[0].energy.base=80mW",
      "operatingPoints.300MHz.energy.base=8e-2W",
    );
    expect(profile.operatingPoints.map(({ energy }) => energy.base)).toEqual([0.08, 0.08]);
  });

  it("makes an unknown cost known, and a known one unknown", () => {
    const { profile } = readWith("noc.energy.costs.flitHop=5pJ", "dram.energy.costs.byteRead=unknown");
    const { noc, dram } = profile.operatingPoints[0]!.energy;
    expect(noc.costs.flitHop).toBe(5e-12);
    expect(dram!.costs).toEqual({ byteRead: undefined, byteWritten: 64e-12 });
  });

  it("makes a base power unknown where PEs are not charged from the chip's powers", () => {
    const pe = 'is unknown at 150MHz, but the powers of PEs are worked out from it ("chip-state")';
    const fault = faultOf(text, ["operatingPoints[0].energy.base=unknown"]);
    expect(fault.message).toBe(
      `override operatingPoints[0].energy.base=unknown: operatingPoints[0].energy.base: ${pe}`,
    );
    const fig = (value: number, unit: string) => ({ basis: "measured", value, unit, source: "bench" });
    const state = { basis: "state", sleep: fig(1, "mW"), busyCycle: fig(8, "pJ") };
    const written = shippedWith({ "operatingPoints.0.energy.pe": state });
    const { energy } = readProfile(written, "s2.json", ["operatingPoints[0].energy.base=unknown"]).profile
      .operatingPoints[0]!;
    expect(energy.base).toBeUndefined();
    expect(energy.pe).toEqual({ basis: "state", sleep: 0.001, busyCycle: 8e-12 });
    // (power − asleep) cannot be told without the base either.
    expect(energy.macArray!.costs.mac).toBeUndefined();
  });

  it("says that the figure was overridden, and gives the profile another hash", () => {
    const { profile, figures } = readWith("pe.sram.bytes=256KiB");
    expect(figures.find(({ path }) => path === "pe.sram.bytes")).toEqual({
      path: "pe.sram.bytes",
      basis: "estimated",
      source: "override",
      value: 256,
      unit: "KiB",
    });
    expect(profile.hash).not.toBe(shipped().profile.hash);
  });

  it("applies the last of several to one figure and leaves its input as it was", () => {
    const json = JSON.parse(text);
    applyOverrides(json, ["pe.reserved=[0]", "pe.reserved=[1]"]);
    expect(json).toEqual(JSON.parse(text));
    expect(readWith("pe.reserved=[0]", "pe.reserved=[1]").profile.pe.reserved).toEqual([1]);
  });

  it.each([
    ["pe.sram.byte=3B", 'override pe.sram.byte: pe.sram has no "byte"; did you mean "bytes"?'],
    ["sram=3B", 'override sram: the profile has no "sram"; did you mean "dram"?'],
    [
      "operatingPoints.300Mhz.voltage=1V",
      'override operatingPoints.300Mhz.voltage: operatingPoints has no "300Mhz"; did you mean "300MHz"?',
    ],
    ["operatingPoints[7].voltage=1V", 'override operatingPoints[7].voltage: operatingPoints has no "7"'],
    [
      "pe.macArray=3",
      "override pe.macArray: is a block; name one of columns, rows, sramPort, setup, accumulatorBits, kernel",
    ],
    ["name=other", "override name: is not a figure"],
    ["__proto__.polluted=1", 'override __proto__.polluted: the profile has no "__proto__"'],
    ["pe.sram.bytes=lots", 'override pe.sram.bytes: "lots" is not a number'],
    ["noc.energy.costs.flitHop=2", 'override noc.energy.costs.flitHop: "2" needs a unit'],
    ["pe.reserved=[0", 'override pe.reserved: "[0" is not valid JSON'],
    ["pe.dead=3,x", 'override pe.dead: "3,x" is not valid JSON'],
    [
      "pe.dead=(1,2)",
      `override pe.dead=(1,2): pe.dead.value[0]: must be a PE's number, or a chip's number and its PEs, but is {"x":1,"y":2}`,
    ],
    ["board.deadLinks=(0,0)-(1,0)", 'override board.deadLinks: the profile has no "board"'],
    [
      "noc.deadNodes=(1,1)",
      'override noc.deadNodes=(1,1): noc.deadNodes: unknown key; did you mean "dramNode"?',
    ],
    ["pe.sram.bytes", "override pe.sram.bytes: is not of the form path=value"],
    ["=3", "override =3: is not of the form path=value"],
    ["pe.sram.bytes=", "override pe.sram.bytes=: is not of the form path=value"],
    [
      "noc.hopLatency=3kB",
      'override noc.hopLatency=3kB: noc.hopLatency.unit: is "kB"; must be one of "cycles", "ns", "us"',
    ],
    [
      "pe.whileWaiting=spn",
      'override pe.whileWaiting=spn: pe.whileWaiting.value: is "spn"; must be one of "sleep", "spin"',
    ],
    ["pe.sram.bytes=-4B", "override pe.sram.bytes=-4B: pe.sram.bytes.value: must be >= 0, but is -4"],
    ["pe.reserved=[152]", "override pe.reserved=[152]: pe.reserved: names PE 152, but indices end at 151"],
  ])("refuses %s", (override, message) => {
    expect(faultOf(text, [override]).message).toBe(message);
  });

  it("blames those overrides that are wrong alone, else all together, and the file where it is wrong itself", () => {
    const fault = faultOf(text, ["pe.whileWaiting=spin", "pe.count=0count", "pe.sram.bytes=-4B"]);
    expect(fault.place).toEqual({ field: "override pe.count=0count, pe.sram.bytes=-4B" });
    expect(fault.hint).toBe("Give other values; without them s2.json is sound.");
    const together = faultOf(text, ["pe.sram.codeBytes=80KiB", "pe.sram.stackBytes=64KiB"]);
    expect(together.message).toBe(
      "override pe.sram.codeBytes=80KiB, pe.sram.stackBytes=64KiB: pe.sram: code and stack fill all 131072 B of a PE",
    );
    expect(faultOf(shippedWith({ title: "" }), ["pe.whileWaiting=spin"]).place.file).toBe("s2.json");
  });
});
