import type { Chip } from "../compare/chips.ts";
import { operatingPointOf, parseChipSpec } from "../profiles/chip-spec.ts";
import { type LoadedProfile, readProfile } from "../profiles/read-profile.ts";
import { loadBaseText, loadProfileText } from "../runtime/profile-files.ts";

/** Loads "spinnaker2", "spinnaker2@150MHz" or "path/to/chip.json@…", with figures overridden by `path=value`. */
export function loadChip(text: string, overrides: readonly string[] = []): Chip & LoadedProfile {
  const { name, operatingPoint } = parseChipSpec(text);
  const source = loadProfileText(name);
  const loaded = readProfile(source.text, source.fileName, overrides, loadBaseText);
  // A point that the chip does not have is found out now, not after a long simulation.
  const point =
    operatingPoint === undefined ? undefined : operatingPointOf(loaded.profile, operatingPoint).name;
  return { ...loaded, ...(point !== undefined && { operatingPoint: point }), overrides };
}
