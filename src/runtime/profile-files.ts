import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";
import { READ_LIMITS, readTextBounded } from "./files.ts";
import type { NamedText } from "./model-files.ts";
import { ownPackage } from "./package-root.ts";

const PROFILE_NAME = /^[a-z0-9-]+$/;
/** A file beside another: no folder, no way out of one. */
const SIBLING_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\.json$/;
/** The JSON Schemas of profiles lie beside them. */
const SCHEMA_FILE = /^schema(-[a-z]+)?\.json$/;

const bundledFolder = (): string => join(ownPackage().root, "hw-profiles");

/** Names of the profiles that come with eventloom, in alphabetical order. */
export function bundledProfiles(): string[] {
  return readdirSync(bundledFolder())
    .filter((file) => file.endsWith(".json") && !SCHEMA_FILE.test(file))
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

/**
 * Reads the text of the profile that the one in `file` extends: a bundled one by its name, or a file in the same
 * folder by a name that ends in .json.
 * @throws InputError that names both files where there is no such profile.
 */
export function loadBaseText(name: string, file: string): NamedText {
  const isSibling = SIBLING_NAME.test(name);
  if (!isSibling && !bundledProfiles().includes(name)) {
    throw new InputError(
      { file, field: "extends" },
      `there is no profile named "${name}"`,
      `Name one of ${bundledProfiles().join(", ")}, or a .json file in the same folder.`,
    );
  }
  try {
    return loadProfileText(isSibling ? join(dirname(file), name) : name);
  } catch (fault) {
    if (!(fault instanceof InputError)) throw fault;
    throw new InputError({ file, field: "extends" }, fault.message, fault.hint);
  }
}
