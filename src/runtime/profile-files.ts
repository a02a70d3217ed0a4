import { readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { READ_LIMITS, readTextBounded } from "./files.ts";
import type { NamedText } from "./model-files.ts";
import { ownPackage } from "./package-root.ts";

const PROFILE_NAME = /^[a-z0-9-]+$/;
/** The JSON Schema of profiles lies beside them. */
const SCHEMA_FILE = "schema.json";

const bundledFolder = (): string => join(ownPackage().root, "hw-profiles");

/** Names of the profiles that come with eventloom, in alphabetical order. */
export function bundledProfiles(): string[] {
  return readdirSync(bundledFolder())
    .filter((file) => file.endsWith(".json") && file !== SCHEMA_FILE)
    .map((file) => file.slice(0, -".json".length))
    .filter((name) => PROFILE_NAME.test(name))
    .sort();
}

/**
 * Reads a profile's text: a bundled one by its name, or a file whose path ends in .json.
 * @throws InputError that lists the bundled names where there is no such profile.
 */
export function loadProfileText(nameOrPath: string): NamedText {
  if (nameOrPath.endsWith(".json")) {
    return { fileName: nameOrPath, text: readTextBounded(nameOrPath, READ_LIMITS.settings) };
  }
  // Only names from the folder's own list: none can lead out of it.
  if (!bundledProfiles().includes(nameOrPath)) {
    throw new InputError(
      { field: "chip" },
      `there is no profile named "${nameOrPath}"`,
      `Choose one of ${bundledProfiles().join(", ")}, or give a path that ends in .json.`,
    );
  }
  const fileName = join(bundledFolder(), `${nameOrPath}.json`);
  return { fileName, text: readTextBounded(fileName, READ_LIMITS.settings) };
}
