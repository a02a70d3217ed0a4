import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { type BaseReader, extendProfile } from "../../../src/profiles/extend-profile.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { fileText, shipped } from "./shipped.ts";

/** Files by name; a base is found by its name alone. */
const filesOf =
  (files: Readonly<Record<string, unknown>>): BaseReader =>
  (name) => ({ fileName: `${name}.json`, text: JSON.stringify(files[name]) });
const figure = (value: unknown) => ({ basis: "measured", value, source: "bench" });
const extended = (changes: object, base: object) =>
  extendProfile(JSON.stringify({ extends: "base", ...changes }), "mine.json", filesOf({ base })).json;

describe("a profile that extends another", () => {
  it("keeps what it does not name, key by key", () => {
    expect(extended({ a: { x: 1 } }, { a: { x: 0, y: 2 }, b: 3 })).toEqual({ a: { x: 1, y: 2 }, b: 3 });
  });

  it("replaces figures and lists whole", () => {
    const old = { basis: "published", value: 1, unit: "count", source: "paper", note: "old" };
    expect(extended({ a: figure(2), b: [3] }, { a: old, b: [1, 2] })).toEqual({ a: figure(2), b: [3] });
  });

  it("replaces a block of another kind whole, and only such a one", () => {
    const noc = { kind: "mesh-unicast", clock: 1, hostNode: 2 };
    expect(extended({ noc: { kind: "mesh-multicast", clock: 3 } }, { noc })).toEqual({
      noc: { kind: "mesh-multicast", clock: 3 },
    });
    expect(extended({ noc: { clock: 3 } }, { noc })).toEqual({ noc: { ...noc, clock: 3 } });
  });

  it("may extend one that extends another, of which the nearest counts", () => {
    const baseOf = filesOf({ b: { extends: "c", x: 2, y: 2 }, c: { x: 3, y: 3, z: 3 } });
    expect(extendProfile('{"extends":"b","x":1}', "a.json", baseOf)).toEqual({
      json: { x: 1, y: 2, z: 3 },
      file: "a.json (extends b.json (extends c.json))",
    });
  });

  it("ends in an error where profiles extend one another in a circle", () => {
    const circle = filesOf({ a: { extends: "b" }, b: { extends: "a" } });
    const read = () => extendProfile('{"extends":"b"}', "a.json", circle);
    expect(read).toThrow(InputError);
    expect(read).toThrow(/^[ab]\.json, extends: more than 4 profiles extend one another$/);
  });

  it("names its base by a text, and needs a place to look it up", () => {
    expect(() => extendProfile('{"extends":["b"]}', "a.json", filesOf({}))).toThrow(
      "a.json, extends: must be the name of a profile",
    );
    expect(() => readProfile('{"extends":"b"}', "a.json")).toThrow(
      'a.json, extends: "b" cannot be looked up where the profile is read',
    );
  });
});

describe("reading a profile that extends a shipped one", () => {
  const baseOf: BaseReader = (name) => ({
    fileName: `${name}.json`,
    text: fileText(`hw-profiles/${name}.json`),
  });
  const read = (changes: object, overrides: string[] = []) =>
    readProfile(JSON.stringify({ extends: "spinnaker2", ...changes }), "mine.json", overrides, baseOf);

  it("is as if all had been written", () => {
    const same = read({});
    expect(same.profile).toEqual(shipped().profile);
    expect(same.figures).toEqual(shipped().figures);
    expect(read({ dram: { latency: { ...figure(50), unit: "ns" } } }).profile.dram).toEqual({
      ...shipped().profile.dram,
      latency: 50e-9,
    });
  });

  it("names both files in errors, and takes overrides on top", () => {
    expect(() => read({ pe: { colour: 1 } })).toThrow(
      "mine.json (extends spinnaker2.json), pe.colour: unknown key",
    );
    expect(() => read({ eventRouter: { keyBits: { ...figure(4), unit: "bit" } } })).toThrow(
      "mine.json (extends spinnaker2.json), eventRouter.keyBits: 16 keys are fewer than 152 PEs",
    );
    expect(read({}, ["pe.reserved=[7]"]).profile.pe.reserved).toEqual([7]);
  });
});
