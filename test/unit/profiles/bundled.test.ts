import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { checkProfile } from "../../../src/profiles/check-profile.ts";
import { extendingSchema, editorSchema } from "../../../src/profiles/editor-schema.ts";
import type { Provenance } from "../../../src/profiles/provenance.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { isRoofline, readRoofline, rooflineJsonSchema } from "../../../src/profiles/roofline.ts";
import { loadBaseText } from "../../../src/runtime/profile-files.ts";
import { fileText } from "./shipped.ts";

const folder = join(import.meta.dirname, "../../../hw-profiles");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json") && !file.startsWith("schema"))
  .map((file) => file.slice(0, -".json".length));
const textOf = (name: string) => fileText(`hw-profiles/${name}.json`);
const figuresOf = (name: string): readonly Provenance[] =>
  isRoofline(textOf(name))
    ? readRoofline(textOf(name), `${name}.json`).figures
    : readProfile(textOf(name), join(folder, `${name}.json`), [], loadBaseText).figures;

/** In the order in which a person reads them. */
const schemas = {
  chip: new Ajv2020({ discriminator: true }).compile(editorSchema()),
  extending: new Ajv2020({ discriminator: true }).compile(extendingSchema()),
  roofline: new Ajv2020({ discriminator: true }).compile(rooflineJsonSchema()),
};

describe.each(names)("the profile %s", (name) => {
  it("has its file's name, and keeps to the schema that editors read", () => {
    const json = JSON.parse(textOf(name));
    expect(json.name).toBe(name);
    const kind = "extends" in json ? "extending" : json.kind === "roofline" ? "roofline" : "chip";
    expect(schemas[kind](json), JSON.stringify(schemas[kind].errors?.slice(0, 3))).toBe(true);
  });

  it("says of each figure where it comes from", () => {
    for (const { path, basis, source, note } of figuresOf(name)) {
      if (basis === "derived") continue;
      expect(basis === "unknown" ? note : source, path).toMatch(/\w{3}/);
      // What nobody could read in a text is no published figure.
      if (/[Rr]ecalled|[Aa]ssumption of eventloom/.test(source ?? "")) expect(basis, path).toBe("estimated");
    }
  });

  it("is sound, without a warning", () => {
    if (isRoofline(textOf(name))) return;
    const { profile } = readProfile(textOf(name), join(folder, `${name}.json`), [], loadBaseText);
    expect(checkProfile(profile)).toEqual([]);
  });

  it("stands in the README's table", () => {
    expect(fileText("hw-profiles/README.md")).toContain(`| \`${name}\``);
  });
});

describe("schemas for editors", () => {
  it.each([
    ["schema.json", editorSchema],
    ["schema-extends.json", extendingSchema],
    ["schema-roofline.json", rooflineJsonSchema],
  ])("%s is what the code comes to, to the byte", (file, schema) => {
    expect(fileText(`hw-profiles/${file}`)).toBe(`${JSON.stringify(schema(), null, 2)}\n`);
  });

  it("take a figure as one text, and refuse another kind's unit", () => {
    const changed = (value: string) => {
      const json = JSON.parse(textOf("spinnaker2"));
      json.noc.clock = { basis: "estimated", value, source: "a test" };
      return json;
    };
    expect(schemas.chip(changed("300 MHz"))).toBe(true);
    expect(schemas.chip(changed("300 pJ"))).toBe(false);
    const { profile } = readProfile(JSON.stringify(changed("310 MHz")), "s.json");
    expect(profile.noc.clock).toBe(310e6);
  });
});
