import type { RoutingEntry, RoutingTable } from "../../../src/core/mapping.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { removeDefaultRoutes } from "./default-routes.ts";
import { mergeMost, mergePairs, mergePairsInOrder } from "./merge-by-output.ts";
import type { KnownKeys, Minimiser, MinimiseOptions } from "./minimiser.ts";
import { orderedCovering } from "./ordered-covering.ts";

/** In the order in which a table that is too long meets them: cheap ones first. */
export const MINIMISERS: readonly Minimiser[] = [
  // Looks at each entry once.
  removeDefaultRoutes,
  // Within a few entries of the shortest on all tables measured.
  mergePairsInOrder,
  // Mostly as many or a few entries fewer, for a tenth more time.
  mergeMost,
  // Mostly longer; but it may settle an output in several steps, and is the shortest for a few tables.
  orderedCovering,
];

/** For tables whose order must not count; longer than those of the others, so never tried for length. */
export const ORDER_FREE_MINIMISERS: readonly Minimiser[] = [mergePairs];

/** When to minimise tables: those that are too long, until they fit; all, as far as it goes; none. */
export const MINIMISE_CHOICES = ["auto", "always", "never"] as const;
export type MinimiseChoice = (typeof MINIMISE_CHOICES)[number];

export interface MinimisedTable {
  readonly entries: readonly RoutingEntry[];
  /** Name of the minimiser that found it; absent where none found a shorter table. */
  readonly by?: string;
}

/** The first result that fits the target; the shortest of all where none does. */
export function minimiseTable(
  table: readonly RoutingEntry[],
  options: MinimiseOptions,
  minimisers: readonly Minimiser[] = MINIMISERS,
): MinimisedTable {
  let shortest: MinimisedTable = { entries: table };
  for (const minimiser of minimisers) {
    if (shortest.entries.length <= options.target) break;
    // A merged entry may turn out to send everything straight on.
    const entries = removeDefaultRoutes.minimise(minimiser.minimise(table, options), options);
    if (entries.length < shortest.entries.length) shortest = { entries, by: minimiser.name };
  }
  return shortest;
}

/**
 * Minimises the tables of a chip or board as chosen, and says what became of them. With mesh-unicast, whose tables are
 * lists of destinations, there is nothing to merge.
 *
 * @param keysAt All keys that come to each router.
 */
export function minimiseTables(
  tables: readonly RoutingTable[],
  keysAt: ReadonlyMap<number, readonly KnownKeys[]>,
  { noc, eventRouter }: HardwareProfile,
  choice: MinimiseChoice,
  remark: (text: string) => void = () => undefined,
): readonly RoutingTable[] {
  if (choice === "never" || noc.kind === "mesh-unicast") return tables;
  const tooLong = choice === "auto" ? eventRouter.entries : 0;
  const [before, after] = [[] as number[], [] as number[]];
  const names = new Set<string>();
  const shortened = tables.map((table): RoutingTable => {
    if (table.entries.length <= tooLong) return table;
    const keys = keysAt.get(table.router) ?? [];
    const { entries, by } = minimiseTable(table.entries, { target: tooLong, keys });
    if (by === undefined) return table;
    before.push(table.entries.length);
    after.push(entries.length);
    names.add(by);
    return { ...table, entries };
  });
  if (before.length > 0) remark(describe(tables.length, before, after, names));
  return shortened;
}

function describe(
  tables: number,
  before: readonly number[],
  after: readonly number[],
  names: ReadonlySet<string>,
): string {
  const total = (lengths: readonly number[]) => count(lengths.reduce((sum, length) => sum + length, 0));
  const which =
    tables === 1 ? "the routing table" : `${count(before.length)} of ${count(tables)} routing tables`;
  const longest =
    before.length > 1 ? `, the longest ${count(longestOf(before))} to ${count(longestOf(after))}` : "";
  return `minimised ${which} (${[...names].join(", ")}): ${total(before)} entries to ${total(after)}${longest}`;
}

const count = (value: number): string => value.toLocaleString("en-US");
const longestOf = (lengths: readonly number[]): number =>
  lengths.reduce((most, length) => Math.max(most, length), 0);
