import type { KnownKeys } from "../../compiler/route/minimise/minimiser.ts";
import type { RoutingEntry } from "../../src/core/mapping.ts";

/** Where one packet goes, as text: by the first entry that matches, else straight on, else nowhere. */
export function outputsOf(table: readonly RoutingEntry[], key: number, straight: number): string {
  const entry = table.find(({ key: of, mask }) => (key & mask) >>> 0 === of);
  if (!entry) return straight < 0 ? "lost" : `[] ${straight} false`;
  const { destinations, links, toHost } = entry;
  return `${JSON.stringify(destinations)} ${links.join()} ${toHost}`;
}

/**
 * The first key whose outputs differ between two tables; undefined where there is none.
 *
 * @param keys Keys that come. Where absent, those below `end` that an entry of the first table matches.
 */
export function differenceOf(
  before: readonly RoutingEntry[],
  after: readonly RoutingEntry[],
  keys: readonly KnownKeys[] | undefined,
  end: number,
): string | undefined {
  for (const { first, end: last, straight } of keys ?? [{ first: 0, end, straight: -1 }]) {
    for (let key = first; key < last; key += 1) {
      const wanted = outputsOf(before, key, straight);
      if (!keys && wanted === "lost") continue;
      const found = outputsOf(after, key, straight);
      if (found !== wanted) return `key ${key}: ${found} instead of ${wanted}`;
    }
  }
  return undefined;
}
