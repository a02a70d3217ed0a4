import { isDeepStrictEqual } from "./deep-equal.ts";
import type { Provenance } from "./provenance.ts";

type JsonObject = Record<string, unknown>;
const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/**
 * What a file that extends `base` has to say so that it comes to `changed`: figures, lists and blocks with a basis whole,
 * of other blocks only what differs. Undefined where nothing does.
 */
export function changesOf(base: unknown, changed: unknown): unknown {
  if (isDeepStrictEqual(base, changed)) return undefined;
  if (!isObject(base) || !isObject(changed) || "basis" in changed) return changed;
  const entries = Object.keys(changed)
    .map((key) => [key, changesOf(base[key], changed[key])] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

/** One figure of two profiles; absent where a profile does not have it. */
export interface FigureDifference {
  readonly path: string;
  readonly from?: Provenance;
  readonly to?: Provenance;
  /** Whether the value is the same and only basis, source or note differ. */
  readonly isOnlyOrigin: boolean;
}

/** Figures that differ, in the order of the first profile, then those that only the second has. */
export function differencesOf(
  before: readonly Provenance[],
  after: readonly Provenance[],
): FigureDifference[] {
  const later = new Map(after.map((figure) => [figure.path, figure]));
  const earlier = new Set(before.map(({ path }) => path));
  const shared = before.flatMap((from): FigureDifference[] => {
    const to = later.get(from.path);
    if (to === undefined) return [{ path: from.path, from, isOnlyOrigin: false }];
    if (isDeepStrictEqual(from, to)) return [];
    return [{ path: from.path, from, to, isOnlyOrigin: isSameValue(from, to) }];
  });
  const added = after
    .filter(({ path }) => !earlier.has(path))
    .map((to): FigureDifference => ({ path: to.path, to, isOnlyOrigin: false }));
  return [...shared, ...added];
}

const isSameValue = (a: Provenance, b: Provenance): boolean =>
  isDeepStrictEqual([a.value, a.unit], [b.value, b.unit]) &&
  (a.basis === "unknown") === (b.basis === "unknown");
