import { InputError } from "../core/errors.ts";
import type { HardwareProfile, OperatingPoint } from "../core/profile.ts";
import { suggestion } from "../core/did-you-mean.ts";

/** A chip as named on the command line. `name` is a profile's name or a path. */
export interface ChipSpec {
  readonly name: string;
  readonly operatingPoint?: string;
}

const FORM = 'Write a profile and, after an @, an operating point: "spinnaker2@300MHz".';

/** "spinnaker2@300MHz" → name and operating point. An @ inside a path ("./me@work/chip.json") belongs to it. */
export function parseChipSpec(text: string): ChipSpec {
  const at = text.lastIndexOf("@");
  const operatingPoint = text.slice(at + 1);
  const isPath = at < 0 || /[/\\]|\.json$/.test(operatingPoint);
  const name = isPath ? text : text.slice(0, at);
  if (name.trim() === "") throw new InputError({ field: "chip" }, `"${text}" names no profile`, FORM);
  if (isPath) return { name };
  if (operatingPoint.trim() === "") {
    throw new InputError({ field: "chip" }, `"${text}" names no operating point after the @`, FORM);
  }
  return { name, operatingPoint };
}

/** The operating point of that name; without a name the profile's first. */
export function operatingPointOf(profile: HardwareProfile, name?: string): OperatingPoint {
  if (name === undefined) return profile.operatingPoints[0]!;
  const found = profile.operatingPoints.find((point) => point.name === name);
  if (found !== undefined) return found;
  const names = profile.operatingPoints.map((point) => point.name);
  throw new InputError(
    { field: "operating point" },
    `${profile.name} has no operating point "${name}"${suggestion(name, names)}`,
    `Choose one of ${names.join(", ")}.`,
  );
}
