import type { LoadedProfile } from "../profiles/read-profile.ts";

/** A chip as asked for: its profile, and where it should run. */
export interface Chip extends Pick<LoadedProfile, "profile" | "figures"> {
  /** Absent where none was named. */
  readonly operatingPoint?: string;
  /** Texts `path=value` that changed the profile. */
  readonly overrides: readonly string[];
  /** What tells it from other variants of its profile, where several are compared. */
  readonly variant?: string;
}

/** One profile at one or more operating points. */
export interface ChipGroup {
  readonly chip: Chip;
  /** In the order asked for; every point of the profile where none was named. */
  readonly operatingPoints: readonly string[];
}

/** Groups chips by profile, costs included, so that each profile is compiled for and simulated once. */
export function groupByProfile(chips: readonly Chip[]): ChipGroup[] {
  const groups = new Map<string, { chip: Chip; points: Set<string> }>();
  for (const chip of chips) {
    const { sha256, operatingPoints } = chip.profile;
    const group = groups.get(sha256) ?? { chip, points: new Set() };
    const asked =
      chip.operatingPoint === undefined ? operatingPoints.map(({ name }) => name) : [chip.operatingPoint];
    for (const point of asked) group.points.add(point);
    groups.set(sha256, group);
  }
  return [...groups.values()].map(({ chip, points }) => ({ chip, operatingPoints: [...points] }));
}
