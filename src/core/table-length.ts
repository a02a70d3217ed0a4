import type { RoutingTable } from "./mapping.ts";
import type { HardwareProfile } from "./profile.ts";

/**
 * Lines that a table takes of its router's `eventRouter.entries`: one an entry; with mesh-unicast, whose tables are lists of
 * destinations, one a destination. The host's list there is software's and takes none.
 */
export function tableLength({ router, entries }: RoutingTable, { noc, pe }: HardwareProfile): number {
  if (noc.kind !== "mesh-unicast") return entries.length;
  if (router === pe.count) return 0;
  return entries.reduce(
    (sum, { destinations, toHost }) =>
      destinations.reduce((lines, { pes }) => lines + pes.length, sum + (toHost ? 1 : 0)),
    0,
  );
}
