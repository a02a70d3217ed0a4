import { InputError, UnsupportedError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { checkProfile } from "./check-profile.ts";
import { type BaseReader, extendProfile } from "./extend-profile.ts";
import { applyOverrides } from "./overrides.ts";
import { findUnclearFloorPlan } from "./floor-plan.ts";
import { findUntellableTimes } from "./kernel-times.ts";
import { ProfileError } from "./profile-finding.ts";
import { isRoofline } from "./roofline.ts";
import { figuresOf, type Provenance } from "./provenance.ts";
import { findUnderivable } from "./resolve-energy.ts";
import { findStrayPes } from "./resolve-faults.ts";
import { findTooMany } from "./resolve-noc.ts";
import { resolveProfile } from "./resolve.ts";
import type { ProfileJson } from "./schema.ts";
import { withUnitsApart } from "./text-figures.ts";
import { validateProfile } from "./validate.ts";

/** A profile with the provenance of its figures beside it. */
export interface LoadedProfile {
  /** SI units, frozen at every depth. */
  readonly profile: HardwareProfile;
  readonly figures: readonly Provenance[];
  /** As written, on top of what it extends, overrides applied. */
  readonly json: ProfileJson;
}

/**
 * Reads a profile: JSON text, laid over the profile that it extends, overridden, validated, resolved and checked.
 *
 * @param fileName  Name for errors.
 * @param overrides Texts `path=value`; see applyOverrides.
 * @param baseOf    Finds the text of a profile that is extended; without it none can be.
 */
export function readProfile(
  text: string,
  fileName: string,
  overrides: readonly string[] = [],
  baseOf?: BaseReader,
): LoadedProfile {
  if (isRoofline(text)) {
    throw new UnsupportedError(
      `${fileName} describes a dense baseline by roofline, not a chip with PEs.`,
      "Only `eventloom compare` sets models beside one: name it in --chips there.",
    );
  }
  const { json, file } = extendProfile(text, fileName, baseOf);
  const written = withUnitsApart(json);
  try {
    return loadedFrom(applyOverrides(written, overrides), file);
  } catch (fault) {
    throw fault instanceof ProfileError && overrides.length > 0
      ? blamed(fault, written, file, overrides)
      : fault;
  }
}

function loadedFrom(value: unknown, file: string): LoadedProfile {
  const json = validateProfile(value, file);
  const [lacking, ...more] = findUnderivable(json);
  if (lacking !== undefined) {
    throw new ProfileError(file, [lacking, ...more], 'Give the base power, or powers of one PE ("state").');
  }
  const [unclear] = findUnclearFloorPlan(json);
  if (unclear !== undefined) throw new ProfileError(file, [unclear], "Give nodes, or a grid.");
  const [untellable, ...others] = findUntellableTimes(json);
  if (untellable !== undefined) {
    throw new ProfileError(
      file,
      [untellable, ...others],
      "Give whole cycles, or a PE clock of which the times are whole cycles.",
    );
  }
  const [tooMany] = findTooMany(json);
  if (tooMany !== undefined)
    throw new ProfileError(file, [tooMany], "Describe fewer chips, or smaller ones.");
  const profile = resolveProfile(json);
  const findings = [...findStrayPes(json), ...checkProfile(profile)];
  const [first, ...rest] = findings.filter(({ severity }) => severity === "error");
  if (first !== undefined) {
    throw new ProfileError(file, [first, ...rest], "Correct the profile: its figures contradict each other.");
  }
  return { profile, figures: figuresOf(json, profile), json };
}

/** Where the profile itself is sound, its overrides are at fault: those that are wrong alone, else all together. */
function blamed(
  fault: ProfileError,
  written: unknown,
  file: string,
  overrides: readonly string[],
): InputError {
  const isSound = (some: readonly string[]): boolean => {
    try {
      loadedFrom(applyOverrides(written, some), file);
      return true;
    } catch {
      return false;
    }
  };
  if (!isSound([])) return fault;
  const guilty = overrides.filter((override) => !isSound([override]));
  return new InputError(
    { field: `override ${(guilty.length > 0 ? guilty : overrides).map(shortened).join(", ")}` },
    `${fault.place.field}: ${fault.problem}`,
    `Give other values; without them ${file} is sound.`,
  );
}

/** As much of an override as tells it from the others. */
const MOST_CHARACTERS = 80;
const shortened = (override: string): string =>
  override.length > MOST_CHARACTERS ? `${override.slice(0, MOST_CHARACTERS - 1)}…` : override;
