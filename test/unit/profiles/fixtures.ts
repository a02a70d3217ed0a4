import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type LoadedProfile, readProfile } from "../../../src/profiles/read-profile.ts";
import { loadBaseText } from "../../../src/runtime/profile-files.ts";

const folder = join(import.meta.dirname, "../../fixtures/profiles");

/** One of the made-up profiles, each of another kind of network. */
export function fixture(
  name: "tiny" | "tiny-board" | "tiny-multicast" | "tiny-unicast",
  overrides: readonly string[] = [],
): LoadedProfile {
  const file = join(folder, `${name}.json`);
  return readProfile(readFileSync(file, "utf8"), file, overrides, loadBaseText);
}
