import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { bundledProfiles, loadProfileText } from "../../../src/runtime/profile-files.ts";

describe("bundled profiles", () => {
  it("hold SpiNNaker2, and not the schema", () => {
    expect(bundledProfiles()).toContain("spinnaker2");
    expect(bundledProfiles()).not.toContain("schema");
  });

  it("are read by name", () => {
    const { text } = loadProfileText("spinnaker2");
    expect(JSON.parse(text)).toMatchObject({ name: "spinnaker2" });
  });

  it.each(["loihi9", "../package", "schema", "", "spinnaker2/../spinnaker2", "SPINNAKER2"])(
    "are the only answer to a name: not %j",
    (name) => {
      expect(() => loadProfileText(name)).toThrow(InputError);
      expect(() => loadProfileText(name)).toThrow(`chip: there is no profile named "${name}"`);
    },
  );

  it("give way to a path that ends in .json", () => {
    expect(() => loadProfileText("nowhere/chip.json")).toThrow("nowhere/chip.json: cannot be read");
  });
});

describe("ownPackage", () => {
  it("is found upwards from the code", () => {
    expect(ownPackage().version).toMatch(/^\d+\.\d+\.\d+/);
  });
});
