import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../../src/core/errors.ts";
import { type LoadedProfile, readProfile } from "../../../src/profiles/read-profile.ts";

const root = join(import.meta.dirname, "../../..");

export const fileText = (path: string): string => readFileSync(join(root, path), "utf8");

export const shipped = (): LoadedProfile => readProfile(fileText("hw-profiles/spinnaker2.json"), "s2.json");

/** Text of spinnaker2.json with some values set, by path ("operatingPoints.0.name"); `undefined` removes one. */
export function shippedWith(changes: Readonly<Record<string, unknown>>): string {
  const json: unknown = JSON.parse(fileText("hw-profiles/spinnaker2.json"));
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    const parent = keys.slice(0, -1).reduce((node, key) => node[key] as Node, json as Node);
    parent[keys.at(-1)!] = value;
  }
  return JSON.stringify(json);
}

type Node = Record<string, unknown>;

/** The error that reading a text ends with. */
export function faultOf(text: string, overrides: readonly string[] = []): InputError {
  try {
    readProfile(text, "s2.json", overrides);
  } catch (fault) {
    if (fault instanceof InputError) return fault;
    throw fault;
  }
  throw new Error("the profile was read without an error");
}
