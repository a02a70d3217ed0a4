import { readdirSync } from "node:fs";
import { join } from "node:path";
import { READ_LIMITS, readTextBounded } from "./files.ts";
import type { NamedText } from "./model-files.ts";
import { ownPackage } from "./package-root.ts";

/** Where the validation entries lie that come with eventloom. */
const bundledFolder = (): string => join(ownPackage().root, "examples", "validation");

/** The validation entries' texts: of the named files, or all that come with eventloom, in alphabetical order. */
export function loadValidationTexts(files: readonly string[] = []): NamedText[] {
  const folder = bundledFolder();
  const paths =
    files.length > 0
      ? files
      : readdirSync(folder)
          .filter((file) => file.endsWith(".json"))
          .sort()
          .map((file) => join(folder, file));
  return paths.map((fileName) => ({ fileName, text: readTextBounded(fileName, READ_LIMITS.settings) }));
}
