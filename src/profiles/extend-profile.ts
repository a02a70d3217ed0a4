import { InputError } from "../core/errors.ts";
import { parseJson } from "./parse-json.ts";

/** Enough for a variant of a variant; a circle ends here too. */
const MOST_BASES = 4;

/** Reads the text of the profile that the one in `file` extends; throws an InputError where there is none. */
export type BaseReader = (name: string, file: string) => { readonly fileName: string; readonly text: string };

/**
 * A profile's JSON, with what it does not say taken from the profile that it extends. Blocks are laid over one
 * another key by key; a list, whatever has a `basis`, and a block of another `kind` are replaced whole.
 *
 * @returns The JSON without `extends`, and the file with those that it rests on, for errors.
 */
export function extendProfile(
  text: string,
  file: string,
  baseOf: BaseReader | undefined,
  depth = 0,
): { readonly json: unknown; readonly file: string } {
  const json = parseJson(text, file);
  if (!isObject(json) || !Object.hasOwn(json, "extends")) return { json, file };
  const { extends: name, $schema: _, ...changes } = json;
  const fault = (problem: string) =>
    new InputError(
      { file, field: "extends" },
      problem,
      "Name a profile that comes with eventloom, or a .json file in the same folder.",
    );
  if (typeof name !== "string") throw fault("must be the name of a profile");
  if (depth >= MOST_BASES) throw fault(`more than ${MOST_BASES} profiles extend one another`);
  if (baseOf === undefined) throw fault(`"${name}" cannot be looked up where the profile is read`);
  const source = baseOf(name, file);
  const base = extendProfile(source.text, source.fileName, baseOf, depth + 1);
  return { json: laidOver(base.json, changes), file: `${file} (extends ${base.file})` };
}

function laidOver(base: unknown, changes: unknown): unknown {
  if (!isObject(base) || !isObject(changes) || Object.hasOwn(changes, "basis")) return changes;
  if (typeof changes.kind === "string" && changes.kind !== base.kind) return changes;
  const added = Object.entries(changes).map(([key, value]) => [
    key,
    Object.hasOwn(base, key) ? laidOver(base[key], value) : value,
  ]);
  return Object.fromEntries([...Object.entries(base), ...added]);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);
