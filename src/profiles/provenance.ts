import type { HardwareProfile } from "../core/profile.ts";
import { KNOWN_BASES, type KnownBasis } from "./figures.ts";
import type { ProfileJson } from "./schema.ts";

/** One figure of a profile and where it comes from. `path` as in overrides: "pe.sram.bytes". */
export interface Provenance {
  readonly path: string;
  /** As written; absent where the figure is unknown. Choices and arrangements are text or JSON values. */
  readonly value?: unknown;
  /** Absent for choices, arrangements and unknown figures. */
  readonly unit?: string;
  /** `derived`: worked out from other figures of the profile, in SI units. */
  readonly basis: KnownBasis | "unknown" | "derived";
  readonly source?: string;
  readonly note?: string;
}

const BASES: ReadonlySet<unknown> = new Set([...KNOWN_BASES, "unknown"]);

/** Every figure of a validated profile in the file's order, then those derived from powers of the whole chip. */
export function figuresOf(json: ProfileJson, profile: HardwareProfile): readonly Provenance[] {
  return [...writtenFigures(json, ""), ...derivedFigures(json, profile)];
}

export function writtenFigures(value: unknown, path: string): Provenance[] {
  if (value === null || typeof value !== "object") return [];
  if ("basis" in value && BASES.has(value.basis)) return [{ ...(value as Omit<Provenance, "path">), path }];
  return Object.entries(value).flatMap(([key, inner]) =>
    writtenFigures(inner, Array.isArray(value) ? `${path}[${key}]` : `${path}${path && "."}${key}`),
  );
}

function derivedFigures(json: ProfileJson, profile: HardwareProfile): Provenance[] {
  return json.operatingPoints.flatMap(({ energy }, index) => {
    const resolved = profile.operatingPoints[index]!.energy;
    const at = `operatingPoints[${index}].energy`;
    const derived = (path: string, value: number | undefined, unit: string, source: string): Provenance => ({
      path: `${at}.${path}`,
      value,
      unit,
      basis: "derived",
      source,
    });
    const figures: Provenance[] = [];
    if (energy.pe.basis === "chip-state" && resolved.pe.basis === "state") {
      const { sleep, busyCycle } = resolved.pe;
      figures.push(
        derived("pe.sleep", sleep, "W", "(allAsleep - base) / PEs"),
        derived("pe.busyCycle", busyCycle, "J", "(allBusy - allAsleep) / (PEs x clock)"),
      );
    }
    if (energy.macArray?.basis === "chip-action") {
      const mac = resolved.macArray?.costs.mac;
      figures.push(derived("macArray.mac", mac, "J", "(power - all asleep) / MACs a second"));
    }
    return figures;
  });
}
