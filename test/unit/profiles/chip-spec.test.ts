import { describe, expect, it } from "vitest";
import { operatingPointOf, parseChipSpec } from "../../../src/profiles/chip-spec.ts";
import { shipped } from "./shipped.ts";

describe("parseChipSpec", () => {
  it.each([
    ["spinnaker2", { name: "spinnaker2" }],
    ["spinnaker2@300MHz", { name: "spinnaker2", operatingPoint: "300MHz" }],
    ["./my chip.json@a@b", { name: "./my chip.json@a", operatingPoint: "b" }],
    ["./me@work/chip.json", { name: "./me@work/chip.json" }],
    ["me@work.json", { name: "me@work.json" }],
    ["C:\\me@work\\chip", { name: "C:\\me@work\\chip" }],
  ])("takes %s apart", (text, spec) => {
    expect(parseChipSpec(text)).toEqual(spec);
  });

  it.each([
    ["", 'chip: "" names no profile'],
    ["@300MHz", 'chip: "@300MHz" names no profile'],
    ["spinnaker2@", 'chip: "spinnaker2@" names no operating point after the @'],
  ])("refuses %j", (text, message) => {
    expect(() => parseChipSpec(text)).toThrow(message);
  });
});

describe("operatingPointOf", () => {
  it("gives the first without a name, else the one of that name", () => {
    const { profile } = shipped();
    expect(operatingPointOf(profile).name).toBe("150MHz");
    expect(operatingPointOf(profile, "300MHz").peClock).toBe(300e6);
  });

  it("lists the known ones for a name that is none", () => {
    expect(() => operatingPointOf(shipped().profile, "300mhz")).toThrow(
      expect.objectContaining({
        message: 'operating point: spinnaker2 has no operating point "300mhz"; did you mean "300MHz"?',
        hint: "Choose one of 150MHz, 300MHz.",
      }),
    );
  });
});
