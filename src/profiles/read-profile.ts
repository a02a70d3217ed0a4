import { InputError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { checkProfile } from "./check-profile.ts";
import { applyOverrides } from "./overrides.ts";
import { parseJson } from "./parse-json.ts";
import { figuresOf, type Provenance } from "./provenance.ts";
import { resolveProfile } from "./resolve.ts";
import type { ProfileJson } from "./schema.ts";
import { validateProfile } from "./validate.ts";

/** A profile with the provenance of its figures beside it. */
export interface LoadedProfile {
  /** SI units, frozen at every depth. */
  readonly profile: HardwareProfile;
  readonly figures: readonly Provenance[];
  /** As written, overrides applied. */
  readonly json: ProfileJson;
}

/**
 * Reads a profile: JSON text, overridden, validated, resolved and checked.
 *
 * @param file      Name for errors.
 * @param overrides Texts `path=value`; see applyOverrides.
 */
export function readProfile(text: string, file: string, overrides: readonly string[] = []): LoadedProfile {
  const json = validateProfile(applyOverrides(parseJson(text, file), overrides), file);
  const profile = resolveProfile(json);
  const errors = checkProfile(profile).filter(({ severity }) => severity === "error");
  const [first, ...others] = errors;
  if (first !== undefined) {
    const more = others.slice(0, 9).map(({ path, problem }) => `\n  ${path}: ${problem}`);
    throw new InputError(
      { file, field: first.path },
      first.problem + more.join(""),
      "Correct the profile: its figures contradict each other.",
    );
  }
  return { profile, figures: figuresOf(json, profile), json };
}
