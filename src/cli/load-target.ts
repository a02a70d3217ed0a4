import type { Chip } from "../compare/chips.ts";
import type { Baseline } from "../compare/roofline.ts";
import { InputError } from "../core/errors.ts";
import { parseChipSpec } from "../profiles/chip-spec.ts";
import { isRoofline, type LoadedRoofline, readRoofline } from "../profiles/roofline.ts";
import { loadBaseText, loadProfileText } from "../runtime/profile-files.ts";
import { loadChip } from "./load-chip.ts";

/** The dense baseline of that name or path; undefined where it describes a chip. */
export function loadBaseline(
  text: string,
  overrides: readonly string[] = [],
): (LoadedRoofline & Baseline) | undefined {
  const { name, operatingPoint } = parseChipSpec(text);
  const source = loadProfileText(name);
  if (!isRoofline(source.text)) return undefined;
  if (operatingPoint !== undefined) {
    throw new InputError(
      { field: "chip" },
      `${name} is a dense baseline and has no operating points`,
      `Write ${name} without the @.`,
    );
  }
  return { ...readRoofline(source.text, source.fileName, overrides, loadBaseText), overrides };
}

/** A chip or a dense baseline, with those of the overrides that are meant for it. */
export const loadTarget = (text: string, overrides: readonly string[] = []): Chip | Baseline =>
  loadBaseline(text, overridesFor(text, overrides)) ?? loadChip(text, overridesFor(text, overrides));

const FOR_ONE_CHIP = /^([A-Za-z0-9_./-]+):([A-Za-z][^=]*=.*)$/s;

/** Of overrides like "loihi1:pe.count=4" those for this chip, without its name; all others as they are. */
export function overridesFor(chip: string, overrides: readonly string[]): string[] {
  const { name } = parseChipSpec(chip);
  return overrides.flatMap((override) => {
    const [, owner, own] = FOR_ONE_CHIP.exec(override) ?? [];
    if (owner === undefined) return override;
    return owner === name ? own! : [];
  });
}
