import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { bundledProfiles, loadBaseText, loadProfileText } from "../../../src/runtime/profile-files.ts";

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

describe("a profile that is extended", () => {
  const folder = join(ownPackage().root, "test/fixtures/profiles");
  const file = join(folder, "tiny-board.json");

  it("is a bundled one, or a file in the same folder", () => {
    expect(JSON.parse(loadBaseText("spinnaker2", file).text)).toMatchObject({ name: "spinnaker2" });
    expect(loadBaseText("tiny.json", file).fileName).toBe(join(folder, "tiny.json"));
  });

  it.each(["../profiles/tiny.json", "/etc/hosts.json", "..json", "a\\\\b.json", "tiny", "schema", ""])(
    "is in no other place: not %j",
    (name) => {
      expect(() => loadBaseText(name, file)).toThrow(`${file}, extends: there is no profile named "${name}"`);
    },
  );

  it("is named beside the file that extends it where it cannot be read", () => {
    expect(() => loadBaseText("none.json", file)).toThrow(
      `${file}, extends: ${join(folder, "none.json")}: cannot be read`,
    );
  });
});

describe("ownPackage", () => {
  it("is found upwards from the code", () => {
    expect(ownPackage().version).toMatch(/^\d+\.\d+\.\d+/);
  });
});
