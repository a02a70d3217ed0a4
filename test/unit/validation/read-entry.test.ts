import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { readEntry } from "../../../src/validation/read-entry.ts";

const figure = { metric: "power", value: 1, unit: "W", split: "test" };
const sound = {
  id: "one",
  title: "One",
  chip: "Chip",
  origin: "silicon",
  source: "A paper",
  seenAs: "primary text",
  cases: [
    { name: "idle", says: "idle", workload: { kind: "power-state", chip: "spinnaker2", state: "asleep" } },
  ],
  measured: [{ ...figure, predictions: [{ case: "idle", quantity: "power" }] }],
};
const read = (changes: object) => readEntry(JSON.stringify({ ...sound, ...changes }), "one.json");

describe("readEntry", () => {
  it("gives variants the workload that they vary, with their changes", () => {
    const { cases } = read({
      cases: [...sound.cases, { name: "busy", says: "busy", variantOf: "idle", changes: { state: "busy" } }],
    });
    expect(cases[1]!.workload).toEqual({ kind: "power-state", chip: "spinnaker2", state: "busy" });
  });

  it.each<[string, object, RegExp]>([
    ["an unknown key", { colour: "red" }, /one\.json, colour: unknown key/],
    ["no reason", { measured: [figure] }, /measured\[0\]: has neither predictions nor a reason/],
    [
      "fits in the test split",
      { citation: "A", measured: [{ ...figure, why: "w", fits: ["a: b"] }] },
      /"fits" if and only if its split is "calibrate"/,
    ],
    [
      "a case that is not there",
      { measured: [{ ...figure, predictions: [{ case: "off", quantity: "power" }] }] },
      /is predicted from "off", which is no case/,
    ],
    [
      "a unit of something else",
      { measured: [{ ...figure, unit: "ms", predictions: [{ case: "idle", quantity: "power" }] }] },
      /is in ms, but power is in W/,
    ],
    [
      "a workload's unknown key, by its own form",
      { cases: [{ ...sound.cases[0], workload: { ...sound.cases[0]!.workload, states: 1 } }] },
      /states: unknown key/,
    ],
    [
      "a variant of nothing",
      { cases: [...sound.cases, { name: "b", says: "b", variantOf: "c" }] },
      /varies "c", which is no case with a workload/,
    ],
    ["a metric twice", { measured: [sound.measured[0], sound.measured[0]] }, /"power" is there twice/],
  ])("refuses %s", (_, changes, message) => {
    expect(() => read(changes)).toThrow(InputError);
    expect(() => read(changes)).toThrow(message);
  });

  it("takes predictions of a range, and none of words or of what is not above 0", () => {
    const ranged = (value: unknown) =>
      read({ measured: [{ ...sound.measured[0], value }] }).measured[0]!.value;
    expect(ranged([1, 3])).toEqual([1, 3]);
    for (const value of [[0, 3], "some", -1])
      expect(() => ranged(value)).toThrow("is predicted, but no number or range above 0");
  });

  it("refuses what is not JSON", () => {
    expect(() => readEntry("{", "one.json")).toThrow("one.json: is not JSON");
  });
});
